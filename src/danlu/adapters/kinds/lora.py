"""LoRA: the change of a weight is a product of two thin matrices (Hu et al., 2021).

y = W x + (α/r) · B (A x), with A [r, in], B [out, r]; A starts Kaiming-uniform, B at zero. For convolutions A takes
the layer's kernel, stride and padding, and B is 1×1.
"""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, Literal, cast

from danlu.adapters.base import Adapter

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn


class LoRA(Adapter):
    """The standard: small files, loads everywhere, right for characters, styles and things alike.

    中文: 标准 LoRA：文件小、到处可用，适合角色、画风和物品。
    """

    kind: Literal["lora"] = "lora"
    suffixes: ClassVar[Mapping[str, str]] = {"down": "lora_down.weight", "up": "lora_up.weight"}

    def start(self, layer: "nn.Module", generator: "torch.Generator") -> "dict[str, Tensor]":
        """A: Kaiming-uniform with a = √5 (bound 1/√fan_in); B: zero."""
        import torch

        weight = cast("Tensor", layer.weight)
        down = torch.empty(self.rank, *weight.shape[1:])
        bound = 1 / math.sqrt(down[0].numel())
        down.uniform_(-bound, bound, generator=generator)
        up = torch.zeros(weight.shape[0], self.rank, *(1 for _ in weight.shape[2:]))
        return {"down": down, "up": up}

    def output(self, tensors: "Mapping[str, Tensor]", inputs: "Tensor", layer: "nn.Module") -> "Tensor":
        """(α/r) · B (A x)."""
        from torch.nn import Conv2d, functional

        down = tensors["down"].to(inputs.dtype)
        up = (tensors["up"] * self.scale).to(inputs.dtype)
        if isinstance(layer, Conv2d):
            thin = functional.conv2d(inputs, down, None, layer.stride, layer.padding, layer.dilation)
            return functional.conv2d(thin, up)
        return functional.linear(functional.linear(inputs, down), up)

    def delta(self, tensors: "Mapping[str, Tensor]") -> "Tensor":
        """ΔW[o, i, …] = (α/r) · Σ_r B[o, r] · A[r, i, …]."""
        import torch

        down, up = tensors["down"].float(), tensors["up"].float()
        return self.scale * torch.tensordot(up.flatten(1), down, dims=1)

    def count(self, weight_shape: Sequence[int]) -> int:
        """r · (in · kernel + out)."""
        return self.rank * (math.prod(weight_shape[1:]) + weight_shape[0])

    @classmethod
    def read(cls, tensors: "Mapping[str, Tensor]") -> "Adapter | None":
        """Rank from A's rows; a missing alpha means alpha = rank."""
        if not {"lora_down.weight", "lora_up.weight"} <= tensors.keys() or "lora_mid.weight" in tensors:
            return None
        rank = tensors["lora_down.weight"].shape[0]
        alpha = float(tensors["alpha"]) if "alpha" in tensors else None
        return cls(rank=rank, alpha=alpha or None)
