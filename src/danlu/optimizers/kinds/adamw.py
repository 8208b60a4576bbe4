"""AdamW: Adam with decoupled weight decay (Loshchilov & Hutter, 2019), PyTorch's own."""

from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from danlu.optimizers.base import Optimizer

if TYPE_CHECKING:
    import torch


class AdamW(Optimizer):
    """The dependable default: give it a rate around 1e-4 for Stable Diffusion.

    中文: 可靠的默认选择：Stable Diffusion 的学习率约 1e-4。
    """

    kind: Literal["adamw"] = "adamw"
    lr: float = Field(default=1e-4, gt=0, le=0.1)
    """Learning rate of the U-Net's adapter (unet_lr); 1e-4 is usual for Stable Diffusion.
    中文: U-Net 部分的学习率（unet_lr）；Stable Diffusion 常用 1e-4。
    Label: Learning rate (U-Net) / 学习率（U-Net）"""
    beta1: float = Field(default=0.9, ge=0, lt=1)
    """How long the average of the gradient remembers.
    中文: 梯度一阶矩的衰减系数。
    Label: Beta 1 / Beta 1（一阶动量）"""
    beta2: float = Field(default=0.99, ge=0, lt=1)
    """How long the average of the squared gradient remembers; 0.99 adapts faster than PyTorch's 0.999, which suits
    runs of a few hundred steps.
    中文: 梯度二阶矩的衰减系数；0.99 比 PyTorch 默认的 0.999 适应更快，适合几百步的训练。
    Label: Beta 2 / Beta 2（二阶动量）"""
    eps: float = Field(default=1e-8, gt=0)
    """Keeps the division by the gradient's size from overflowing.
    中文: 防止除零的小量。
    Label: Epsilon / Epsilon（稳定项）"""

    def build(self, groups: "list[dict[str, Any]]") -> "torch.optim.Optimizer":
        """torch.optim.AdamW, fused: one kernel for all tensors."""
        import torch

        return torch.optim.AdamW(
            groups, betas=(self.beta1, self.beta2), eps=self.eps, weight_decay=self.weight_decay, fused=True
        )
