"""AdamW with its averages in 8 bits (Dettmers et al., 2022), from `bitsandbytes`: CUDA only, elsewhere AdamW."""

import importlib
import importlib.util
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from danlu.kit.errors import UserError
from danlu.kit.language import Text
from danlu.optimizers.base import Optimizer

if TYPE_CHECKING:
    import torch


SMALLEST, BLOCK = 4096, 256
"""bitsandbytes': how many numbers a tensor must have for 8 bits, and how many of them share a scale."""


class AdamW8bit(Optimizer):
    """AdamW at a quarter of its memory, on NVIDIA GPUs. Elsewhere plain AdamW is used, and the run says so.

    中文: 显存占用为 AdamW 四分之一的版本，仅用于 NVIDIA 显卡。其他设备上改用普通 AdamW，并给出提示。
    """

    kind: Literal["adamw8bit"] = "adamw8bit"
    lr: float = Field(default=1e-4, gt=0, le=0.1)
    """Learning rate of the U-Net's adapter (unet_lr); the same as for AdamW.
    中文: U-Net 部分的学习率（unet_lr）；与 AdamW 相同。
    Label: Learning rate (U-Net) / 学习率（U-Net）"""
    beta1: float = Field(default=0.9, ge=0, lt=1)
    """How long the average of the gradient remembers.
    中文: 梯度一阶矩的衰减系数。
    Label: Beta 1 / Beta 1（一阶动量）"""
    beta2: float = Field(default=0.99, ge=0, lt=1)
    """How long the average of the squared gradient remembers.
    中文: 梯度二阶矩的衰减系数。
    Label: Beta 2 / Beta 2（二阶动量）"""
    eps: float = Field(default=1e-8, gt=0)
    """Keeps the division by the gradient's size from overflowing.
    中文: 防止除零的小量。
    Label: Epsilon / Epsilon（稳定项）"""

    def notice(self, device: str) -> Text | None:
        """On CUDA nothing, or a `UserError` without bitsandbytes; elsewhere that AdamW is used."""
        if not device.startswith("cuda"):
            return Text(
                f"optimizer.kind 'adamw8bit' needs an NVIDIA GPU; on '{device}' this run uses AdamW with the same "
                "settings. Choose 'lion' or 'adafactor' to save memory here.",
                f"optimizer.kind“adamw8bit”需要 NVIDIA 显卡；在“{device}”上本次训练以相同设置使用 AdamW。"
                "若要在此节省内存，请选择“lion”或“adafactor”。",
            )
        if importlib.util.find_spec("bitsandbytes") is None:
            raise UserError(
                "optimizer.kind 'adamw8bit' needs the bitsandbytes library: install it with `pip install "
                "bitsandbytes`, or choose 'adamw'.",
                "optimizer.kind“adamw8bit”需要 bitsandbytes 库：请运行 `pip install bitsandbytes`，或选择“adamw”。",
            )
        return None

    def state_bytes(self, numbers: int, device: str) -> int | None:
        """On CUDA two bytes a number, and two float32 a block; small tensors stay as with AdamW."""
        if not device.startswith("cuda"):
            return None
        return 8 * numbers if numbers < SMALLEST else 2 * numbers + 8 * -(-numbers // BLOCK)

    def build(self, groups: "list[dict[str, Any]]") -> "torch.optim.Optimizer":
        """bitsandbytes' AdamW8bit for parameters on CUDA, else torch.optim.AdamW."""
        import torch

        settings: dict[str, Any] = {
            "lr": self.lr,
            "betas": (self.beta1, self.beta2),
            "eps": self.eps,
            "weight_decay": self.weight_decay,
        }
        if groups[0]["params"][0].device.type != "cuda":
            return torch.optim.AdamW(groups, **settings, fused=True)
        return importlib.import_module("bitsandbytes.optim").AdamW8bit(groups, **settings)
