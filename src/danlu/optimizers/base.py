"""What an optimizer kind is: settings, and how to build it over parameter groups.

In: parameter groups (one per trained component, each with its rate). Out: a `torch.optim.Optimizer`, the rates that it
really moves at, and, where a kind averages its steps, the weights to save and to draw with.
"""

from abc import ABC, abstractmethod
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field, model_validator

from danlu.kit.language import Text
from danlu.kit.variants import Variant

if TYPE_CHECKING:
    import torch


class Optimizer(Variant, ABC):
    """How the adapter's weights follow the gradient. One file in `kinds/` each."""

    averages: ClassVar[bool] = False
    """Whether it averages its own steps: then it wants a constant rate, and no second average over it."""

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

    def notice(self, device: str) -> Text | None:
        """What the user must know of this choice on a device before anything is loaded; None if nothing.

        Raises `UserError` if the choice can't work there.
        """
        return None

    def rates(self, optimizer: "torch.optim.Optimizer") -> Mapping[str, float]:
        """The rate that each group really moves at now, by name (d·lr for adaptive optimizers)."""
        return {str(group["name"]): float(group["lr"]) for group in optimizer.param_groups}

    @contextmanager
    def averaged(self, optimizer: "torch.optim.Optimizer") -> Generator[None]:
        """While it lasts, the parameters hold the weights that are meant for use; then, bit by bit, those that training
        goes on from. The same ones, unless the kind averages its steps.
        """
        yield

    def restore(self, optimizer: "torch.optim.Optimizer", state: "Mapping[str, Any]") -> None:
        """Take up a saved state. Tensors that a kind keeps in its groups (torch moves only those of parameters) go to
        the device of the parameters.
        """
        import torch

        optimizer.load_state_dict(dict(state))
        for group in optimizer.param_groups:
            for key, value in group.items():
                if isinstance(value, torch.Tensor):
                    group[key] = value.to(group["params"][0].device)

    def rate_of(self, component: str) -> float:
        """The settled rate of a component."""
        return self.text_encoder_lr if component.startswith("text_encoder") and self.text_encoder_lr else self.lr


class SelfTuningOptimizer(Optimizer, ABC):
    """An optimizer that estimates its step size d while it trains, and moves at d·lr."""

    advice: ClassVar[Text]
    """What to do instead of giving another rate."""

    lr: float = 1.0
    """Must be 1: it is multiplied with the step size d that the optimizer estimates.
    中文: 必须为 1：优化器会把它与自己估计的步长 d 相乘。"""
    d0: float = Field(default=1e-6, gt=0)
    """The first guess of the step size d; too small costs a few steps, too large can't be taken back.
    中文: 步长 d 的初始值；过小只会多花几步，过大则无法收回。"""

    @model_validator(mode="after")
    def _rates_are_one(self) -> "SelfTuningOptimizer":
        for name, rate in (("lr", self.lr), ("text_encoder_lr", self.text_encoder_lr)):
            if rate not in (None, 1.0):
                raise ValueError(
                    f"{type(self).__name__} finds the rate by itself, so {name} must be 1, not {rate:g}; "
                    f"{self.advice.en}.|{type(self).__name__} 会自动寻找学习率，{name} 必须为 1，而不是 {rate:g}；"
                    f"{self.advice.zh}。"
                )
        return self

    def rates(self, optimizer: "torch.optim.Optimizer") -> Mapping[str, float]:
        """d·lr."""
        return {str(group["name"]): float(group["d"]) * float(group["lr"]) for group in optimizer.param_groups}
