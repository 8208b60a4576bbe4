"""Kinds whose tensors are the changes themselves: ΔW in the weight's shape and, of layers with a bias, Δb."""

from collections.abc import Mapping, Sequence
from math import prod
from typing import TYPE_CHECKING, ClassVar, Self

from danlu.adapters.base import Adapter

if TYPE_CHECKING:
    import torch
    from torch import Tensor


class Difference(Adapter):
    """A change as it is, without anything that makes it smaller."""

    biases: bool = True
    """Train the layers' biases too.
    中文: 同时训练各层的偏置。
    Label: Train biases / 训练偏置"""
    needed: ClassVar[str]
    """The suffix of ΔW in a file; that of Δb may be missing."""

    def for_layer(self, name: str, shape: Sequence[int], *, has_bias: bool = True) -> Self | None:
        """Without a bias where the layer has none."""
        return self if has_bias or not self.biases else self.model_copy(update={"biases": False})

    def start(self, weight: "Tensor", generator: "torch.Generator") -> "dict[str, Tensor]":
        """Zeros, in the weight's memory layout."""
        import torch

        bias = {"bias": torch.zeros(weight.shape[0], device=weight.device)} if self.biases else {}
        return {"weight": torch.zeros_like(weight, dtype=torch.float32), **bias}

    def delta(self, tensors: "Mapping[str, Tensor]", weight: "Tensor") -> "Tensor":
        """ΔW; zero where a file changes the bias alone."""
        if "weight" in tensors:
            return tensors["weight"]
        import torch

        return torch.zeros_like(weight, dtype=torch.float32)

    def bias_delta(self, tensors: "Mapping[str, Tensor]") -> "Tensor | None":
        """Δb."""
        return tensors.get("bias")

    def count(self, weight_shape: Sequence[int]) -> int:
        """As many numbers as the layer has."""
        return prod(weight_shape) + self.biases * weight_shape[0]

    @classmethod
    def from_file(cls, found: "Mapping[str, Tensor]") -> Self | None:
        """Whether there is a Δb; an alpha says nothing."""
        bias = cls.suffixes["bias"]
        is_own = any(cls.is_all_of(found, one) for one in (cls.needed, bias))
        return cls.model_construct(biases=bias in found) if is_own else None
