"""How the learning rate goes over a run: a factor for each optimizer step, 0 ≤ factor ≤ 1.

With s steps done, warm-up w, total S and p = (s-w)/(S-w): warm-up s/w · constant 1 · linear 1-p · cosine ½(1+cos πp) ·
cosine_with_restarts ½(1+cos π((c·p) mod 1)). The first step after a warm-up of w runs at the full rate.
"""

import math
import re
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

ScheduleKind = Literal["constant", "linear", "cosine", "cosine_with_restarts"]


class ScheduleConfig(BaseModel):
    """How the learning rate goes over the run."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    kind: ScheduleKind = "cosine"
    """Shape after the warm-up; cosine is a good default, constant suits Prodigy.
    中文: 预热之后的形状；cosine 是好的默认值，constant 适合 Prodigy。"""
    warmup: str = "5%"
    """Steps of rising rate at the start: a number ("100 steps") or a share of the run ("10%").
    中文: 开头学习率逐步上升的步数：步数（"100 steps"）或占总步数的比例（"10%"）。"""
    cycles: int = Field(default=3, ge=1, le=100)
    """How many times cosine_with_restarts starts over.
    中文: cosine_with_restarts 的重启次数。"""

    @field_validator("warmup", mode="before")
    @classmethod
    def _is_readable(cls, value: Any) -> str:
        text = str(value).strip()
        if not re.fullmatch(r"\d+(\.\d+)?%|\d+( steps?)?", text) or (text.endswith("%") and float(text[:-1]) > 90):
            raise ValueError(
                'write a share up to 90%, as in "10%", or a number of steps, as in "100 steps"'
                '|请写不超过 90% 的比例，例如 "10%"，或步数，例如 "100 steps"'
            )
        return text

    def warmup_steps(self, total_steps: int) -> int:
        """The warm-up in steps."""
        if self.warmup.endswith("%"):
            return int(total_steps * float(self.warmup[:-1]) / 100)
        return min(int(self.warmup.split()[0]), total_steps)


def rate_factor(config: ScheduleConfig, *, step: int, total_steps: int) -> float:
    """The factor on the learning rate for the step after `step` finished ones."""
    warmup = config.warmup_steps(total_steps)
    if step < warmup:
        return (step + 1) / (warmup + 1)
    progress = (step - warmup) / max(1, total_steps - warmup)
    if config.kind == "constant":
        return 1.0
    if progress >= 1:
        return 0.0
    if config.kind == "linear":
        return 1 - progress
    turns = progress if config.kind == "cosine" else (config.cycles * progress) % 1
    return 0.5 * (1 + math.cos(math.pi * turns))
