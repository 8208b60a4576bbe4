"""Norms: weight and bias of norm layers (LayerNorm, GroupNorm) are trained as differences, as LyCORIS' train_norm does.

y = (γ + Δγ) · x̂ + (β + Δβ); both start at zero. The other kinds train norms by this one where `norms` is on. In files
`w_norm` and `b_norm`.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Literal, Self

from pydantic import model_validator

from danlu.adapters.base import Network, Preset
from danlu.adapters.differences import Difference


class Norm(Difference):
    """The norm layers alone: some hundred kilobytes that shift colours and mood more than shapes.

    中文: 只训练归一化层：文件仅几百 KB，主要改变色彩与氛围，而非形状。
    """

    kind: Literal["norm"] = "norm"
    targets: Preset = "full"
    """In which blocks: "attention" and "attention+mlp", the transformers; "full", with the convolutions' blocks; "all",
    every norm.
    中文: 训练哪些块中的归一化层："attention" 与 "attention+mlp" 为 Transformer；"full" 再加上卷积块；"all" 为全部。
    Label: Target layers / 训练的层"""
    norms: bool = True
    """Always on: the kind trains nothing else.
    中文: 始终开启：该类型只训练归一化层。
    Label: Train norm layers / 训练归一化层"""
    suffixes: ClassVar[Mapping[str, str]] = {"weight": "w_norm", "bias": "b_norm"}
    needed: ClassVar[str] = "w_norm"

    @model_validator(mode="after")
    def _norms_are_trained(self) -> Self:
        if not self.norms:
            raise ValueError(
                "norms = false leaves kind 'norm' nothing to train: leave it out, or choose another kind.|"
                "norms = false 时“norm”类型没有可训练的内容：请删去，或选择其他类型。"
            )
        return self

    def for_layer(self, name: str, shape: Sequence[int], *, has_bias: bool = True) -> Self | None:
        """Norms only: their weights have one side."""
        return super().for_layer(name, shape, has_bias=has_bias) if len(shape) == 1 else None

    def network(self) -> Network:
        """LyCORIS, with no other layers: of rank 0."""
        args = {"algo": "lora", **self.set_values("module_dropout"), **self.norm_arguments()}
        return Network("lycoris.kohya", args, 0)
