"""One studio at a time on a data folder: a lock that the system frees with its process, and the address beside it.

studio.lock    held as long as a studio serves the folder
studio.json    its address and process id, for whoever comes second
"""

import json
import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from danlu.kit.errors import UserError
from danlu.kit.files import told_by_disk, write_atomically

_LOCK, _HOLDER = "studio.lock", "studio.json"


@contextmanager
def held_alone(folder: Path) -> Generator[Callable[[str], None]]:
    """Be the one studio of a folder; gives a function that is told the address once it is known.

    Raises `UserError` if another studio serves it, with its address.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(folder / _LOCK)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=0)
    except Timeout as error:
        raise _taken(folder) from error
    except OSError as error:
        raise told_by_disk(error, folder) from error
    try:
        yield lambda address: write_atomically(folder / _HOLDER, json.dumps({"address": address, "pid": os.getpid()}))
    finally:
        (folder / _HOLDER).unlink(missing_ok=True)
        lock.release()


def _taken(folder: Path) -> UserError:
    try:
        address = str(json.loads((folder / _HOLDER).read_text("utf-8"))["address"])
    except (OSError, ValueError, LookupError, TypeError):
        address = ""  # it is just starting
    at = f" at {address}" if address else ""
    return UserError(
        f"another studio already works with '{folder}'{at}: use that one, end it first, or give this one another "
        "folder with --data.",
        f"已有另一个 studio 在使用“{folder}”{f'（{address}）' if address else ''}：请直接使用它、先将其关闭，"
        "或用 --data 为本次启动指定其他文件夹。",
    )
