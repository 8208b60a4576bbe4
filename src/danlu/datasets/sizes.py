"""Sizes of pictures, looked at once for as long as their files stay as they are: scans ask for all of them again."""

from functools import lru_cache
from pathlib import Path

from danlu.datasets.decode import read_size
from danlu.datasets.pictures import Size


def known_size(path: Path) -> Size:
    """The size of the upright picture. Raises `UserError` as `read_size` does."""
    try:
        about = path.stat()
    except OSError:
        return read_size(path)  # which tells what is wrong
    return _size(path, about.st_size, about.st_mtime_ns)


@lru_cache(maxsize=20_000)
def _size(path: Path, _size_bytes: int, _changed: int) -> Size:
    return read_size(path)
