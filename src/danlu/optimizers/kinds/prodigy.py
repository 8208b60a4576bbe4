"""Prodigy: Adam that estimates its own step size d (Mishchenko & Defazio, 2023), from `pytorch-optimizer`.

A step reads d on the host (it waits for the device once or twice), so it can't be captured in a CUDA graph.
"""

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from danlu.kit.language import Text
from danlu.optimizers.base import SelfTuningOptimizer

if TYPE_CHECKING:
    import torch


class Prodigy(SelfTuningOptimizer):
    """Finds the learning rate by itself; all rates stay 1.

    中文: 自动寻找学习率；所有学习率保持为 1。
    """

    advice: ClassVar[Text] = Text("turn d_coef to make it stronger or weaker", "用 d_coef 调节强弱")

    kind: Literal["prodigy"] = "prodigy"
    d_coef: float = Field(default=1.0, gt=0, le=10)
    """Makes the estimated step size larger or smaller: the way to turn Prodigy up or down.
    中文: 放大或缩小估计的步长，用来整体调节强度。
    Label: D coefficient / d 系数（d_coef）"""

    def build(self, groups: "list[dict[str, Any]]") -> "torch.optim.Optimizer":
        """With bias correction, and guarded against the growth of d during warm-up."""
        from pytorch_optimizer.optimizer import Prodigy as Implementation

        return Implementation(
            groups,
            lr=self.lr,
            d0=self.d0,
            d_coef=self.d_coef,
            weight_decay=self.weight_decay,
            bias_correction=True,
            safeguard_warmup=True,
        )
