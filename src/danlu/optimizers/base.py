"""What an optimizer kind is: settings, and how to build it over parameter groups."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic import Field

from danlu.kit.variants import Variant

if TYPE_CHECKING:
    import torch


class Optimizer(Variant, ABC):
    """How the adapter's weights follow the gradient. One file in `kinds/` each."""

    lr: float = Field(gt=0)
    """Learning rate of the U-Net's adapter (unet_lr).
    中文: U-Net 部分的学习率（unet_lr）。"""
    text_encoder_lr: float | None = Field(default=None, gt=0)
    """Learning rate of the text encoders' adapter; empty means the same as `lr`.
    中文: 文本编码器部分的学习率；留空表示与 lr 相同。"""
    weight_decay: float = Field(default=0.01, ge=0)
    """Pulls weights towards zero a little at every step.
    中文: 权重衰减：每一步把权重略微拉向零。"""

    @abstractmethod
    def build(self, groups: "list[dict[str, Any]]") -> "torch.optim.Optimizer":
        """The optimizer over parameter groups, each a dict with `name`, `params` and `lr`."""

    def rates(self, optimizer: "torch.optim.Optimizer") -> Mapping[str, float]:
        """The rate that each group really moves at now, by name (d·lr for adaptive optimizers)."""
        return {str(group["name"]): float(group["lr"]) for group in optimizer.param_groups}

    def rate_of(self, component: str) -> float:
        """The settled rate of a component."""
        return self.text_encoder_lr if component.startswith("text_encoder") and self.text_encoder_lr else self.lr
