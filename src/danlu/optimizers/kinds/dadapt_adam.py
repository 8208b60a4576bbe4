"""D-Adaptation for Adam: estimates its own step size d (Defazio & Mishchenko, 2023), from `pytorch-optimizer`.

A step reads d on the host (it waits for the device once or twice), so it can't be captured in a CUDA graph.
"""

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from danlu.kit.language import Text
from danlu.optimizers.base import SelfTuningOptimizer

if TYPE_CHECKING:
    import torch


class DAdaptAdam(SelfTuningOptimizer):
    """Finds the learning rate for Adam by itself; all rates stay 1. The d·lr that it reports is a rate for adamw.

    中文: 自动寻找 Adam 的学习率；所有学习率保持为 1。它报告的 d·lr 可作为 adamw 的学习率。
    """

    advice: ClassVar[Text] = Text(
        "to train stronger or weaker, give adamw a rate above or below the d·lr that it reports",
        "若要更强或更弱，请改用 adamw，并取高于或低于它所报告的 d·lr 的学习率",
    )

    kind: Literal["dadapt_adam"] = "dadapt_adam"
    beta1: float = Field(default=0.9, ge=0, lt=1)
    """How long the average of the gradient remembers.
    中文: 梯度一阶矩的衰减系数。
    Label: Beta 1 / Beta 1（一阶动量）"""
    beta2: float = Field(default=0.99, ge=0, lt=1)
    """How long the average of the squared gradient remembers, and the estimate of d.
    中文: 梯度二阶矩以及步长 d 估计的衰减系数。
    Label: Beta 2 / Beta 2（二阶动量）"""
    growth_rate: float | None = Field(default=None, gt=1)
    """d grows by this factor a step at most; 1.02 warms it up slowly, empty leaves it free.
    中文: 每一步 d 最多放大的倍数；1.02 相当于缓慢预热，留空表示不限制。
    Label: Growth rate of d / d 的增长率"""

    def build(self, groups: "list[dict[str, Any]]") -> "torch.optim.Optimizer":
        """With decoupled weight decay."""
        from pytorch_optimizer.optimizer import DAdaptAdam as Implementation

        return Implementation(
            groups,
            lr=self.lr,
            betas=(self.beta1, self.beta2),
            d0=self.d0,
            growth_rate=self.growth_rate or float("inf"),
            weight_decay=self.weight_decay,
            weight_decouple=True,
        )
