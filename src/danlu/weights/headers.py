"""What weight files say of themselves without being loaded: names, shapes, dtypes and places from the header.

Everything that can be wrong with a file as a file is found here, in milliseconds whatever its size: a pickle, a
download that isn't whole, a page or a pointer saved in its stead. Pure Python, so that plans needn't wait for torch.
"""

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from danlu.kit.errors import UserError
from danlu.kit.quantities import format_bytes

ITEM_BYTES = {"F64": 8, "I64": 8, "F32": 4, "I32": 4, "F16": 2, "BF16": 2, "I16": 2, "I8": 1, "U8": 1, "BOOL": 1}
LARGEST_HEADER = 100_000_000
"""The format's own limit, in bytes."""


@dataclass(frozen=True)
class Entry:
    """One tensor of a file."""

    shape: tuple[int, ...]
    dtype: str
    """As safetensors writes it: F32, F16, BF16, …"""
    start: int
    """Where its bytes begin, counted from the beginning of the file."""
    stop: int


@dataclass(frozen=True)
class Header:
    """What lies in a safetensors file."""

    path: Path
    entries: Mapping[str, Entry]
    metadata: Mapping[str, str]

    def read_bytes(self, name: str) -> bytes:
        """The bytes of one tensor."""
        entry = self.entries[name]
        with self.path.open("rb") as file:
            file.seek(entry.start)
            return file.read(entry.stop - entry.start)

    def read_numbers(self, name: str) -> list[float]:
        """The values of a small F32, F16 or BF16 tensor."""
        content, dtype = self.read_bytes(name), self.entries[name].dtype
        if dtype == "BF16":  # the upper half of a float32
            halves = struct.unpack(f"<{len(content) // 2}H", content)
            content, dtype = struct.pack(f"<{len(halves)}I", *(half << 16 for half in halves)), "F32"
        return list(struct.unpack(f"<{len(content) // ITEM_BYTES[dtype]}{'e' if dtype == 'F16' else 'f'}", content))


def read_header(path: Path) -> Header:
    """The header of a safetensors file. Raises `UserError` if it is missing, not whole, or something else."""
    if not path.is_file():
        raise UserError(f"file '{path}' doesn't exist: check the path.", f"文件“{path}”不存在：请检查路径。")
    size = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(8)
        length = int.from_bytes(start, "little")
        text = file.read(length) if len(start) == 8 and length <= min(LARGEST_HEADER, size - 8) else b""
    try:
        entries: dict[str, Any] = json.loads(text)
        metadata = {str(key): str(value) for key, value in (entries.pop("__metadata__", None) or {}).items()}
        found = {name: _entry(value, 8 + length) for name, value in entries.items()}
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        require_no_pickle(path)
        raise _foreign(path, start) from error
    needed = max((entry.stop for entry in found.values()), default=0)
    if needed > size:
        there, whole = format_bytes(size), format_bytes(needed)
        raise UserError(
            f"'{path}' isn't whole: {there} of {whole} are there. Get it again.",
            f"“{path}”不完整：只有 {there}，应为 {whole}。请重新获取。",
        )
    return Header(path, found, metadata)


def _entry(value: Mapping[str, Any], body: int) -> Entry:
    start, stop = value["data_offsets"]
    return Entry(tuple(value["shape"]), value["dtype"], body + start, body + stop)


def is_pickle(path: Path) -> bool:
    """Whether a file is a pickle, by its beginning: such files can run programs when they are opened.

    A pickle begins with 0x80 and its protocol; a safetensors file with the length of its header, whose lowest byte is
    0x80 in one file of 32, and then the header's brace.
    """
    with path.open("rb") as file:
        start = file.read(9)
    if start[8:] == b"{" and int.from_bytes(start[:8], "little") <= LARGEST_HEADER:
        return False
    return start.startswith((b"PK\x03\x04", *(bytes((0x80, protocol)) for protocol in range(2, 6))))


def require_no_pickle(path: Path) -> None:
    """Raise `UserError` with the way to convert if a file is a pickle."""
    if is_pickle(path):
        converted = f"{path.stem}{'-converted' if path.suffix == '.safetensors' else ''}.safetensors"
        raise UserError(
            f"'{path}' is a pickle, which can run programs when it is opened: make a .safetensors file of its tensors "
            f"with `danlu convert '{path}' -o '{converted}'`, and give that.",
            f"“{path}”是 pickle 文件，打开时可能执行任意代码：请先用 `danlu convert '{path}' -o '{converted}'` "
            "把其中的张量转换为 .safetensors，再使用转换后的文件。",
        )


def _foreign(path: Path, start: bytes) -> UserError:
    if start.startswith(b"version "):
        return UserError(
            f"'{path}' is only a Git LFS pointer to the real file: fetch it with `git lfs pull`, or download it.",
            f"“{path}”只是 Git LFS 指针，而不是文件本身：请运行 `git lfs pull` 或重新下载。",
        )
    return UserError(
        f"'{path}' isn't a whole safetensors file: its header can't be read. Get it again, or check that it is what "
        "its name says.",
        f"“{path}”不是完整的 safetensors 文件：无法读取文件头。请重新获取，或确认它确实是这种文件。",
    )
