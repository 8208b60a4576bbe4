"""Work on untrusted data in child processes with limits: what hangs, dies or swells costs one item, never the program.

Items go in one by one as workers become free, outcomes come out as they are ready. A worker has so many seconds and so
much memory for an item (the latter where the system can limit it), and may not write files.
"""

import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Generic, Literal, NamedTuple, TypeVar

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")

_READY, _NOTHING = "ready", object()
_STARTING_SECONDS = 120.0


class Limits(NamedTuple):
    """What a worker may take for one item."""

    seconds: float = 60.0
    memory_bytes: int = 2**30
    """Beyond what it takes when it is idle."""


@dataclass(frozen=True)
class Lost:
    """What became of an item that brought no outcome."""

    why: Literal["time", "memory", "death", "error"]
    detail: str = ""


def worker_count() -> int:
    """As many workers as there are cores for this process; eight at most, so that their memory stays bounded."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores, 8)


def map_limited(
    work: Callable[[Item], Outcome],
    items: Iterable[Item],
    *,
    limits: Limits | None = None,
    workers: int | None = None,
) -> Generator[tuple[Item, Outcome | Lost]]:
    """`work` (a function of a module) on each item; items and outcomes in pairs, as they become ready.

    Items are taken from their iterator only when a worker is free. Closing the generator ends the workers.
    """
    pool: _Pool[Item] = _Pool(work, limits or Limits(), workers or worker_count())
    try:
        yield from pool.run(iter(items))
    finally:
        pool.end()


@dataclass
class _Worker(Generic[Item]):
    process: BaseProcess
    connection: Connection
    deadline: float
    item: Item | None = None
    is_starting: bool = True


class _Pool(Generic[Item]):
    """Workers, each with a pipe of its own: one that ends leaves the others as they are."""

    def __init__(self, work: Callable[[Item], Any], limits: Limits, count: int) -> None:
        self.work, self.limits, self.count = work, limits, count
        self.idle: list[_Worker[Item]] = []
        self.busy: list[_Worker[Item]] = []

    def run(self, items: Iterator[Item]) -> Iterator[tuple[Item, Any]]:
        """All items, one way or the other."""
        waiting = next(items, _NOTHING)
        while waiting is not _NOTHING or any(not one.is_starting for one in self.busy):
            while waiting is not _NOTHING and self.idle:
                self._give(self.idle.pop(), waiting)
                waiting = next(items, _NOTHING)
            while waiting is not _NOTHING and len(self.idle) + len(self.busy) < self.count:
                self.busy.append(self._start())
            yield from self._collect()

    def end(self) -> None:
        """End all workers, at once."""
        for worker in [*self.idle, *self.busy]:
            self._kill(worker)

    def _start(self) -> _Worker[Item]:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(self.work, theirs, self.limits), daemon=True)
        with _deaf_to_ctrl_c():
            process.start()
        theirs.close()
        return _Worker(process, ours, time.monotonic() + _STARTING_SECONDS)

    def _give(self, worker: _Worker[Item], item: Any) -> None:
        worker.item, worker.deadline = item, time.monotonic() + self.limits.seconds
        self.busy.append(worker)
        # One that has just died is noticed when its answer is read.
        with suppress(ConnectionError):
            worker.connection.send(item)

    def _collect(self) -> Iterator[tuple[Item, Any]]:
        """Wait until something happens; what is ready, and what is lost."""
        pause = min(worker.deadline for worker in self.busy) - time.monotonic()
        ready = wait([worker.connection for worker in self.busy], max(0.0, pause))
        for worker in list(self.busy):
            if worker.connection in ready:
                yield from self._answer(worker)
            elif time.monotonic() > worker.deadline:
                yield from self._lose(worker, Lost("time"))

    def _answer(self, worker: _Worker[Item]) -> Iterator[tuple[Item, Any]]:
        try:
            outcome = worker.connection.recv()
        except (EOFError, ConnectionError):
            yield from self._lose(worker, Lost("death"))
            return
        self.busy.remove(worker)
        self.idle.append(worker)
        if worker.is_starting:
            worker.is_starting = False
        else:
            item, worker.item = worker.item, None
            yield item, outcome  # pyright: ignore[reportReturnType]

    def _lose(self, worker: _Worker[Item], lost: Lost) -> Iterator[tuple[Item, Any]]:
        self.busy.remove(worker)
        self._kill(worker)
        if worker.is_starting:
            raise RuntimeError(f"a worker process could not be started (exit code {worker.process.exitcode})")
        yield worker.item, lost  # pyright: ignore[reportReturnType]

    def _kill(self, worker: _Worker[Item]) -> None:
        worker.process.kill()
        worker.process.join()
        worker.connection.close()


@contextmanager
def _deaf_to_ctrl_c() -> Generator[None]:
    """A process started within this block never hears Ctrl-C, which a terminal sends to all: its parent ends it."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


# ---------------------------------------------------------------- in the child


def _serve(work: Callable[[Any], Any], connection: Connection, limits: Limits) -> None:
    """Answer items until the parent closes the pipe, or ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Threads of numerical libraries reserve memory that would count against the limit.
    os.environ.update({"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"})
    _be_quiet()
    _restrict(limits)
    with suppress(EOFError, ConnectionError):
        connection.send(_READY)
        while True:
            connection.send(_attempt(work, connection.recv()))


def _attempt(work: Callable[[Any], Any], item: Any) -> Any:
    try:
        return work(item)
    except MemoryError:
        return Lost("memory")
    except Exception as error:  # noqa: BLE001 - a decoder's mistake costs one item, whatever it raises
        return Lost("error", f"{type(error).__name__}: {error}")


def _be_quiet() -> None:
    """What decoders print about damaged data is no concern of the user's, nor of a program that reads our output."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nowhere, stream)


def _restrict(limits: Limits) -> None:
    """No files, and no more memory than the limit; where the system has no such limits, time alone counts."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    present = _address_space()
    if present:
        allowed = present + limits.memory_bytes
        resource.setrlimit(resource.RLIMIT_AS, (allowed, allowed))


def _address_space() -> int:
    """The bytes of memory that this process has reserved; 0 where that can't be told."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        return 0
