"""A dataset as one zip, sent while it is packed: pictures, captions, masks and danlu.toml, as `danlu dataset import`
takes them back. Pictures are packed already, so nothing is compressed; no copy lies on the disk, no file in memory.
"""

import zipfile
from collections.abc import Iterator
from pathlib import Path

_CHUNK_BYTES = 2**20


class _Pipe:
    """What was written since it was last asked. It can't be sought in, so the zip is written for reading in one go."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """There is nothing behind it."""

    def take(self) -> bytes:
        """What was written since."""
        taken, self._parts = b"".join(self._parts), []
        return taken


def files_of(root: Path) -> list[Path]:
    """A dataset's own files in their order: none that are hidden, such as its history, or that lead elsewhere."""
    found = (path for path in sorted(root.rglob("*")) if path.is_file() and not path.is_symlink())
    return [path for path in found if not any(part.startswith(".") for part in path.relative_to(root).parts)]


def pack(root: Path) -> Iterator[bytes]:
    """The zip of a dataset, piece by piece; a file that goes away meanwhile is left out."""
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_STORED) as archive:
        for path in files_of(root):
            try:
                source = path.open("rb")
            except OSError:
                continue
            with source, archive.open(path.relative_to(root).as_posix(), "w", force_zip64=True) as target:
                while chunk := source.read(_CHUNK_BYTES):
                    target.write(chunk)
                    yield pipe.take()
    yield pipe.take()
