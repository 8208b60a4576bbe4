"""CAME: Adafactor's memory with steps held back where they contradict each other (Luo et al., 2023), from
`pytorch-optimizer`.
"""

from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from danlu.optimizers.base import Optimizer

if TYPE_CHECKING:
    import torch


class CAME(Optimizer):
    """Half of AdamW's memory at nearly its quality; takes AdamW's rate or a little more.

    中文: 显存占用约为 AdamW 的一半，效果接近；学习率与 AdamW 相同或略高。
    """

    kind: Literal["came"] = "came"
    lr: float = Field(default=1e-4, gt=0, le=0.1)
    """Learning rate of the U-Net's adapter (unet_lr); 1e-4 to 2e-4 is usual.
    中文: U-Net 部分的学习率（unet_lr）；常用 1e-4 到 2e-4。
    Label: Learning rate (U-Net) / 学习率（U-Net）"""
    beta1: float = Field(default=0.9, ge=0, lt=1)
    """How long the average of the update remembers.
    中文: 更新量一阶矩的衰减系数。
    Label: Beta 1 / Beta 1（一阶动量）"""
    beta2: float = Field(default=0.999, ge=0, lt=1)
    """How long the (factored) average of the squared gradient remembers.
    中文: 梯度二阶矩（分解形式）的衰减系数。
    Label: Beta 2 / Beta 2（二阶动量）"""
    beta3: float = Field(default=0.9999, ge=0, lt=1)
    """How long the average of the update's unsteadiness remembers.
    中文: 更新不稳定度的衰减系数。
    Label: Beta 3 / Beta 3（稳定度动量）"""

    def build(self, groups: "list[dict[str, Any]]") -> "torch.optim.Optimizer":
        """With decoupled weight decay."""
        from pytorch_optimizer import optimizer as library

        betas = (self.beta1, self.beta2, self.beta3)
        return library.CAME(groups, lr=self.lr, betas=betas, weight_decay=self.weight_decay)
