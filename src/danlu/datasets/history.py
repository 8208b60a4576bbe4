"""Changes of a dataset's text files (captions, danlu.toml), each of which can be taken back. Pictures stay as is.

An operation on a dataset is a function that says what files are to hold; `apply_change` brings that about, whole or not
at all, and keeps what they held before in `.danlu/history` of the dataset, so that `undo` and `redo` step through.

    .danlu/history/done/00001.json      what was done, oldest first
    .danlu/history/undone/00002.json    what was taken back; a new change forgets these
    .danlu/history/begun.json           only while files are being written: after a crash, the next writer takes it back
    .danlu/history/lock                 held by whoever writes files: as long as it is, what was begun didn't crash
"""

import json
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from danlu.kit.errors import UserError
from danlu.kit.files import clear_unfinished, told_by_disk, write_atomically
from danlu.kit.language import Text

FOLDER = Path(".danlu") / "history"
_WAIT_SECONDS = 60.0
"""So long is waited for somebody else who writes."""

Contents = Mapping[str, bytes | None]
"""What files hold, by their POSIX path relative to the dataset's root; None where there is no file."""


@dataclass(frozen=True)
class Change:
    """One thing that was done to a dataset."""

    number: int
    title: Text
    """What was done, in the words of the one who did it."""
    time: float
    """Seconds since 1970."""
    before: Contents
    after: Contents


def apply_change(root: Path, title: Text, after: Contents) -> Change | None:
    """Let files hold `after` and remember what they held; None if they do already.

    Raises `UserError` if the disk refuses; then nothing has changed.
    """
    with _writing(root):
        before = {name: _read(root / name) for name in after}
        differing = [name for name in after if before[name] != after[name]]
        if not differing:
            return None
        done = history(root)
        number = done[-1].number + 1 if done else 1
        change = Change(
            number,
            title,
            time.time(),
            {name: before[name] for name in differing},
            {name: after[name] for name in differing},
        )
        write_atomically(_begun(root), _to_json(change))
        try:
            _write(root, change.after)
        except BaseException:
            _take_back(root)
            raise
        _place(root, "done", number).parent.mkdir(parents=True, exist_ok=True)
        _begun(root).replace(_place(root, "done", number))
        for forgotten in _files(root, "undone"):
            forgotten.unlink()
        return change


def undo(root: Path) -> Change:
    """Take the last change back. Raises `UserError` if there is none, or if its files were changed since."""
    with _writing(root):
        done = history(root)
        if not done:
            raise UserError(f"'{root}' has no change that could be undone.", f"“{root}”没有可撤销的操作。")
        change = done[-1]
        _require_unchanged(root, change, change.after)
        _write(root, change.before)
        _move(root, change.number, "done", "undone")
        return change


def redo(root: Path) -> Change:
    """Do again what was taken back last. Raises `UserError` if there is nothing, or if its files were changed since."""
    with _writing(root):
        undone = _files(root, "undone")
        if not undone:
            raise UserError(f"'{root}' has no undone change that could be done again.", f"“{root}”没有可重做的操作。")
        change = _from_json(undone[0])
        _require_unchanged(root, change, change.before)
        _write(root, change.after)
        _move(root, change.number, "undone", "done")
        return change


def recover(root: Path) -> bool:
    """Take back what a process was writing when it was killed; whether there was something. Readers don't wait for
    that: they see the files as they were (see `interrupted`).

    A change that somebody is making now stays. Raises `UserError` if the disk refuses.
    """
    from filelock import FileLock, Timeout

    if not _begun(root).exists():
        return False
    lock = FileLock(_lock(root))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return False
    except OSError as error:
        raise told_by_disk(error, _lock(root)) from error
    try:
        return _take_back(root)
    finally:
        lock.release()


def interrupted(root: Path) -> Contents:
    """What files held before a change that is being made now, or that crashed: readers take this for what the files
    hold, so that all are of one state and reading writes nothing. A file that was changed by hand since isn't in it.
    """
    try:
        change = _from_json(_begun(root))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    states = {name: (before, change.after[name]) for name, before in change.before.items()}
    return {name: before for name, (before, after) in states.items() if _read(root / name) in (before, after)}


