"""SGD: straight down the gradient, with momentum (Polyak, 1964; Nesterov, 1983), PyTorch's own."""

from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from danlu.optimizers.base import Optimizer

if TYPE_CHECKING:
    import torch


class SGD(Optimizer):
    """For comparisons: the plain gradient. It wants far higher rates than AdamW and learns slowly.

    中文: 用于对照：直接沿梯度下降。需要比 AdamW 高得多的学习率，学得较慢。
    """

    kind: Literal["sgd"] = "sgd"
    lr: float = Field(default=0.1, gt=0, le=1000)
    """Learning rate of the U-Net's adapter (unet_lr).
    中文: U-Net 部分的学习率（unet_lr）。
    Label: Learning rate (U-Net) / 学习率（U-Net）"""
    momentum: float = Field(default=0.9, ge=0, lt=1)
    """How much of the last step goes on into this one.
    中文: 动量：上一步有多少延续到这一步。
    Label: Momentum / 动量"""
    nesterov: bool = False
    """Looks one step ahead along the momentum.
    中文: 使用 Nesterov 动量。
    Label: Nesterov momentum / Nesterov 动量"""

    def build(self, groups: "list[dict[str, Any]]") -> "torch.optim.Optimizer":
        """torch.optim.SGD, fused: one kernel for all tensors."""
        import torch

        return torch.optim.SGD(
            groups,
            lr=self.lr,
            momentum=self.momentum,
            nesterov=self.nesterov,
            weight_decay=self.weight_decay,
            fused=True,
        )
