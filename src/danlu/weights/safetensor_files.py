"""Safetensors files: read with a clear error, written whole or not at all, with the hashes that `labels` tells of."""

import hashlib
import struct
from collections.abc import Mapping
from pathlib import Path

import safetensors.torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from danlu.kit.errors import UserError
from danlu.kit.files import atomic_path, write_atomically
from danlu.kit.parsing import parse_json
from danlu.weights.headers import require_no_pickle
from danlu.weights.labels import (
    LEGACY_HASH,
    LEGACY_LENGTH,
    LEGACY_START,
    MODEL_HASH,
    training_only,
    write_header,
)


def read_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """The tensors and the metadata of a file. Raises `UserError` if it is missing, broken or no safetensors file."""
    if not path.is_file():
        raise UserError(f"file '{path}' doesn't exist: check the path.", f"文件“{path}”不存在：请检查路径。")
    try:
        with safe_open(path, framework="pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, dict(file.metadata() or {})  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        require_no_pickle(path)
        raise UserError(
            f"'{path}' isn't a whole safetensors file ({error}): get it again.",
            f"“{path}”不是完整的 safetensors 文件（{error}）：请重新获取。",
        ) from error


def write_tensors(path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> str:
    """Write tensors with metadata and both `sshs` hashes; returns the model hash.

    The bytes depend on tensors and metadata alone (metadata in sorted order), so equal runs give equal files.
    """
    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    header, body = _split(safetensors.torch.save(plain))
    model_hash = hashlib.sha256(body).hexdigest()
    known = write_header(header, training_only(metadata)) + body
    legacy = hashlib.sha256(known[LEGACY_START : LEGACY_START + LEGACY_LENGTH]).hexdigest()[:8]
    whole = {**metadata, MODEL_HASH: model_hash, LEGACY_HASH: legacy}
    write_atomically(path, write_header(header, whole) + body)
    return model_hash


def write_checkpoint(path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> None:
    """Write the tensors of a whole checkpoint, which needn't fit into memory: those that are mapped stay so."""
    with atomic_path(path) as temporary:
        safetensors.torch.save_file(dict(tensors), temporary, dict(sorted(metadata.items())))


def model_hash(path: Path) -> str:
    """The SHA-256 of a file's bytes after its header."""
    return hashlib.sha256(_split(path.read_bytes())[1]).hexdigest()


def legacy_hash(path: Path) -> str:
    """The short hash by which A1111 called checkpoints at first: of 64 KiB from the second MiB on."""
    with path.open("rb") as file:
        file.seek(LEGACY_START)
        return hashlib.sha256(file.read(LEGACY_LENGTH)).hexdigest()[:8]


def _split(content: bytes) -> tuple[dict[str, object], bytes]:
    (length,) = struct.unpack("<Q", content[:8])
    header = parse_json(content[8 : 8 + length])
    header.pop("__metadata__", None)
    return header, content[8 + length :]
