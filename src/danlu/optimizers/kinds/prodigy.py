"""Prodigy: Adam that estimates its own step size d (Mishchenko & Defazio, 2023), from the `prodigyopt` library."""

import io
from collections.abc import Mapping
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, model_validator

from danlu.optimizers.base import Optimizer

if TYPE_CHECKING:
    import torch


class Prodigy(Optimizer):
    """Finds the learning rate by itself; all rates stay 1.

    中文: 自动寻找学习率；所有学习率保持为 1。
    """

    kind: Literal["prodigy"] = "prodigy"
    lr: float = 1.0
    """Must be 1: Prodigy multiplies it with the step size d that it estimates.
    中文: 必须为 1：Prodigy 会把它与自己估计的步长 d 相乘。"""
    d_coef: float = Field(default=1.0, gt=0, le=10)
    """Makes the estimated step size larger or smaller: the way to turn Prodigy up or down.
    中文: 放大或缩小估计的步长，用来整体调节强度。"""
    d0: float = Field(default=1e-6, gt=0)
    """The first guess of the step size.
    中文: 步长的初始值。"""

    @model_validator(mode="after")
    def _rates_are_one(self) -> "Prodigy":
        for name, rate in (("lr", self.lr), ("text_encoder_lr", self.text_encoder_lr)):
            if rate not in (None, 1.0):
                raise ValueError(
                    f"Prodigy finds the rate by itself, so {name} must be 1, not {rate:g}; turn d_coef to make it "
                    f"stronger or weaker.|Prodigy 会自动寻找学习率，{name} 必须为 1，而不是 {rate:g}；"
                    "用 d_coef 调节强弱。"
                )
        return self

    def build(self, groups: "list[dict[str, Any]]") -> "torch.optim.Optimizer":
        """prodigyopt's Prodigy with bias correction, and guarded against growth during warm-up."""
        from prodigyopt import Prodigy as Implementation

        settings: dict[str, Any] = self.model_dump(include={"lr", "weight_decay", "d_coef", "d0"})
        settings |= {"use_bias_correction": True, "safeguard_warmup": True}
        with redirect_stdout(io.StringIO()):  # it prints that weight decay is decoupled
            return Implementation(groups, **settings)

    def rates(self, optimizer: "torch.optim.Optimizer") -> Mapping[str, float]:
        """d·lr."""
        return {str(group["name"]): float(group["d"]) * float(group["lr"]) for group in optimizer.param_groups}
