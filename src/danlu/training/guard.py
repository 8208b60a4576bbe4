"""Whether a step's gradient may be used, and what is said of one that may not."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from danlu.kit.errors import UserError
from danlu.rundir.events import Skipped
from danlu.training.order import PlannedStep

NAMED = 4
"""More names than this make no sentence."""


@dataclass(frozen=True)
class Figures:
    """What a step reads from the device."""

    losses: tuple[float, ...]
    """Of each picture of the group."""
    norm: float
    """Of the gradient, before it is clipped."""

    @property
    def loss(self) -> float:
        """The group's mean."""
        return sum(self.losses) / len(self.losses)

    @property
    def are_finite(self) -> bool:
        """Whether the gradient may be used."""
        return math.isfinite(self.loss) and math.isfinite(self.norm)


def skipped_step(
    planned: PlannedStep,
    figures: Figures,
    names: Sequence[str],
    *,
    in_row: int,
    loss_scale: float | None,
    seconds: float,
) -> Skipped:
    """The event of a step that was left out; `names` are those of the group's pictures."""
    wrong = [name for name, loss in zip(names, figures.losses, strict=True) if not math.isfinite(loss)]
    return Skipped(
        step=planned.number,
        epoch=planned.epoch,
        part="loss" if wrong else "gradient",
        pictures=list(dict.fromkeys(wrong or names)),
        in_row=in_row,
        loss_scale=loss_scale,
        seconds=seconds,
        images=len(names),
    )


def too_many_skipped(last: Skipped) -> UserError:
    """The sentence that ends a run whose steps can't be used any more."""
    names = ", ".join(last.pictures[:NAMED])
    part = {"loss": "Loss", "gradient": "梯度"}[last.part]
    return UserError(
        f"{last.in_row} steps in a row were left out because their loss or gradient wasn't finite, the last one step "
        f"{last.step} for the {last.part} of {names}: lower optimizer.lr, or use training.precision 'fp32'; if it is "
        "always the same picture, look at it. The last checkpoint is kept.",
        f"连续 {last.in_row} 步因 Loss 或梯度不是有限数值而跳过，最后为第 {last.step} 步（{names} 的{part}）："
        "请降低 optimizer.lr，或使用 training.precision“fp32”；如果总是同一张图片，请检查该图片。"
        "最近的检查点仍然保留。",
    )
