"""Starting a job's process, and what is known of one from the files that it leaves: whether it lives, how it ended."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from danlu.jobs.process import BEGAN, ENDED, LOCK, TOKEN
from danlu.kit.files import write_atomically
from danlu.kit.language import Text
from danlu.kit.parsing import parse_json
from danlu.kit.telling import MISTAKE, PROGRESS, VARIABLE

_OUTPUT = "output.txt"
_LOG_BYTES = 64 * 2**10


class Evidence:
    """What a job's folder says of its process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def is_alive(self) -> bool:
        """Whether a process of the job lives now, whoever started it."""
        from filelock import FileLock, Timeout

        if not (self.folder / LOCK).exists():
            return False
        lock = FileLock(self.folder / LOCK)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            return True
        lock.release()
        return False

    def has_begun(self) -> bool:
        """Whether the process that was launched last was at work."""
        return _read(self.folder / BEGAN) is not None

    def exit_code(self) -> int | None:
        """How the process that was launched last ended; None if it didn't say."""
        ended = _read(self.folder / ENDED)
        return ended["code"] if ended is not None else None

    def activity(self) -> tuple[float, ...]:
        """Figures that change while the process is at work: what it printed and told, its seconds on processors."""
        files = [_stamp(log_of(self.folder)), _stamp(self.folder / PROGRESS)]
        began = _read(self.folder / BEGAN)
        return (*files, _processor_seconds(began["pid"])) if began is not None else tuple(files)

    def progress(self) -> tuple[int, int] | None:
        """(done, total), if the command tells it."""
        told = _read(self.folder / PROGRESS)
        return (int(told["done"]), int(told["total"])) if told else None

    def mistake(self) -> Text | None:
        """The user's mistake, if the command told one."""
        told = _read(self.folder / MISTAKE)
        return Text(told["en"], told["zh"]) if told else None

    def last_line(self) -> str:
        """The last line that the command printed."""
        lines = [line for line in read_log(self.folder).splitlines() if line.strip()]
        return lines[-1].strip() if lines else ""

    def signal(self, kind: signal.Signals) -> None:
        """Send a signal to the job's process, or with SIGKILL to all that it started too."""
        began = _read(self.folder / BEGAN)
        if began is None or not self.is_alive():
            return
        with suppress(ProcessLookupError, PermissionError):
            if kind == getattr(signal, "SIGKILL", None):
                os.killpg(began["pid"], kind)
            else:
                os.kill(began["pid"], kind)


def prepare(folder: Path, token: int) -> None:
    """From now on only a process with this token may begin."""
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / TOKEN, str(token))


def forget(folder: Path) -> None:
    """Forget what the last process left; none may be alive."""
    for name in (BEGAN, ENDED, PROGRESS, MISTAKE):
        (folder / name).unlink(missing_ok=True)


def launch(folder: Path, token: int, arguments: Sequence[str]) -> "subprocess.Popen[bytes]":
    """Start a job's process in a session of its own: it outlives whoever started it."""
    environment = {**os.environ, VARIABLE: str(folder), "PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, "-m", "danlu.jobs.process", str(folder), str(token), *arguments]
    with log_of(folder).open("ab") as output:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,
        )


def log_of(folder: Path) -> Path:
    """The file of what a job's processes have printed."""
    return folder / _OUTPUT


def read_log(folder: Path) -> str:
    """The end of what a job's processes have printed."""
    return read_log_from(folder, 0, ended=True)[0]


def read_log_from(folder: Path, offset: int, *, ended: bool = False) -> tuple[str, int]:
    """What a job's processes have printed from a place on, the end of it if it is much; and the place behind it.

    A line that isn't finished waits for the next time unless the process has `ended`, so that no character is torn.
    """
    try:
        with log_of(folder).open("rb") as file:
            end = file.seek(0, os.SEEK_END)
            begin = file.seek(max(min(offset, end), end - _LOG_BYTES))
            content = file.read()
    except FileNotFoundError:
        return "", 0
    whole = len(content) if ended else content.rfind(b"\n") + 1
    return content[:whole].decode("utf-8", "replace"), begin + whole


def _stamp(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _processor_seconds(pid: int) -> int:
    """Of a process and all that it started: whole ones, so that idle waiting doesn't count as work."""
    import psutil

    seconds = 0.0
    with suppress(psutil.Error):
        process = psutil.Process(pid)
        for one in (process, *process.children(recursive=True)):
            with suppress(psutil.Error):
                times = one.cpu_times()
                seconds += times.user + times.system
    return int(seconds)


def _read(path: Path) -> dict[str, Any] | None:
    try:
        return parse_json(path.read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return None
