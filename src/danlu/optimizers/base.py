"""What an optimizer kind is: settings, and how to build it over parameter groups.

In: parameter groups (of what is trained at one rate). Out: a `torch.optim.Optimizer`, the rates that it
really moves at, and, where a kind averages its steps, the weights to save and to draw with.
"""

from abc import ABC, abstractmethod
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, ClassVar, Self

from pydantic import Field, model_validator

from danlu.kit.language import Text
from danlu.kit.variants import Variant

if TYPE_CHECKING:
    import torch


class Optimizer(Variant, ABC):
    """How the adapter's weights follow the gradient.
    中文: 优化器：权重如何更新，以及学习率。
    """

    averages: ClassVar[bool] = False
    """Whether it averages its own steps: then it wants a constant rate, and no second average over it."""

    lr: float = Field(gt=0)
    """Learning rate of the U-Net's adapter (unet_lr).
    中文: U-Net 部分的学习率（unet_lr）。
    Label: Learning rate (U-Net) / 学习率（U-Net）"""
    text_encoder_lr: float | None = Field(default=None, gt=0)
    """Learning rate of the text encoders' adapter; empty means the same as `lr`.
    中文: 文本编码器部分的学习率；留空表示与 lr 相同。
    Label: Learning rate (text encoder) / 学习率（文本编码器）"""
    lora_plus: float | None = Field(default=None, gt=0, le=1000)
    """LoRA+: how many times the rate the adapter's up matrices get, those next to a layer's outputs, which want larger
    steps than the down matrices (loraplus_lr_ratio). 16 is usual; empty trains both at the same rate.
    中文: LoRA+：上投影矩阵（靠近层输出的一侧）的学习率倍数（loraplus_lr_ratio）；它们适合比下投影矩阵更大的步幅。
    常用 16；留空表示两者学习率相同。
    Label: LoRA+ factor / LoRA+ 倍率"""
    text_encoder_lora_plus: float | None = Field(default=None, gt=0, le=1000)
    """The same for the text encoders; empty means as `lora_plus`.
    中文: 文本编码器的 LoRA+ 倍数；留空表示与 lora_plus 相同。
    Label: LoRA+ factor (text encoder) / LoRA+ 倍率（文本编码器）"""
    rate_factors: dict[str, float] = Field(default={})
    """Other rates for layers whose name in the adapter file matches a pattern, as factors of the rate that they would
    have, such as {"*_mid_block_*" = 0.5}; the first that matches counts.
    中文: 为名称符合通配符的层单独设置学习率，写成原学习率的倍数，例如 {"*_mid_block_*" = 0.5}；以第一个符合的为准。
    Label: Rates by layer / 分层学习率"""
    weight_decay: float = Field(default=0.01, ge=0)
    """Pulls weights towards zero a little at every step.
    中文: 权重衰减：每一步把权重略微拉向零。
    Label: Weight decay / 权重衰减"""

    @model_validator(mode="after")
    def _factors_are_sane(self) -> Self:
        for pattern, factor in self.rate_factors.items():
            if not 0 < factor <= 1000:
                raise ValueError(
                    f"rate_factors['{pattern}'] must be more than 0 and at most 1000, not {factor:g}: to leave layers "
                    "as they are, put the pattern into adapter.exclude.|"
                    f"rate_factors['{pattern}'] 必须大于 0 且不超过 1000，而不是 {factor:g}：若不想训练这些层，请把该"
                    "通配符写入 adapter.exclude。"
                )
        return self

    @abstractmethod
    def build(self, groups: "list[dict[str, Any]]") -> "torch.optim.Optimizer":
        """The optimizer over parameter groups, each a dict with `name`, `params` and `lr`."""

    def notice(self, device: str) -> Text | None:
        """What the user must know of this choice on a device before anything is loaded; None if nothing.

        Raises `UserError` if the choice can't work there.
        """
        return None

    def state_bytes(self, numbers: int, device: str) -> int | None:
        """What is kept on a device for a tensor of so many numbers; None where a step on the CPU shows it."""
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

    def lora_plus_of(self, component: str) -> float:
        """The settled ratio of a component's up matrices; 1 without LoRA+."""
        own = self.text_encoder_lora_plus if component.startswith("text_encoder") else None
        return own or self.lora_plus or 1.0

    def factor_of(self, layer: str) -> float:
        """The factor of a layer's rate, by its name in the adapter file."""
        return next((factor for pattern, factor in self.rate_factors.items() if fnmatchcase(layer, pattern)), 1.0)


class SelfTuningOptimizer(Optimizer, ABC):
    """An optimizer that estimates its step size d while it trains, and moves at d·lr."""

    advice: ClassVar[Text]
    """What to do instead of giving another rate."""

    lr: float = 1.0
    """Must be 1: it is multiplied with the step size d that the optimizer estimates.
    中文: 必须为 1：优化器会把它与自己估计的步长 d 相乘。
    Label: Learning rate (U-Net) / 学习率（U-Net）"""
    text_encoder_lr: float | None = None
    """Must be 1 or empty: the step size d is found for the text encoders too.
    中文: 必须为 1 或留空：文本编码器同样使用自动估计的步长 d。
    Label: Learning rate (text encoder) / 学习率（文本编码器）"""
    d0: float = Field(default=1e-6, gt=0)
    """The first guess of the step size d; too small costs a few steps, too large can't be taken back.
    中文: 步长 d 的初始值；过小只会多花几步，过大则无法收回。
    Label: First guess of d (d0) / d 的初始值（d0）"""

    @model_validator(mode="after")
    def _rates_are_one(self) -> "SelfTuningOptimizer":
        for name, rate in (("lr", self.lr), ("text_encoder_lr", self.text_encoder_lr)):
            if rate not in (None, 1.0):
                raise ValueError(
                    f"{type(self).__name__} finds the rate by itself, so {name} must be 1, not {rate:g}; "
                    f"{self.advice.en}.|{type(self).__name__} 会自动寻找学习率，{name} 必须为 1，而不是 {rate:g}；"
                    f"{self.advice.zh}。"
                )
        ratios = {"lora_plus": self.lora_plus, "text_encoder_lora_plus": self.text_encoder_lora_plus}
        unequal = [name for name, ratio in ratios.items() if ratio not in (None, 1.0)]
        if any(factor != 1 for factor in self.rate_factors.values()):
            unequal.append("rate_factors")
        if unequal:
            raise ValueError(
                f"{type(self).__name__} estimates one step size for everything that it trains, so that all rates must "
                f"be equal: leave {unequal[0]} out, or choose an optimizer with a given rate, such as 'adamw'.|"
                f"{type(self).__name__} 为全部参数估计同一个步长，所有学习率必须相等：请删去 {unequal[0]}，"
                "或换成“adamw”等直接给定学习率的优化器。"
            )
        return self

    def rates(self, optimizer: "torch.optim.Optimizer") -> Mapping[str, float]:
        """d·lr."""
        return {str(group["name"]): float(group["d"]) * float(group["lr"]) for group in optimizer.param_groups}
