"""The observer that validates: the loss on held-out pictures, with the same noise at the same timesteps each time.

The loss is the objective's own, so that it compares with that of training. Nothing that is learnt depends on it: there
is no gradient, no dropout, and no random number that training would draw.
"""

import math
from collections.abc import Callable, Container, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from danlu.rundir.events import Stage, Validation, Warned
from danlu.rundir.journal import Journal
from danlu.training.loop import Trained
from danlu.training.step import Sample, Stepper
from danlu.validation.config import ValidationConfig


@dataclass
class Validator:
    """Measures held-out pictures."""

    config: ValidationConfig
    pictures: int
    """How many there are."""
    samples_of: Callable[[int], Sequence[Sample]]
    """The samples of each; a picture's are spread over the timesteps."""
    stepper: Callable[[], Stepper]
    journal: Journal
    averaged: Callable[[], AbstractContextManager[None]]
    """While it lasts, the adapter holds the weights that are meant for use."""
    check_stop: Callable[[], None]
    """Called between pictures: raises if the run is to stop."""

    def begin(self, last: Trained | None, measured: Container[int]) -> None:
        """The loss before the first step, which is the base's own; of a run that goes on, that of its last step, if the
        process that did it ended before it was `measured`.
        """
        if last is None:
            self._measure(0, 0)
        elif self._is_due(last) and last.step not in measured:
            self._measure(last.step, last.epoch)

    def on_step(self, trained: Trained) -> None:
        """Measure when due and at the end."""
        if self._is_due(trained):
            self._measure(trained.step, trained.epoch)

    def on_stop(self, trained: Trained) -> None:
        """Nothing: stopping is quick."""

    def _is_due(self, trained: Trained) -> bool:
        return trained.is_last or self.config.every.is_due(step=trained.step, epoch_ended=trained.epoch_ended)

    def _measure(self, step: int, epoch: int) -> None:
        if not self.pictures:
            return
        losses: list[float] = []
        with self.averaged():
            for one in range(self.pictures):
                self.journal.write(Stage(name="validation", done=one, total=self.pictures))
                self.check_stop()
                losses.append(float(self.stepper().measure(self.samples_of(one)).mean()))
        loss = sum(losses) / len(losses)
        if math.isfinite(loss):
            self.journal.write(Validation(step=step, epoch=epoch, loss=loss, pictures=len(losses)))
        else:
            self.journal.write(
                Warned(
                    en=f"The loss on held-out pictures isn't a number at step {step}: lower optimizer.lr, or use "
                    "training.precision 'fp32'.",
                    zh=f"第 {step} 步时验证集 Loss 不是数：请降低 optimizer.lr，或使用 training.precision“fp32”。",
                )
            )
