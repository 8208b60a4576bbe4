"""Adafactor: keeps the rows' and columns' sums of the squared gradient (Shazeer & Stern, 2018), from `transformers`."""

from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from danlu.optimizers.base import Optimizer

if TYPE_CHECKING:
    import torch


class Adafactor(Optimizer):
    """Next to no memory, at a given rate; a little slower to learn than AdamW.

    中文: 几乎不占额外显存，使用给定的学习率；比 AdamW 学得略慢。
    """

    kind: Literal["adafactor"] = "adafactor"
    lr: float = Field(default=1e-4, gt=0, le=0.1)
    """Learning rate of the U-Net's adapter (unet_lr).
    中文: U-Net 部分的学习率（unet_lr）。
    Label: Learning rate (U-Net) / 学习率（U-Net）"""
    beta1: float | None = Field(default=None, ge=0, lt=1)
    """How long an average of the update remembers; empty keeps none, which saves its memory.
    中文: 更新量一阶矩的衰减系数；留空则不保留，可节省显存。
    Label: Beta 1 / Beta 1（一阶动量）"""
    decay_rate: float = Field(default=-0.8, ge=-2, lt=0)
    """The average of the squared gradient remembers 1 - step^decay_rate.
    中文: 梯度二阶矩的衰减系数为 1 - 步数^decay_rate。
    Label: Decay rate / 衰减指数"""
    clip_threshold: float = Field(default=1.0, ge=1)
    """Larger updates (root mean square) are shortened to this, before the rate.
    中文: 更新量（均方根）超过此值时会被缩短，再乘以学习率。
    Label: Update clipping / 更新裁剪阈值"""
    scale_parameter: bool = False
    """Multiplies the rate with the size of each tensor (root mean square, at least 0.001). A fresh LoRA's second matrix
    is zero and then starts very slowly.
    中文: 把学习率乘以每个张量的均方根（至少 0.001）。刚初始化的 LoRA 有一个全零矩阵，这会让它起步很慢。
    Label: Scale by parameter size / 按参数大小缩放"""

    def build(self, groups: "list[dict[str, Any]]") -> "torch.optim.Optimizer":
        """With the given rate instead of Adafactor's own schedule."""
        from transformers import Adafactor as Implementation

        return Implementation(
            groups,
            lr=self.lr,
            beta1=self.beta1,
            decay_rate=self.decay_rate,
            clip_threshold=self.clip_threshold,
            weight_decay=self.weight_decay,
            scale_parameter=self.scale_parameter,
            relative_step=False,
            warmup_init=False,
        )
