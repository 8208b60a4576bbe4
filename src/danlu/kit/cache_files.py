"""Files of the user's cache. The cache is best effort: what can't be read counts as missing, and what can't be written
(a full or read-only disk, a file in the folder's place) is passed over: whoever wanted to keep it goes on with what it
has in memory. The first refusal of a process is told to whoever listens.
"""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar

from danlu.kit.files import write_quickly
from danlu.kit.language import Text
from danlu.kit.places import cache_folder

OnRefusal = Callable[[Text], None]


class _Refusals:
    """Of this process: who is told, the last of them; and whether it was told already."""

    listeners: ClassVar[list[OnRefusal]] = []
    told = False


def keep(target: Path, content: bytes) -> bool:
    """Write a file of the cache whole, if its disk takes it; whether it did."""
    try:
        write_quickly(target, content)
    except Exception as error:
        refused = error if isinstance(error, OSError) else error.__cause__
        if not isinstance(refused, OSError):
            raise
        _tell(refused)
        return False
    return True


def read_kept(target: Path) -> bytes | None:
    """The bytes of a file of the cache; None if it isn't there, or can't be read, or is empty (as a crash of the whole
    machine may leave it).
    """
    try:
        return target.read_bytes() or None
    except OSError:
        return None


def keep_for_now(target: Path, content: bytes) -> Path:
    """As `keep`, for what is read as a file later: where the cache doesn't take it, it lies in a folder that lasts as
    long as the process. Returns where it lies.
    """
    if keep(target, content):
        return target
    spare = spare_place(target)
    write_quickly(spare, content)
    return spare


def where_kept(target: Path) -> Path:
    """Where a file lies that `keep_for_now` has kept; in the cache, if nowhere yet."""
    if not _spare_folder.cache_info().currsize or target.exists():
        return target
    spare = spare_place(target)
    return spare if spare.exists() else target


def spare_place(target: Path) -> Path:
    """Where a file of the cache lies while the cache can't take it."""
    return Path(_spare_folder().name) / target.name


@cache
def _spare_folder() -> "TemporaryDirectory[str]":
    return TemporaryDirectory(prefix="danlu-cache-")


@contextmanager
def telling_refusals(listener: OnRefusal) -> Generator[None]:
    """While it lasts, `listener` is told when the cache can't be written: once in a process."""
    _Refusals.listeners.append(listener)
    try:
        yield
    finally:
        _Refusals.listeners.remove(listener)


def forget_refusals() -> None:
    """The next refusal is told again: a new command begins."""
    _Refusals.told = False


def _tell(error: OSError) -> None:
    if _Refusals.told or not _Refusals.listeners:
        return
    _Refusals.told = True
    folder, why = cache_folder(), error.strerror or type(error).__name__
    _Refusals.listeners[-1](
        Text(
            f"The cache '{folder}' can't be written ({why}): it goes on without, and the next time the same is "
            "computed again. Free some space there, or name another folder in DANLU_CACHE.",
            f"无法写入缓存“{folder}”（{why}）：将不使用缓存继续，下次需要重新计算。请清理该磁盘的空间，"
            "或用 DANLU_CACHE 指定其他文件夹。",
        )
    )
