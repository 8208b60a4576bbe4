"""Schedule-Free AdamW: an average of the steps replaces the falling rate (Defazio et al., 2024), from
`pytorch-optimizer`.

Training runs at y = (1-β1)·z + β1·x, where z are the steps and x is their average; x is what is saved and drawn.
"""

from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar, Literal, cast

from pydantic import Field

from danlu.optimizers.base import Optimizer

if TYPE_CHECKING:
    import torch
    from pytorch_optimizer.optimizer import ScheduleFreeAdamW as Implementation


class ScheduleFreeAdamW(Optimizer):
    """AdamW that needs no schedule (set schedule.kind to constant): good wherever the run is stopped.

    中文: 不需要学习率计划的 AdamW（请把 schedule.kind 设为 constant）：在任何一步停下都是好结果。
    """

    averages: ClassVar[bool] = True

    kind: Literal["schedulefree_adamw"] = "schedulefree_adamw"
    lr: float = Field(default=3e-4, gt=0, le=0.1)
    """Learning rate of the U-Net's adapter (unet_lr); 1 to 10 times what AdamW would take.
    中文: U-Net 部分的学习率（unet_lr）；为 AdamW 的 1 到 10 倍。
    Label: Learning rate (U-Net) / 学习率（U-Net）"""
    beta1: float = Field(default=0.9, gt=0, lt=1)
    """Where between the last step (0) and the average (1) the gradient is taken.
    中文: 在最新一步（0）与平均值（1）之间的哪个位置计算梯度。
    Label: Beta 1 / Beta 1（一阶动量）"""
    beta2: float = Field(default=0.99, ge=0, lt=1)
    """How long the average of the squared gradient remembers.
    中文: 梯度二阶矩的衰减系数。
    Label: Beta 2 / Beta 2（二阶动量）"""
    eps: float = Field(default=1e-8, gt=0)
    """Keeps the division by the gradient's size from overflowing.
    中文: 防止除零的小量。
    Label: Epsilon / Epsilon（稳定项）"""

    def build(self, groups: "list[dict[str, Any]]") -> "torch.optim.Optimizer":
        """Steps during warm-up count less in the average, by the square of their rate."""
        from pytorch_optimizer.optimizer import ScheduleFreeAdamW as Implementation

        return Implementation(
            groups, lr=self.lr, betas=(self.beta1, self.beta2), eps=self.eps, weight_decay=self.weight_decay
        )

    @contextmanager
    def averaged(self, optimizer: "torch.optim.Optimizer") -> Generator[None]:
        """The average x in the parameters' place.

        The weights of training are put back from a copy: the library's way back, y from x and z, rounds.
        """
        import torch

        parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
        training = [parameter.detach().clone() for parameter in parameters]
        with torch.no_grad():
            cast("Implementation", optimizer).eval()
        try:
            yield
        finally:
            for group in optimizer.param_groups:
                group["train_mode"] = True
            with torch.no_grad():
                for parameter, kept in zip(parameters, training, strict=True):
                    parameter.copy_(kept)
