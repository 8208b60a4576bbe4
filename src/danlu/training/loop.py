"""The training loop: draw a group, add up its gradient, clip, step, say so, let the observers look.

It knows no model and no file: what a step computes is the stepper's, what happens now and then the observers'.
A step reads the device once: the losses of its pictures and the gradient's norm, which say whether the gradient may be
used. One that isn't finite is left out; one that doesn't fit into memory is computed again in smaller portions.
Whatever error ends the loop, what was trained before it is saved first, if it can be.
"""

import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol

import torch
from torch import Tensor

from danlu.kit.errors import UserError
from danlu.kit.memory import is_out_of_memory, release_memory
from danlu.optimizers.base import Optimizer
from danlu.rundir.events import Step, Warned
from danlu.rundir.journal import Journal
from danlu.rundir.stopping import StopAskedError
from danlu.training.config import TrainingConfig
from danlu.training.ema import Ema
from danlu.training.guard import Figures, skipped_step, too_many_skipped
from danlu.training.memory import too_large
from danlu.training.norms import NormLimit
from danlu.training.order import Order, PlannedStep
from danlu.training.scaling import LossScale
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
    name_of: Callable[[int], str]
    """The name of a picture of the dataset, by its index."""
    journal: Journal
    observers: Sequence[Observer]
    must_stop: Callable[[], bool]
    step: int = 0
    """Optimizer steps done."""
    ema: Ema | None = None
    scale: LossScale | None = None
    """Of the loss, for fp16."""
    norm_limit: NormLimit | None = None
    skipped_in_row: int = 0
    done: Trained | None = None
    """The last step that this process has done."""
    is_sound: bool = True
    """Whether weights, optimizer and average belong to one step, and may be saved."""

    def run(self) -> Outcome:
        """Train from `step` to the end of the order, or until asked to stop."""
        for planned in self.order.steps_after(self.step):
            try:
                done = self._do(planned)
            except StopAskedError:  # by what follows a step: the rest of it is caught up with when the run goes on
                self._stop(self.done)
                return "stopped"
            except Exception as error:
                self._rescue(error)
                raise
            if not done.is_last and self.must_stop():
                self._stop(done)
                return "stopped"
        return "finished"

    def _do(self, planned: PlannedStep) -> Trained:
        """One step, and what follows from it."""
        started = time.perf_counter()
        try:
            samples = self.samples_of(planned)
        except UserError as error:  # a picture that can't be read any more
            raise _interrupted(planned, error) from error
        with self._scheduled_rates():
            figures = self._take_step(planned, samples)
            rates = dict(self.optimizer_config.rates(self.optimizer))
        self.step = planned.number
        self.done = done = _trained(planned, self.order)
        timesteps = self.stepper.timesteps(samples).tolist()  # never were on the device
        seconds = time.perf_counter() - started
        self._say(planned, figures, rates=rates, timesteps=timesteps, seconds=seconds)
        for observer in self.observers:
            observer.on_step(done)
        return done

    def _rescue(self, error: Exception) -> None:
        """Save what was trained before an error; a disk that refuses that too keeps what was saved before."""
        if self.done is None or not self.is_sound:
            return
        try:
            self._stop(self.done)
        except Exception as refused:  # noqa: BLE001 -- whatever it is, the first error is the one to tell
            if str(refused) == str(error):
                return
            with suppress(Exception):
                en = f"What was trained since the last checkpoint can't be saved: {refused}"
                self.journal.write(Warned(en=en, zh=f"最近的检查点之后的训练无法保存：{refused}"))

    def last(self) -> Trained | None:
        """The step that it goes on from; None at the start of a run."""
        if not self.step:
            return None
        return next((_trained(one, self.order) for one in self.order.steps_after(self.step - 1)), None)

    def state(self) -> dict[str, Any]:
        """What the loop itself must remember to go on exactly as it would have: plain values."""
        scale = None if self.scale is None else [self.scale.value, self.scale.good_steps]
        return {"micro_batch": self.stepper.micro_batch, "skipped_in_row": self.skipped_in_row, "scale": scale}

    def load_state(self, state: dict[str, Any]) -> None:
        """Take up what `state` gave."""
        self.stepper = replace(self.stepper, micro_batch=state["micro_batch"])
        self.skipped_in_row = state["skipped_in_row"]
        if self.scale is not None and state["scale"] is not None:
            self.scale = LossScale(*state["scale"])

    def _stop(self, trained: Trained | None) -> None:
        if trained is None:
            return
        for observer in self.observers:
            observer.on_stop(trained)

    @contextmanager
    def _scheduled_rates(self) -> Generator[None]:
        """While it lasts, the groups have their rates of the next step."""
        factor = rate_factor(self.schedule, step=self.step, total_steps=self.order.total_steps)
        base_rates = [group["lr"] for group in self.optimizer.param_groups]
        for group, rate in zip(self.optimizer.param_groups, base_rates, strict=True):
            group["lr"] = rate * factor
        try:
            yield
        finally:
            for group, rate in zip(self.optimizer.param_groups, base_rates, strict=True):
                group["lr"] = rate

    def _take_step(self, planned: PlannedStep, samples: Sequence[Sample]) -> Figures:
        losses = self._add_up_gradient(planned, samples)
        parameters = [parameter for group in self.optimizer.param_groups for parameter in group["params"]]
        gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
        if self.scale is not None:
            self.scale.unscale(gradients)
        norm = torch.nn.utils.get_total_norm(gradients)
        *each, total = torch.cat([losses, norm.view(1)]).tolist()  # the one reading of the device
        figures = Figures(tuple(each), total)
        self.is_sound = False
        if self.scale is not None:
            self.scale.update(finite=figures.are_finite)
        if figures.are_finite:
            if self.training.max_gradient_norm is not None:
                torch.nn.utils.clip_grads_with_norm_(parameters, self.training.max_gradient_norm, norm)
            self._update(planned)
        self.is_sound = True
        return figures

    def _add_up_gradient(self, planned: PlannedStep, samples: Sequence[Sample]) -> Tensor:
        """The losses (B,) of a group and its gradient, in portions that fit into memory."""
        scale = 1.0 if self.scale is None else self.scale.value
        while True:
            self.optimizer.zero_grad(set_to_none=True)
            try:
                return self.stepper.accumulate(samples, scale)
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
                message = str(error)
            # Only here, where the error is gone, are the tensors gone that its traceback held.
            self._halve_portions(planned, len(samples), message)

    def _halve_portions(self, planned: PlannedStep, count: int, message: str) -> None:
        portion = min(count, self.stepper.micro_batch)
        self.optimizer.zero_grad(set_to_none=True)
        release_memory(self.stepper.device)
        if portion == 1:
            raise too_large(planned.number, message)
        smaller = (portion + 1) // 2
        self.stepper = replace(self.stepper, micro_batch=smaller)
        self.journal.write(
            Warned(
                en=f"Memory ran out at step {planned.number}: from now on {smaller} pictures are computed at a time "
                f"instead of {portion}. What is learnt stays the same.",
                zh=f"第 {planned.number} 步内存（显存）不足：从现在起一次计算 {smaller} 张图片，而不是 {portion} 张。"
                "训练结果不受影响。",
            )
        )

    def _update(self, planned: PlannedStep) -> None:
        try:
            self.optimizer.step()
        except (RuntimeError, MemoryError) as error:
            if is_out_of_memory(error):
                raise too_large(planned.number, str(error)) from error
            raise
        if self.norm_limit is not None:
            self.norm_limit.apply()
        if self.ema is not None:
            self.ema.update(planned.number)

    def _say(
        self, planned: PlannedStep, figures: Figures, *, rates: dict[str, float], timesteps: list[int], seconds: float
    ) -> None:
        """Journal a step, or that it was left out. Raises `UserError` if too many in a row were."""
        if not figures.are_finite:
            self.skipped_in_row += 1
            names = [self.name_of(item) for item in planned.group.items]
            scale = None if self.scale is None else self.scale.value
            skipped = skipped_step(
                planned, figures, names, in_row=self.skipped_in_row, loss_scale=scale, seconds=seconds
            )
            self.journal.write(skipped)
            if self.skipped_in_row >= self.training.max_skipped:
                self.is_sound = False  # what led here isn't worth a checkpoint
                raise too_many_skipped(skipped)
            return
        self.skipped_in_row = 0
        self.journal.write(
            Step(
                step=planned.number,
                epoch=planned.epoch,
                loss=figures.loss,
                rates=rates,
                gradient_norm=figures.norm,
                seconds=seconds,
                images=len(planned.group.items),
                timesteps=tuple(timesteps),
                losses=figures.losses,
            )
        )


def _interrupted(planned: PlannedStep, error: UserError) -> UserError:
    return UserError(
        f"Step {planned.number} can't be computed: {error.text.en}",
        f"无法计算第 {planned.number} 步：{error.text.zh}",
    )


def _trained(planned: PlannedStep, order: Order) -> Trained:
    return Trained(
        step=planned.number,
        epoch=planned.epoch,
        epoch_ended=planned.epoch if planned.ends_epoch else None,
        is_last=planned.number == order.total_steps,
    )
