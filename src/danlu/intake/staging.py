"""The folder within a dataset where files lie until it is known that they are sound; then each takes its place at once.

.danlu/import/        gone when the import ends; what a crash left there is thrown away by the next import
.danlu/import.lock    held while an import is at work
"""

import hashlib
import os
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from danlu.intake.sources import Entry
from danlu.kit.errors import UserError
from danlu.kit.files import told_by_disk
from danlu.kit.language import Text


@contextmanager
def staging_folder(target: Path) -> Generator[Path]:
    """An empty folder within the dataset, which is made if need be. Raises `UserError` if another import is at work."""
    from filelock import FileLock, Timeout

    folder = target / ".danlu" / "import"
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise told_by_disk(error, target) from error
    lock = FileLock(folder.with_suffix(".lock"))
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise UserError(
            f"Another import into '{target}' is running: wait until it ends.",
            f"另一个导入任务正在写入“{target}”：请等待其结束。",
        ) from error
    try:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        lock.release()


def stage(entry: Entry, place: Path) -> str | Text:
    """Copy an entry's bytes; their SHA-256, or the sentence why they can't be read. Raises `UserError` if the disk
    refuses.
    """
    digest = hashlib.sha256()
    try:
        with place.open("wb") as file:
            for chunk in entry.chunks():
                digest.update(chunk)
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
    except UserError as error:
        return error.text
    except OSError as error:
        raise told_by_disk(error, place) from error
    return digest.hexdigest()
