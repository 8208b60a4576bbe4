"""Lion: steps by the sign of a mixture of gradient and momentum (Chen et al., 2023), from `pytorch-optimizer`."""

from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from danlu.optimizers.base import Optimizer

if TYPE_CHECKING:
    import torch


class Lion(Optimizer):
    """Half of AdamW's memory. Every number moves equally far at each step: give it a third of AdamW's rate.

    中文: 显存占用为 AdamW 的一半。每个参数每步移动同样的距离：学习率取 AdamW 的三分之一。
    """

    kind: Literal["lion"] = "lion"
    lr: float = Field(default=3e-5, gt=0, le=0.1)
    """Learning rate of the U-Net's adapter (unet_lr); a third of what AdamW would take.
    中文: U-Net 部分的学习率（unet_lr）；约为 AdamW 的三分之一。
    Label: Learning rate (U-Net) / 学习率（U-Net）"""
    weight_decay: float = Field(default=0.03, ge=0)
    """Pulls weights towards zero a little at every step, by rate times this: three times AdamW's, as the rate is a
    third.
    中文: 权重衰减：每步按“学习率 × 此值”把权重拉向零；学习率为三分之一，因此取 AdamW 的三倍。
    Label: Weight decay / 权重衰减"""
    beta1: float = Field(default=0.9, ge=0, lt=1)
    """How much of the direction of a step comes from earlier gradients.
    中文: 更新方向中历史梯度所占的比例。
    Label: Beta 1 / Beta 1（一阶动量）"""
    beta2: float = Field(default=0.99, ge=0, lt=1)
    """How long the average of the gradient remembers.
    中文: 梯度动量的衰减系数。
    Label: Beta 2 / Beta 2（二阶动量）"""

    def build(self, groups: "list[dict[str, Any]]") -> "torch.optim.Optimizer":
        """With decoupled weight decay."""
        from pytorch_optimizer.optimizer import Lion as Implementation

        return Implementation(groups, lr=self.lr, betas=(self.beta1, self.beta2), weight_decay=self.weight_decay)
