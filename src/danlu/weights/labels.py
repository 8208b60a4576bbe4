"""What a safetensors file says of itself, written anew; its tensors stay as they are, byte for byte. Needs no torch.

`sshs_model_hash` is the SHA-256 of everything after the header, so it doesn't change with the metadata;
`sshs_legacy_hash` is the first 8 hex digits of the SHA-256 of bytes 0x100000..0x110000 of the file as it would be with
its `ss_*` metadata alone.
"""

import hashlib
import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

from danlu.kit.files import atomic_path
from danlu.kit.parsing import parse_json
from danlu.weights.headers import read_header

LEGACY_START, LEGACY_LENGTH = 0x100000, 0x10000
MODEL_HASH, LEGACY_HASH = "sshs_model_hash", "sshs_legacy_hash"
_CHUNK = 2**20


def write_header(entries: Mapping[str, object], metadata: Mapping[str, str]) -> bytes:
    """A file's header: its length, the metadata in order, the entries of its tensors (without `__metadata__`)."""
    text = json.dumps({"__metadata__": dict(sorted(metadata.items())), **entries}, ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text


def training_only(metadata: Mapping[str, str]) -> dict[str, str]:
    """The metadata that the legacy hash knows of."""
    return {key: value for key, value in metadata.items() if key.startswith("ss_")}


def relabel(source: Path, target: Path, metadata: Mapping[str, str]) -> str:
    """Write a file's tensors under other metadata, with both hashes; returns the model hash.

    Raises `UserError` as `read_header` does, and when the disk is full.
    """
    read_header(source)
    with source.open("rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        entries = parse_json(file.read(length))
        entries.pop("__metadata__", None)
        body = 8 + length
        model_hash = _hash_from(file, body)
        legacy = _legacy_hash(file, body, write_header(entries, training_only(metadata)))
        whole = {**metadata, MODEL_HASH: model_hash, LEGACY_HASH: legacy}
        file.seek(body)
        with atomic_path(target) as temporary, temporary.open("wb") as out:
            out.write(write_header(entries, whole))
            while chunk := file.read(_CHUNK):
                out.write(chunk)
    return model_hash


def _hash_from(file: BinaryIO, start: int) -> str:
    file.seek(start)
    digest = hashlib.sha256()
    while chunk := file.read(_CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


def _legacy_hash(file: BinaryIO, body: int, header: bytes) -> str:
    """Of the part of header and body together that counts."""
    from_header = header[LEGACY_START : LEGACY_START + LEGACY_LENGTH]
    file.seek(body + max(0, LEGACY_START - len(header)))
    return hashlib.sha256(from_header + file.read(LEGACY_LENGTH - len(from_header))).hexdigest()[:8]
