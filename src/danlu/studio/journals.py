"""Journals of runs, read on from where they were read last: what a run's page shows, kept for the runs looked at."""

import statistics
from collections import OrderedDict, deque
from dataclasses import dataclass, field, replace
from os import SEEK_END
from pathlib import Path
from threading import Lock
from typing import ClassVar

from danlu.rundir.events import (
    AnyEvent,
    Checkpoint,
    Ended,
    Preview,
    Skipped,
    Stage,
    Started,
    Step,
    Validation,
    Warned,
)
from danlu.rundir.journal import read_line
from danlu.rundir.layout import RunFolder

_KEPT = 16
_RECENT = 50
SMOOTHING = 0.05


@dataclass
class RunJournal:
    """What a run's journal said so far."""

    path: Path
    offset: int = 0
    steps: dict[int, Step] = field(default_factory=dict[int, Step])
    """By number: a step that was done again after a crash counts once."""
    checkpoints: dict[str, Checkpoint] = field(default_factory=dict[str, Checkpoint])
    previews: dict[tuple[int, int], Preview] = field(default_factory=dict[tuple[int, int], Preview])
    validations: dict[int, Validation] = field(default_factory=dict[int, Validation])
    skipped: set[int] = field(default_factory=set[int])
    """Steps that were left out; they count as done."""
    warnings: dict[str, Warned] = field(default_factory=dict[str, Warned])
    started: Started | None = None
    ended: Ended | None = None
    stage: Stage | None = None
    stage_began: Stage | None = None
    """What the stage said first."""
    smooth: float | None = None
    recent: deque[Step] = field(default_factory=lambda: deque[Step](maxlen=_RECENT))
    lock: Lock = field(default_factory=Lock)

    def read_on(self) -> None:
        """Take in what has come since."""
        with self.lock:
            for event, end in read_from(self.path, self.offset):
                self._take(event)
                self.offset = end

    def _take(self, event: AnyEvent) -> None:
        match event:
            case Stage():
                if self.stage is None or self.stage.name != event.name or event.done < self.stage.done:
                    self.stage_began = event
                self.stage = event
            case Started():
                self._take_start(event)
            case Step():
                self._take_step(event)
            case Skipped():
                self.skipped.add(event.step)
                self.stage = None
            case Ended():
                self.ended, self.stage = event, None
            case _:
                self._keep(event)

    def _keep(self, event: AnyEvent) -> None:
        match event:
            case Checkpoint():
                self.checkpoints[event.path] = event
            case Preview():
                self.previews[event.epoch, event.step] = event
                self.stage = None
            case Validation():
                self.validations[event.step] = event
                self.stage = None
            case Warned():
                self.warnings[event.en] = event
            case _:
                pass  # what else there is, a run's page doesn't show

    def _take_start(self, event: Started) -> None:
        """What was done after the state that it goes on from is done again."""
        self.started, self.ended, self.stage = event, None, None
        for later in [number for number in self.steps if number > event.step]:
            del self.steps[later]
        self.skipped = {number for number in self.skipped if number <= event.step}

    def _take_step(self, event: Step) -> None:
        self.steps[event.step] = event
        self.stage = None
        self.recent.append(event)
        before = event.loss if self.smooth is None else self.smooth
        self.smooth = before + SMOOTHING * (event.loss - before)

    @property
    def stage_seconds(self) -> float | None:
        """How long the stage still takes, by its speed so far."""
        if self.stage is None or self.stage_began is None or self.stage.done <= self.stage_began.done:
            return None
        pace = (self.stage.time - self.stage_began.time) / (self.stage.done - self.stage_began.done)
        return pace * (self.stage.total - self.stage.done)

    @property
    def step(self) -> int:
        """The last step that was done, or left out."""
        last = max(next(reversed(self.steps), 0), max(self.skipped, default=0))
        return max(last, self.started.step if self.started else 0)

    @property
    def epoch(self) -> int:
        """The epoch of the last step, from 1; 0 before the first."""
        return self.steps[next(reversed(self.steps))].epoch if self.steps else 0

    @property
    def total_steps(self) -> int:
        """As planned; 0 before the first start."""
        return self.started.total_steps if self.started else 0

    @property
    def seconds_per_step(self) -> float | None:
        """Of the last steps, the median."""
        return statistics.median(one.seconds for one in self.recent) if self.recent else None

    @property
    def images_per_second(self) -> float | None:
        """Of the last steps."""
        seconds = sum(one.seconds for one in self.recent)
        return sum(one.images for one in self.recent) / seconds if seconds else None

    @property
    def remaining_seconds(self) -> float | None:
        """Of training, by the speed of the last steps."""
        if self.seconds_per_step is None or not self.total_steps:
            return None
        return max(0, self.total_steps - self.step) * self.seconds_per_step


class _Journals:
    kept: OrderedDict[Path, RunJournal] = OrderedDict()  # noqa: RUF012 -- one for the process
    glances: ClassVar[dict[Path, tuple[int, RunJournal]]] = {}
    """By the size of the file, without the steps but the last: what lists show of many runs."""
    lock = Lock()


def glance_of(run: RunFolder) -> RunJournal:
    """A run's journal as far as it is written, for what doesn't ask for all of its steps."""
    size = run.journal.stat().st_size if run.journal.exists() else 0
    known = _Journals.glances.get(run.journal)
    if known is not None and known[0] == size:
        return known[1]
    journal = journal_of(run)
    with journal.lock:
        last = dict([next(reversed(journal.steps.items()))] if journal.steps else [])
        glance = replace(journal, steps=last, recent=journal.recent.copy(), lock=Lock())
        _Journals.glances[run.journal] = (journal.offset, glance)
    return glance


def journal_of(run: RunFolder) -> RunJournal:
    """A run's journal, as far as it is written."""
    with _Journals.lock:
        journal = _Journals.kept.pop(run.journal, None)
        if journal is None or (run.journal.exists() and run.journal.stat().st_size < journal.offset):
            journal = RunJournal(run.journal)
        _Journals.kept[run.journal] = journal
        while len(_Journals.kept) > _KEPT:
            _Journals.kept.popitem(last=False)
    journal.read_on()
    return journal


def read_from(path: Path, offset: int) -> list[tuple[AnyEvent, int]]:
    """The events of a journal from a place on, each with the place behind it; a line that isn't whole is left."""
    try:
        with path.open("rb") as file:
            if file.seek(0, SEEK_END) <= offset:
                return []
            file.seek(offset)
            content = file.read()
    except FileNotFoundError:
        return []
    found: list[tuple[AnyEvent, int]] = []
    for line in content.splitlines(keepends=True):
        if not line.endswith(b"\n"):
            break
        offset += len(line)
        if (event := read_line(line)) is not None:
            found.append((event, offset))
    return found