def history(root: Path) -> list[Change]:
    """What was done to a dataset and not taken back, oldest first. Raises `UserError` if there is no such folder."""
    _require_folder(root)
    return [_from_json(file) for file in _files(root, "done")]


def can_undo(root: Path) -> bool:
    """Whether there is a change that could be taken back."""
    return bool(_files(root, "done"))


def can_redo(root: Path) -> bool:
    """Whether something was taken back that could be done again."""
    return bool(_files(root, "undone"))


def _require_unchanged(root: Path, change: Change, expected: Contents) -> None:
    """A file may hold what it held before or after: a crash may have come between."""
    for name in expected:
        if _read(root / name) not in (change.before[name], change.after[name]):
            raise UserError(
                f"'{root / name}' was changed by hand since '{change.title.en}': to step over that, put it back as it "
                f"was, or delete '{root / FOLDER}' to give up the history.",
                f"“{root / name}”在“{change.title.zh}”之后被手动修改：请先恢复该文件，"
                f"或删除“{root / FOLDER}”以放弃历史记录。",
            )


def _require_folder(root: Path) -> None:
    if not root.is_dir():
        raise UserError(f"There is no folder '{root}': check the path.", f"没有“{root}”这个文件夹：请检查路径。")


@contextmanager
def _writing(root: Path) -> Generator[None]:
    """Be the only one who writes, on what was there before a change that crashed. Raises `UserError` if it can't be."""
    from filelock import FileLock, Timeout

    _require_folder(root)
    lock = FileLock(_lock(root))
    try:
        _lock(root).parent.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=_WAIT_SECONDS)
    except Timeout as error:
        raise UserError(
            f"Another process is writing into '{root}': wait until it has ended, then try again.",
            f"另一个进程正在写入“{root}”：请等它结束后重试。",
        ) from error
    except OSError as error:
        raise told_by_disk(error, _lock(root)) from error
    try:
        _take_back(root)
        yield
    finally:
        lock.release()


def _take_back(root: Path) -> bool:
    """Files are put back to what they held before the change that was being made; by the holder of the lock.

    Only those are written that differ: a file that refused the change must not refuse being left as it is.
    """
    if not _begun(root).exists():
        return False
    clear_unfinished(root)
    _write(root, {name: before for name, before in interrupted(root).items() if _read(root / name) != before})
    _begun(root).unlink()
    return True


def _write(root: Path, contents: Contents) -> None:
    for name, content in contents.items():
        if content is None:
            with suppress(FileNotFoundError, NotADirectoryError):
                (root / name).unlink()
        else:
            write_atomically(root / name, content)


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None


def _begun(root: Path) -> Path:
    return root / FOLDER / "begun.json"


def _lock(root: Path) -> Path:
    return root / FOLDER / "lock"


def _place(root: Path, where: str, number: int) -> Path:
    return root / FOLDER / where / f"{number:05d}.json"


def _files(root: Path, where: str) -> list[Path]:
    return sorted((root / FOLDER / where).glob("*.json"))


def _move(root: Path, number: int, source: str, target: str) -> None:
    _place(root, target, number).parent.mkdir(parents=True, exist_ok=True)
    _place(root, source, number).replace(_place(root, target, number))


def _to_json(change: Change) -> str:
    """Bytes that aren't UTF-8 become lone surrogates, which JSON writes as escapes and reads back."""

    def text(contents: Contents) -> dict[str, str | None]:
        return {name: None if one is None else one.decode("utf-8", "surrogateescape") for name, one in contents.items()}

    values = {
        "number": change.number,
        "title": change.title._asdict(),
        "time": change.time,
        "before": text(change.before),
        "after": text(change.after),
    }
    return json.dumps(values)


def _from_json(file: Path) -> Change:
    values: dict[str, Any] = json.loads(file.read_text("utf-8"))

    def contents(texts: Mapping[str, str | None]) -> Contents:
        return {name: None if one is None else one.encode("utf-8", "surrogateescape") for name, one in texts.items()}

    return Change(
        values["number"],
        Text(**values["title"]),
        values["time"],
        contents(values["before"]),
        contents(values["after"]),
    )
