"""Tar files, as WebDataset keeps pictures in: listed whole, refused whole if a member isn't safe; nothing is unpacked.

Only plain tar is read: members lie in it as they are, so that many can be read at once, and nothing swells.
"""

import io
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple

from danlu.intake.archives import ArchiveLimits, require_inside, without_idle_parts
from danlu.kit.errors import UserError


class TapeMember(NamedTuple):
    """A file in a tar."""

    name: str
    """POSIX path, in Unicode."""
    size_bytes: int
    offset: int
    """Where its bytes begin."""


def list_tape(path: Path, limits: ArchiveLimits) -> list[TapeMember]:
    """The files of a tar. Raises `UserError` if it is broken or isn't safe."""
    try:
        with tarfile.open(path, "r:") as tape:
            return list(_members(path, tape, limits))
    except (tarfile.TarError, OSError, EOFError, ValueError, OverflowError) as error:
        raise UserError(
            f"'{path}' isn't a whole tar file ({error}): download or pack it again.",
            f"“{path}”不是完整的 tar 文件（{error}）：请重新下载或打包。",
        ) from error


def open_member(path: Path, member: TapeMember) -> IO[bytes]:
    """The bytes of a member."""
    file = path.open("rb")
    file.seek(member.offset)
    return io.BufferedReader(_Slice(file, member.size_bytes))


def _members(path: Path, tape: tarfile.TarFile, limits: ArchiveLimits) -> Iterator[TapeMember]:
    for number, member in enumerate(tape):
        if number >= limits.members:
            raise UserError(
                f"'{path}' is refused: it holds more than {limits.members:,} files; pack fewer.",
                f"已拒绝“{path}”：文件数超过 {limits.members:,}；请减少文件。",
            )
        if member.isdir():
            continue
        name = member.name.replace("\\", "/")
        require_inside(path, name)
        if not member.isreg() or member.issparse():
            raise UserError(
                f"'{path}' is refused: its member '{name}' is a link or a device; pack the files themselves.",
                f"已拒绝“{path}”：其中的“{name}”是链接或设备；请打包文件本身。",
            )
        yield TapeMember(without_idle_parts(name), member.size, member.offset_data)


class _Slice(io.RawIOBase):
    """Some bytes of a file."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        self._file, self._left = file, size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # pyright: ignore[reportIncompatibleMethodOverride]
        wanted = min(len(buffer), self._left)
        content = self._file.read(wanted)
        if wanted and not content:
            raise EOFError("the file ends too early")
        buffer[: len(content)] = content
        self._left -= len(content)
        return len(content)

    def close(self) -> None:
        self._file.close()
        super().close()
