"""Ending a process that was asked to: stop request, then SIGTERM, then SIGKILL, as it doesn't answer.

Waiting is counted by whoever watches, look by look, not read off a clock: neither a clock that is set nor a machine
that slept makes a process look as if it hadn't answered. Whoever asked for a stop wants to keep what was trained, so
a stopping process is let work as long as anything of it moves; whoever cancels doesn't.
"""

import time
from collections.abc import Callable
from typing import Literal

from danlu.store.records import Wanted

Pressure = Literal["ask", "interrupt", "kill"]
TIMEOUTS: dict[Wanted, tuple[float, float]] = {"stop": (600.0, 660.0), "cancel": (20.0, 30.0)}
"""After how many seconds without an answer a process is interrupted, and killed."""
_LONGEST_LOOK_SECONDS = 5.0
"""Between two looks no more is counted: what lies between was sleep, of this process or of the whole machine."""


class Escalation:
    """How plainly the process of one job is asked to end."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._asked: tuple[str, int, Wanted] | None = None
        self._signs: object = None
        self._waited = self._looked_at = 0.0

    def pressure(self, job_id: str, token: int, wanted: Wanted, signs: object) -> Pressure:
        """What to do now. `signs` are anything that changes while the process is at work."""
        asked: tuple[str, int, Wanted] = (job_id, token, wanted)
        now = self._clock()
        if asked != self._asked or (wanted == "stop" and signs != self._signs):
            self._waited = 0.0
        else:
            self._waited += min(max(0.0, now - self._looked_at), _LONGEST_LOOK_SECONDS)
        self._asked, self._signs, self._looked_at = asked, signs, now
        interrupt_after, kill_after = TIMEOUTS[wanted]
        if self._waited > kill_after:
            return "kill"
        return "interrupt" if self._waited > interrupt_after else "ask"
