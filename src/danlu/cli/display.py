"""What a user sees while a run goes on: journal events in, a live display (terminal) or plain lines (pipe) out."""

import sys
import time
from collections import deque
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import click

from danlu.cli.events import tell
from danlu.cli.output import visible
from danlu.kit.language import Text, pick
from danlu.kit.quantities import format_seconds
from danlu.rundir.events import AnyEvent, Ended, Skipped, Stage, Started, Step
from danlu.rundir.journal import Listener

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

STAGES = {
    "scan": Text("Reading the pictures", "读取图片"),
    "load": Text("Loading the base, MB", "加载底模，MB"),
    "latents": Text("Encoding pictures", "编码图片"),
    "texts": Text("Encoding captions", "编码标注"),
    "previews": Text("Drawing previews", "出预览图"),
    "validation": Text("Measuring held-out pictures", "测量验证集"),
}
COUNTED = ("scan", "latents", "texts")
"""Stages of preparation that say at their end how much there was."""
RECENT_STEPS = 30


class EpochDone(NamedTuple):
    """An epoch and its mean loss."""

    epoch: int
    loss: float


class Figures:
    """Running figures of a training: smoothed loss, pace, time left."""

    def __init__(self) -> None:
        self.total_steps = 0
        self.epochs = 0
        self.epoch = 0
        self._recent: deque[Step] = deque(maxlen=RECENT_STEPS)
        self._epoch_losses: list[float] = []

    def take(self, event: Step) -> EpochDone | None:
        """Count a step in; tells of the epoch that it ends, or that ended before it."""
        done = self.flush() if event.epoch != self.epoch else None
        self.epoch = event.epoch
        self._recent.append(event)
        self._epoch_losses.append(event.loss)
        # Where epochs are of equal length the line comes at once, before what is saved and drawn at an epoch's end.
        ends = self.total_steps and event.step * self.epochs % self.total_steps == 0
        return self.flush() if ends else done

    def flush(self) -> EpochDone | None:
        """The epoch that is counted so far, if any step of it is."""
        losses, self._epoch_losses = self._epoch_losses, []
        return EpochDone(self.epoch, sum(losses) / len(losses)) if losses else None

    @property
    def loss(self) -> float:
        """Mean loss of the last steps."""
        return sum(step.loss for step in self._recent) / max(1, len(self._recent))

    @property
    def images_per_second(self) -> float:
        """Pictures per second over the last steps."""
        seconds = sum(step.seconds for step in self._recent)
        return sum(step.images for step in self._recent) / seconds if seconds else 0.0

    @property
    def seconds_left(self) -> float:
        """Expected time to the last step, previews not counted."""
        if not self._recent:
            return 0.0
        mean = sum(step.seconds for step in self._recent) / len(self._recent)
        return mean * (self.total_steps - self._recent[-1].step)

    @property
    def rate(self) -> float:
        """The learning rate of the first group."""
        return next(iter(self._recent[-1].rates.values()), 0.0) if self._recent else 0.0


def tell_epoch(figures: Figures, done: EpochDone) -> str:
    """The line at the end of an epoch."""
    left = format_seconds(figures.seconds_left)
    pace = f"{figures.images_per_second:.1f}"
    return pick(
        f"Epoch {done.epoch}/{figures.epochs}: loss {done.loss:.4f}, rate {figures.rate:.2e}, {pace} images/s, "
        f"{left} left",
        f"第 {done.epoch}/{figures.epochs} 轮：Loss {done.loss:.4f}，学习率 {figures.rate:.2e}，{pace} 张/秒，"
        f"剩余 {left}",
    )


class Lines:
    """Plain lines, one for what matters: for pipes, files and log collectors."""

    def __init__(self) -> None:
        self._figures = Figures()

    def __call__(self, event: AnyEvent) -> None:
        """Print the line of an event, if it is worth one."""
        if isinstance(event, Started):
            self._figures.total_steps, self._figures.epochs = event.total_steps, event.epochs
        elif isinstance(event, Step):
            if done := self._figures.take(event):
                self._say(tell_epoch(self._figures, done))
        elif isinstance(event, Stage) and event.name in COUNTED and event.done == event.total > 0:
            self._say(f"{STAGES[event.name]}{pick(': ', '：')}{event.total}")
        if isinstance(event, Ended) and (done := self._figures.flush()):
            self._say(tell_epoch(self._figures, done))
        if line := tell(event):
            self._say(line)

    def _say(self, line: str) -> None:
        click.echo(visible(line), err=True)


class Live:
    """A live display: one bar for the stage or the training, lines for what happened above it."""

    def __init__(self, bars: "Progress") -> None:
        self._bars = bars
        self._figures = Figures()
        self._task: TaskID | None = None
        self._stage, self._total = "", 0
        self._drawn = 0.0

    def __call__(self, event: AnyEvent) -> None:
        """Move the bar, or print a line above it."""
        if isinstance(event, Stage):
            self._show_stage(event)
        elif isinstance(event, Started):
            self._figures.total_steps, self._figures.epochs = event.total_steps, event.epochs
            self._begin("train", event.total_steps)
            self._move(event.step, pick("Training", "训练"), "")
        elif isinstance(event, Step):
            self._show_step(event)
        elif isinstance(event, Skipped):
            self._reach(event.step)
        if line := tell(event):
            self._bars.console.print(visible(line), highlight=False, markup=False)

    def _show_stage(self, event: Stage) -> None:
        if self._stage != event.name or self._total != event.total:
            self._begin(event.name, event.total)
        self._move(event.done, str(STAGES[event.name]), "")

    def _show_step(self, event: Step) -> None:
        if done := self._figures.take(event):
            self._bars.console.print(tell_epoch(self._figures, done), highlight=False, markup=False)
        # A tiny model steps hundreds of times a second: drawing each would cost more than training.
        if time.monotonic() - self._drawn < 0.1 and event.step < self._figures.total_steps:
            return
        self._drawn = time.monotonic()
        figures = self._figures
        if self._stage != "train":
            self._begin("train", figures.total_steps)
        self._move(
            event.step,
            pick(f"Epoch {event.epoch}/{figures.epochs}", f"第 {event.epoch}/{figures.epochs} 轮"),
            pick(
                f"loss {figures.loss:.4f} · rate {figures.rate:.1e} · {figures.images_per_second:.1f} images/s · "
                f"{format_seconds(figures.seconds_left)} left",
                f"Loss {figures.loss:.4f} · 学习率 {figures.rate:.1e} · {figures.images_per_second:.1f} 张/秒 · "
                f"剩余 {format_seconds(figures.seconds_left)}",
            ),
        )

    def _begin(self, name: str, total: int) -> None:
        if self._task is not None:
            self._bars.remove_task(self._task)
        self._stage, self._total = name, total
        self._task = self._bars.add_task("", total=total or None, figures="")

    def _reach(self, done: int) -> None:
        if self._task is not None:
            self._bars.update(self._task, completed=done)

    def _move(self, done: int, description: str, figures: str) -> None:
        if self._task is not None:
            self._bars.update(self._task, completed=done, description=description, figures=figures)


@contextmanager
def watching() -> Generator[Listener]:
    """A listener for the events of a run: live on a terminal, plain lines in a pipe."""
    if not sys.stderr.isatty():
        yield Lines()
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.table import Column

    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TextColumn("{task.fields[figures]}", style="cyan", table_column=Column(no_wrap=True)),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        yield Live(bars)
