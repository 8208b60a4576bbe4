"""Writing and reading a run's journal: lines are appended whole, a torn last line (a crash) is left out."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from threading import RLock
from typing import TypeVar

from pydantic import ValidationError

from danlu.kit.files import told_by_disk
from danlu.rundir.events import EVENT, AnyEvent, Event, Stage, StageName, Stopping, Warned

E = TypeVar("E", bound=Event)
Listener = Callable[[AnyEvent], None]


class Journal:
    """Appends events to a file and tells them to listeners (a progress display, TensorBoard); from one thread at a
    time.
    """

    def __init__(self, path: Path, *listeners: Listener) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        _mend_torn_line(path)
        self._path = path
        self._file = path.open("ab", buffering=0)
        self._listeners = list(listeners)
        self.lock = RLock()
        self.stage: StageName | None = None
        """What is being done; None while it trains."""

    def write(self, event: AnyEvent) -> None:
        """Stamp the event with the time, append it, tell the listeners. Raises `UserError` when the disk is full."""
        with self.lock:
            stamped = event.model_copy(update={"time": time.time()})
            self._append(stamped.model_dump_json().encode() + b"\n")
            if not isinstance(event, Warned | Stopping):
                self.stage = event.name if isinstance(event, Stage) else None
            for listener in self._listeners:
                listener(stamped)

    def _append(self, line: bytes) -> None:
        """Write a line whole or not at all: a disk that fills up takes what still fits of it."""
        end = self._file.seek(0, os.SEEK_END)
        try:
            while line:
                line = line[self._file.write(line) :]
        except OSError as error:
            with suppress(OSError):
                self._file.truncate(end)
            raise told_by_disk(error, self._path) from error

    def listen(self, listener: Listener) -> None:
        """Tell every later event to `listener` too."""
        self._listeners.append(listener)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def read_journal(path: Path, after: int = 0) -> Iterator[AnyEvent]:
    """The events of a journal in order, from a place (`end_of`) on; nothing if the file isn't there."""
    if not path.exists():
        return
    with path.open("rb") as file:
        file.seek(after)
        for line in file:
            if not line.endswith(b"\n"):
                return  # a crash tore it, or it is being written right now
            if (event := read_line(line)) is not None:
                yield event


def read_line(line: bytes) -> AnyEvent | None:
    """The event of a line; None for a line that is damaged, or of a later version, and passed over."""
    try:
        return EVENT.validate_json(line)
    except ValidationError:
        return None


def count_unread(path: Path) -> int:
    """How many whole lines of a journal are passed over."""
    if not path.exists():
        return 0
    with path.open("rb") as file:
        return sum(line.endswith(b"\n") and read_line(line) is None for line in file)


def last_of(path: Path, kind: type[E]) -> E | None:
    """The newest event of one kind, or None."""
    found: E | None = None
    for event in read_journal(path):
        if isinstance(event, kind):
            found = event
    return found


def end_of(path: Path) -> int:
    """The place behind the last whole line; 0 if the file isn't there."""
    try:
        return path.read_bytes().rfind(b"\n") + 1
    except FileNotFoundError:
        return 0


def _mend_torn_line(path: Path) -> None:
    """Cut off a last line that a crash left unfinished, so that appending doesn't glue two events together."""
    if not path.exists():
        return
    if (end := end_of(path)) < path.stat().st_size:
        os.truncate(path, end)
