"""Files that are there whole or not at all: written to a temporary name beside the target, then renamed.

The temporary name holds the process that writes, so that what a killed one left behind can be told from what is being
written.
"""

import errno
import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from danlu.kit.errors import UserError
from danlu.kit.quantities import format_bytes

_UNFINISHED = re.compile(r"\..*\.(\d{1,20})-[a-z0-9_]{8}\.tmp")


@contextmanager
def atomic_path(target: Path) -> Generator[Path]:
    """Give a temporary path in the target's folder; rename it onto the target if the block ends well.

    Raises `UserError` when the disk is full or the folder can't be written; the old file, if any, then stays as it was.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{target.name[:40]}.{os.getpid()}-", suffix=".tmp", dir=target.parent)
    except OSError as error:
        raise told_by_disk(error, target) from error
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(target)
    except OSError as error:
        raise told_by_disk(error, target) from error
    finally:
        temporary.unlink(missing_ok=True)


def write_atomically(target: Path, content: str | bytes) -> None:
    """Write a whole file (text as UTF-8) so that a reader sees the old content or the new, never a part."""
    with atomic_path(target) as temporary:
        temporary.write_bytes(content.encode() if isinstance(content, str) else content)


def write_quickly(target: Path, content: bytes) -> None:
    """As `write_atomically`, without waiting for the disk: for caches. After a power cut the file may be empty."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(suffix=".tmp", dir=target.parent)
    except OSError as error:
        raise told_by_disk(error, target) from error
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        temporary.replace(target)
    except OSError as error:
        raise told_by_disk(error, target) from error
    finally:
        temporary.unlink(missing_ok=True)


def clear_unfinished(folder: Path) -> None:
    """Remove what processes that are no more were writing in a folder, and in those below it, when they were killed."""
    for path in folder.rglob(".*.tmp"):
        writer = _UNFINISHED.fullmatch(path.name)
        if writer and not _is_running(int(writer[1])):
            with suppress(OSError):  # it is only in the way
                path.unlink()


def _is_running(process: int) -> bool:
    import psutil

    try:
        return psutil.pid_exists(process)
    except OverflowError:  # no system has such a number
        return False


def require_space(folder: Path, needed_bytes: int) -> None:
    """Raise `UserError` if the disk that holds `folder` has less than `needed_bytes` free."""
    existing = next(parent for parent in [folder, *folder.absolute().parents] if parent.exists())
    free = shutil.disk_usage(existing).free
    if free < needed_bytes:
        need, have = format_bytes(needed_bytes), format_bytes(free)
        raise UserError(
            f"'{folder}' needs about {need}, but its disk has {have} free: free some space or choose another folder.",
            f"“{folder}”大约需要 {need}，而磁盘只剩 {have}：请清理空间或换一个文件夹。",
        )


def file_sha256(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def told_by_disk(error: OSError, target: Path) -> Exception:
    """What the disk refused while writing `target`, as a sentence; other errors as they are."""
    if error.errno == errno.EFBIG:
        return UserError(
            f"'{target}' is larger than its disk allows a file to be: choose a folder on another disk.",
            f"“{target}”超过了所在磁盘允许的文件大小：请换到其他磁盘上的文件夹。",
        )
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return UserError(
            f"No space is left on the disk while writing '{target}': free some space and run the command again.",
            f"写入“{target}”时磁盘空间不足：请清理空间后重新运行。",
        )
    if error.errno == errno.ENAMETOOLONG:
        return UserError(
            f"The name of '{target.name[:60]}…' is too long for the disk: shorten it.",
            f"“{target.name[:60]}…”的名称超过了磁盘允许的长度：请缩短。",
        )
    if error.errno in (errno.EACCES, errno.EROFS, errno.ENOTDIR, errno.EEXIST):
        return UserError(
            f"'{target}' can't be written ({error.strerror}): choose another folder or change its permissions.",
            f"无法写入“{target}”（{error.strerror}）：请换一个文件夹或修改权限。",
        )
    return error
