"""D-Adaptation for Lion: estimates its own step size d (Defazio & Mishchenko, 2023), from `pytorch-optimizer`.

A step reads d on the host (it waits for the device once or twice), so it can't be captured in a CUDA graph.
"""

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from danlu.kit.language import Text
from danlu.optimizers.base import SelfTuningOptimizer

if TYPE_CHECKING:
    import torch


class DAdaptLion(SelfTuningOptimizer):
    """Finds the learning rate for Lion by itself; all rates stay 1. The d·lr that it reports is a rate for lion.

    中文: 自动寻找 Lion 的学习率；所有学习率保持为 1。它报告的 d·lr 可作为 lion 的学习率。
    """

    advice: ClassVar[Text] = Text(
        "to train stronger or weaker, give lion a rate above or below the d·lr that it reports",
        "若要更强或更弱，请改用 lion，并取高于或低于它所报告的 d·lr 的学习率",
    )

    kind: Literal["dadapt_lion"] = "dadapt_lion"
    beta1: float = Field(default=0.9, ge=0, lt=1)
    """How much of the direction of a step comes from earlier gradients.
    中文: 更新方向中历史梯度所占的比例。
    Label: Beta 1 / Beta 1（一阶动量）"""
    beta2: float = Field(default=0.99, ge=0, lt=1)
    """How long the average of the gradient remembers, and the estimate of d.
    中文: 梯度动量以及步长 d 估计的衰减系数。
    Label: Beta 2 / Beta 2（二阶动量）"""

    def build(self, groups: "list[dict[str, Any]]") -> "torch.optim.Optimizer":
        """With decoupled weight decay."""
        from pytorch_optimizer.optimizer import DAdaptLion as Implementation

        return Implementation(
            groups,
            lr=self.lr,
            betas=(self.beta1, self.beta2),
            d0=self.d0,
            weight_decay=self.weight_decay,
            weight_decouple=True,
        )
