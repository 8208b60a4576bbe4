"""The training loop: draw a group, add up its gradient, clip, step, say so, let the observers look.

It knows no model and no file: what a step computes is the stepper's, what happens now and then the observers'.
"""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import torch

from danlu.kit.errors import UserError
from danlu.optimizers.base import Optimizer
from danlu.rundir.events import Step
from danlu.rundir.journal import Journal
from danlu.training.config import TrainingConfig
from danlu.training.ema import Ema
from danlu.training.order import Order, PlannedStep
from danlu.training.schedules import ScheduleConfig, rate_factor
from danlu.training.step import Sample, Stepper

Outcome = Literal["finished", "stopped"]


@dataclass(frozen=True)
class Trained:
    """Where training stands, as observers see it."""

    step: int
    epoch: int
    epoch_ended: int | None
    """The epoch that this step completed, if it did."""
    is_last: bool


class Observer(Protocol):
    """What happens now and then: checkpoints, previews."""

    def on_step(self, trained: Trained) -> None:
        """After every optimizer step."""
        ...

    def on_stop(self, trained: Trained) -> None:
        """When training is stopped before its end."""
        ...


@dataclass
class Loop:
    """Everything that a run's steps need."""

    stepper: Stepper
    optimizer: torch.optim.Optimizer
    optimizer_config: Optimizer
    schedule: ScheduleConfig
    training: TrainingConfig
    order: Order
    samples_of: Callable[[PlannedStep], list[Sample]]
    journal: Journal
    observers: Sequence[Observer]
    must_stop: Callable[[], bool]
    step: int = 0
    """Optimizer steps done."""
    ema: Ema | None = None

    def run(self) -> Outcome:
        """Train from `step` to the end of the order, or until asked to stop."""
        parameters = [parameter for group in self.optimizer.param_groups for parameter in group["params"]]
        base_rates = [group["lr"] for group in self.optimizer.param_groups]
        for planned in self.order.steps_after(self.step):
            started = time.perf_counter()
            factor = rate_factor(self.schedule, step=self.step, total_steps=self.order.total_steps)
            for group, rate in zip(self.optimizer.param_groups, base_rates, strict=True):
                group["lr"] = rate * factor
            loss, norm = self._take_step(planned, parameters)
            self.step = planned.number
            rates = dict(self.optimizer_config.rates(self.optimizer))
            for group, rate in zip(self.optimizer.param_groups, base_rates, strict=True):
                group["lr"] = rate
            seconds = time.perf_counter() - started
            self.journal.write(
                Step(
                    step=planned.number,
                    epoch=planned.epoch,
                    loss=loss,
                    rates=rates,
                    gradient_norm=norm,
                    seconds=seconds,
                    images=len(planned.group.items),
                )
            )
            trained = _trained(planned, self.order)
            for observer in self.observers:
                observer.on_step(trained)
            if not trained.is_last and self.must_stop():
                for observer in self.observers:
                    observer.on_stop(trained)
                return "stopped"
        return "finished"

    def _take_step(self, planned: PlannedStep, parameters: list[Any]) -> tuple[float, float | None]:
        self.optimizer.zero_grad(set_to_none=True)
        loss = self.stepper.accumulate(self.samples_of(planned))
        if not math.isfinite(loss):
            raise UserError(
                f"the loss became {loss} at step {planned.number}: lower optimizer.lr, or use training.precision "
                "'fp32'. The last checkpoint is kept.",
                f"第 {planned.number} 步的损失变成 {loss}：请降低 optimizer.lr，或使用 training.precision“fp32”。"
                "最近的检查点仍然保留。",
            )
        norm = None
        if self.training.max_gradient_norm is not None:
            norm = float(torch.nn.utils.clip_grad_norm_(parameters, self.training.max_gradient_norm))
        self.optimizer.step()
        if self.ema is not None:
            self.ema.update(planned.number)
        return loss, norm


def _trained(planned: PlannedStep, order: Order) -> Trained:
    return Trained(
        step=planned.number,
        epoch=planned.epoch,
        epoch_ended=planned.epoch if planned.ends_epoch else None,
        is_last=planned.number == order.total_steps,
    )
