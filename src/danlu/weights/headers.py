"""What weight files say of themselves without being loaded: names, shapes, dtypes and places from the header.

Everything that can be wrong with a file as a file is found here, in milliseconds whatever its size: a pickle, a
download that isn't whole, a page or a pointer saved in its stead. Pure Python, so that plans needn't wait for torch.
"""

import math
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from danlu.kit.errors import UserError
from danlu.kit.parsing import parse_json
from danlu.kit.quantities import format_bytes

_BY_SIZE = {8: "F64 I64", 4: "F32 I32", 2: "F16 BF16 I16", 1: "I8 U8 BOOL F8_E4M3 F8_E5M2"}
ITEM_BYTES = {dtype: size for size, dtypes in _BY_SIZE.items() for dtype in dtypes.split()}
LARGEST_HEADER = 100_000_000
"""The format's own limit, in bytes."""
MOST_TENSORS = 100_000
"""In a file: the largest models have some ten thousand."""


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
        entries: dict[str, Any] = parse_json(text)
        metadata = {str(key): str(value) for key, value in (entries.pop("__metadata__", None) or {}).items()}
        if len(entries) > MOST_TENSORS:
            raise ValueError("no model has so many tensors")
        found = {name: _entry(value, 8 + length) for name, value in entries.items()}
        needed = _end_of(found.values(), 8 + length)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        require_no_pickle(path)
        raise _foreign(path, start) from error
    if needed != size:
        there, whole = format_bytes(size), format_bytes(needed)
        raise UserError(
            f"'{path}' isn't whole: it has {there} instead of {whole}. Get it again.",
            f"“{path}”不完整：大小为 {there}，应为 {whole}。请重新获取。",
        )
    return Header(path, found, metadata)


def _entry(value: Mapping[str, Any], body: int) -> Entry:
    (start, stop), shape, dtype = value["data_offsets"], value["shape"], value["dtype"]
    if not all(type(number) is int and 0 <= number < 1 << 63 for number in (start, stop, *shape)):
        raise ValueError("a shape or place is no number")
    if stop - start != math.prod(shape) * ITEM_BYTES[dtype]:
        raise ValueError("a tensor's shape isn't that of its bytes")
    return Entry(tuple(shape), dtype, body + start, body + stop)


def _end_of(entries: Iterable[Entry], body: int) -> int:
    """Where the last tensor ends. Raises `ValueError` unless each begins where another ends, as the format has it."""
    for entry in sorted(entries, key=lambda one: (one.start, one.stop)):
        if entry.start != body:
            raise ValueError("tensors overlap, or leave gaps")
        body = entry.stop
    return body


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
