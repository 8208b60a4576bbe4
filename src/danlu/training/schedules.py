"""How the learning rate goes over a run: a factor for each optimizer step, 0 ≤ factor ≤ 1.

With s steps done of S, warm-up w, p = (s-w)/(S-w) and floor f, the step after s finished ones runs at

warm-up                (s+1)/(w+1): the first step moves, the first one after the warm-up runs at the full rate
constant               1
linear                 f + (1-f)·(1-p)
cosine                 f + (1-f)·½(1+cos πp)
cosine_with_restarts   f + (1-f)·½(1+cos π((c·p) mod 1))
polynomial             f + (1-f)·(1-p)^power
inverse_sqrt           1/√((s-w+τ)/τ), timescale τ = w, or 10000 without warm-up
warmup_stable_decay    1, over the last D steps f + (1-f)·½(1+cos πq), q = (s-(S-D))/D

A run has exactly S steps, so the rate would reach the floor at the step that isn't done any more (p = 1).
"""

import math
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from danlu.kit.lengths import read_span, span_steps

ScheduleKind = Literal[
    "constant", "linear", "cosine", "cosine_with_restarts", "polynomial", "inverse_sqrt", "warmup_stable_decay"
]

USED_BY: dict[str, tuple[ScheduleKind, ...]] = {
    "cycles": ("cosine_with_restarts",),
    "power": ("polynomial",),
    "timescale": ("inverse_sqrt",),
    "decay": ("warmup_stable_decay",),
    "floor": ("linear", "cosine", "cosine_with_restarts", "polynomial", "warmup_stable_decay"),
}
"""The settings that only some kinds know."""


class ScheduleConfig(BaseModel):
    """How the learning rate goes over the run.
    中文: 学习率调度：学习率在训练中如何变化。
    """

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    kind: ScheduleKind = "cosine"
    """Shape after the warm-up; cosine is a good default, constant suits Prodigy.
    中文: 预热之后的形状；cosine 是好的默认值，constant 适合 Prodigy。
    Label: Schedule / 调度方式"""
    warmup: str = "5%"
    """Steps of rising rate at the start: a number ("100 steps") or a share of the run ("10%").
    中文: 开头学习率逐步上升的步数：步数（"100 steps"）或占总步数的比例（"10%"）。
    Label: Warm-up / 预热"""
    floor: float = Field(default=0.0, ge=0, lt=1)
    """What share of the rate the falling shapes end at: 0.1 ends at a tenth (kohya's cosine_with_min_lr is cosine with
    a floor).
    中文: 下降到最后保留的学习率比例：0.1 表示降到十分之一（kohya 的 cosine_with_min_lr 即 cosine 加此项）。
    Label: Final rate share / 最终学习率比例"""
    cycles: int = Field(default=3, ge=1, le=100)
    """How many times cosine_with_restarts starts over.
    中文: cosine_with_restarts 的重启次数。
    Label: Restarts / 重启次数"""
    power: float = Field(default=2.0, gt=0, le=10)
    """How bent polynomial is: 1 is linear, 2 falls quickly and then slowly.
    中文: polynomial 的幂次：1 为直线，2 先快后慢。
    Label: Power / 幂次"""
    timescale: int | None = Field(default=None, ge=1)
    """After how many steps inverse_sqrt has fallen to 71% of the rate; empty takes the warm-up, or 10000 without one.
    中文: inverse_sqrt 经过多少步降到学习率的 71%；留空则取预热步数，没有预热时为 10000。
    Label: Time scale / 时间尺度"""
    decay: str = "20%"
    """How long warmup_stable_decay falls at the end: a number ("100 steps") or a share of the run ("20%").
    中文: warmup_stable_decay 末尾下降的步数：步数（"100 steps"）或占总步数的比例（"20%"）。
    Label: Decay length / 衰减长度"""

    @field_validator("warmup", "decay", mode="before")
    @classmethod
    def _is_readable(cls, value: Any) -> str:
        return read_span(value, most_percent=90)

    def warmup_steps(self, total_steps: int) -> int:
        """The warm-up in steps."""
        return span_steps(self.warmup, total_steps)

    def decay_steps(self, total_steps: int) -> int:
        """The falling end of warmup_stable_decay in steps; what the warm-up left, if that is less."""
        return min(span_steps(self.decay, total_steps), total_steps - self.warmup_steps(total_steps))

    def idle(self) -> tuple[str, tuple[ScheduleKind, ...]] | None:
        """A setting that was given but has no effect with this kind, and the kinds that it is for."""
        for name, kinds in USED_BY.items():
            if self.kind not in kinds and getattr(self, name) != type(self).model_fields[name].default:
                return name, kinds
        return None


def rate_factor(config: ScheduleConfig, *, step: int, total_steps: int) -> float:
    """The factor on the learning rate for the step after `step` finished ones."""
    warmup = config.warmup_steps(total_steps)
    if step < warmup:
        return (step + 1) / (warmup + 1)
    if config.kind == "constant":
        return 1.0
    if config.kind == "inverse_sqrt":
        timescale = config.timescale or warmup or 10_000
        return 1 / math.sqrt((step - warmup + timescale) / timescale)
    progress = (step - warmup) / max(1, total_steps - warmup)
    if config.kind == "warmup_stable_decay":
        decay = config.decay_steps(total_steps)
        progress = max(0.0, (step - total_steps + decay) / max(1, decay))
    return config.floor + (1 - config.floor) * _fall(config, progress)


def _fall(config: ScheduleConfig, progress: float) -> float:
    """The falling shapes, from 1 at progress 0 to 0 at progress 1."""
    if progress >= 1:
        return 0.0
    if config.kind == "linear":
        return 1 - progress
    if config.kind == "polynomial":
        return (1 - progress) ** config.power
    turns = (config.cycles * progress) % 1 if config.kind == "cosine_with_restarts" else progress
    return 0.5 * (1 + math.cos(math.pi * turns))
