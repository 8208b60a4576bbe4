"""Stopping a run: who asked for it, and what the run finishes first.

A stop is asked by a signal or by the request file. It is answered between pictures while a run is prepared, between the
steps of sampling while previews are drawn, and between training steps. A thread looks out for it meanwhile, so that the
journal says at once that it was heard and what is waited for, however long that takes.
"""

import signal
from collections.abc import Generator
from contextlib import contextmanager, suppress
from threading import Event as Flag
from threading import Thread
from types import FrameType

from danlu.kit.errors import UserError
from danlu.kit.language import Text
from danlu.rundir.control import is_asked
from danlu.rundir.events import StageName, Stopping, WaitsFor
from danlu.rundir.journal import Journal
from danlu.rundir.layout import RunFolder

LOOK_SECONDS = 0.2
WAITS_FOR: dict[StageName, WaitsFor] = {
    "scan": "picture",
    "latents": "picture",
    "texts": "picture",
    "load": "base",
    "previews": "preview",
    "validation": "validation",
}

WAITING: dict[WaitsFor, Text] = {
    "base": Text("finishing the part of the base that is being read", "等待当前读取的底模部分完成"),
    "picture": Text("finishing the picture being encoded", "等待当前图片编码完成"),
    "preview": Text("finishing the current sampling step of the previews", "等待预览图的当前采样步完成"),
    "validation": Text("finishing the held-out picture being measured", "等待当前留出图片测量完成"),
    "step": Text("saving after the current step", "当前步完成后保存"),
}
"""What a stop waits for, in words."""


class StopAskedError(Exception):
    """Raised where a stop is answered in the middle of something that can be done again."""


class StopWatch:
    """Knows whether a run was asked to stop, and tells once that it was heard."""

    def __init__(self, folder: RunFolder, journal: Journal) -> None:
        self._folder, self._journal = folder, journal
        self._by_signal = self._told = False
        self._woken, self._over = Flag(), False

    def is_asked(self) -> bool:
        """Whether the run is to stop."""
        asked = self._by_signal or is_asked(self._folder, "stop")
        if asked:
            self._tell()
        return asked

    def check(self) -> None:
        """Raise `StopAskedError` if the run is to stop."""
        if self.is_asked():
            raise StopAskedError

    @contextmanager
    def watching(self) -> Generator[None]:
        """While it lasts, the first Ctrl-C (or SIGTERM) asks for a stop; the second ends at once."""
        thread = Thread(target=self._watch, name="stop-watch", daemon=True)
        thread.start()
        kinds = (signal.SIGINT, signal.SIGTERM)
        try:
            before = {kind: signal.signal(kind, self._take_signal) for kind in kinds}
        except ValueError:  # not the main thread: whoever runs us there asks by the request file
            before = {}
        try:
            yield
        finally:
            for kind, handler in before.items():
                signal.signal(kind, handler)
            self._over = True
            self._woken.set()
            thread.join()

    def _take_signal(self, _signal: int, _frame: FrameType | None) -> None:
        if self._by_signal:
            raise KeyboardInterrupt
        self._by_signal = True
        self._woken.set()

    def _watch(self) -> None:
        while not self._over:
            self._woken.wait(LOOK_SECONDS)
            self._woken.clear()
            # Between here and the end of the run the journal may be full or closed: the stop itself matters more.
            with suppress(UserError, OSError, ValueError):
                if not self._over and not self._told:
                    self.is_asked()

    def _tell(self) -> None:
        with self._journal.lock:
            if self._told:
                return
            self._told = True
            stage = self._journal.stage
            self._journal.write(Stopping(waits_for="step" if stage is None else WAITS_FOR[stage]))
