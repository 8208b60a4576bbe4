"""LoKr: the change of a weight is a Kronecker product of a small matrix and a larger, low-rank one (Yeh et al., 2023).

ΔW = s · (W₁ ⊗ W₂), with out = o₁·o₂ and in = i₁·i₂, W₁ [o₁, i₁], W₂ [o₂, i₂(, k, k)], both of them whole or products
A [o, r] · B [r, i(·k·k)]; with `tucker` W₂ = Σ_pq A[p, o₂] · T[p, q, …] · B[q, i₂]. s is α/r, or 1 if both are whole.
Files as LyCORIS writes them.
"""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, Literal, Self

from pydantic import Field

from danlu.adapters.base import Network
from danlu.adapters.factors import split_width
from danlu.adapters.ranked import Convolving, alpha_in

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

    from danlu.adapters.chance import Chance


class LoKr(Convolving):
    """The smallest files: a pattern repeated over each weight. Strong at styles, weaker at fine detail.

    中文: 文件最小：在每个权重上重复同一模式。擅长画风，细节稍弱。
    """

    kind: Literal["lokr"] = "lokr"
    factor: int | None = Field(default=8, ge=1)
    """Size of the smaller matrix: the largest divisors of a layer's width up to this. Larger makes smaller files; empty
    splits each width as evenly as possible.
    中文: 较小矩阵的边长：取层宽度中不超过该值的最大因数。越大文件越小；留空则尽量均分。
    Label: Factor / 分解因子（Factor）"""
    decompose_both: bool = False
    """Make the smaller matrix low-rank too, where that is smaller.
    中文: 在更省的情况下，也将较小的矩阵做低秩分解。
    Label: Decompose both / 同时分解两个矩阵"""
    full_matrix: bool = False
    """Keep the larger matrix whole, whatever the rank. A rank of at least half its size has the same effect.
    中文: 无论 rank 多大都保留完整的较大矩阵；rank 达到其边长的一半时效果相同。
    Label: Full matrix / 完整矩阵"""
    suffixes: ClassVar[Mapping[str, str]] = {
        "w1": "lokr_w1",
        "a1": "lokr_w1_a",
        "b1": "lokr_w1_b",
        "w2": "lokr_w2",
        "a2": "lokr_w2_a",
        "b2": "lokr_w2_b",
        "t2": "lokr_t2",
        "magnitude": "dora_scale",
        "bias": "diff_b",
    }
    up_side: ClassVar[frozenset[str]] = frozenset({"a1", "a2"})

    def largest_rank(self, shape: Sequence[int]) -> int | None:
        """Any rank will do: from half its size on, the larger matrix is whole."""
        return None

    def shapes(self, shape: Sequence[int]) -> dict[str, tuple[int, ...]]:
        """W₁ or its factors, W₂ or its factors."""
        (o1, o2), (i1, i2) = split_width(shape[0], self.factor), split_width(shape[1], self.factor)
        rank, kernel = self.rank, tuple(shape[2:])
        whole = {"w1": (o1, i1)}
        if self.decompose_both and not self.full_matrix and rank < max(o1, i1) / 2:
            whole = {"a1": (o1, rank), "b1": (rank, i1)}
        if self.full_matrix or rank >= max(o2, i2) / 2:
            return {**whole, "w2": (o2, i2, *kernel)}
        if self.uses_tucker(shape):
            return {**whole, "t2": (rank, rank, *kernel), "a2": (rank, o2), "b2": (rank, i2)}
        return {**whole, "a2": (o2, rank), "b2": (rank, i2 * math.prod(kernel))}

    def fresh(self, shape: Sequence[int], generator: "torch.Generator") -> "dict[str, Tensor]":
        """Kaiming-uniform with a = √5; W₂ or its B zero."""
        import torch

        from danlu.adapters.changes import uniform_start

        return {
            name: torch.zeros(sides) if name in ("w2", "b2") else uniform_start(sides, generator)
            for name, sides in self.shapes(shape).items()
        }

    def change(self, tensors: "Mapping[str, Tensor]", shape: Sequence[int]) -> "Tensor":
        """s · (W₁ ⊗ W₂)."""
        import torch

        small, large = _small(tensors) * self._scale_of(tensors), _large(tensors, shape)
        # torch.kron takes views, which a Tucker product's axes don't allow as they lie.
        return torch.kron(small.view(*small.shape, *(1 for _ in shape[2:])), large.contiguous())

    def output(
        self, tensors: "Mapping[str, Tensor]", inputs: "Tensor", layer: "nn.Module", chance: "Chance | None" = None
    ) -> "Tensor":
        """Of linear layers s · W₁ X W₂ᵀ, X being the inputs as [i₁, i₂]; else, and with DoRA or Δb, through ΔW."""
        from torch.nn import Linear, functional

        if not isinstance(layer, Linear) or "magnitude" in tensors or "bias" in tensors:
            return super().output(tensors, inputs, layer, chance)
        small = (_small(tensors) * self._scale_of(tensors)).to(inputs.dtype)
        block = inputs.unflatten(-1, (small.shape[1], -1))
        for name in ("b2", "a2") if "a2" in tensors else ("w2",):
            block = functional.linear(block, tensors[name].to(inputs.dtype))
        added = functional.linear(block.transpose(-1, -2), small).transpose(-1, -2).flatten(-2)
        return added if chance is None else self.drop_out(added, chance)

    def to_file(self, tensors: "Mapping[str, Tensor]", dtype: "torch.dtype") -> "dict[str, Tensor]":
        """With the alpha that fits the scale; if both matrices are whole, readers take no notice of it."""
        import torch

        alpha = torch.tensor(self._scale_of(tensors) * self.rank)
        return {**super().to_file(tensors, dtype), "alpha": alpha}

    @classmethod
    def from_file(cls, found: "Mapping[str, Tensor]") -> Self | None:
        """Rank from the factors; if there are none, the scale is 1."""
        halves = [["lokr_w1"], ["lokr_w1_a", "lokr_w1_b"]], [["lokr_w2"], ["lokr_w2_a", "lokr_w2_b"]]
        chosen = [next((way for way in ways if found.keys() >= set(way)), None) for ways in halves]
        if None in chosen or not cls.is_all_of(found):
            return None
        factor = next((found[name] for name in ("lokr_w1_b", "lokr_w2_b") if name in found), None)
        return cls.model_construct(
            rank=1 if factor is None else factor.shape[0],
            alpha=None if factor is None else alpha_in(found),
            tucker="lokr_t2" in found,
            decompose_both="lokr_w1_a" in found,
            full_matrix="lokr_w2" in found,
            dora="dora_scale" in found,
        )

    def network(self) -> Network:
        """LyCORIS."""
        args = {"algo": "lokr", "factor": self.factor or -1, **self.set_values("decompose_both", "full_matrix")}
        return super().network().having(args)

    def _scale_of(self, tensors: "Mapping[str, Tensor]") -> float:
        return self.scale if "a1" in tensors or "a2" in tensors else 1.0


def _small(tensors: "Mapping[str, Tensor]") -> "Tensor":
    return tensors["w1"] if "w1" in tensors else tensors["a1"] @ tensors["b1"]


def _large(tensors: "Mapping[str, Tensor]", shape: Sequence[int]) -> "Tensor":
    if "w2" in tensors:
        return tensors["w2"]
    if "t2" in tensors:
        from danlu.adapters.changes import tucker

        return tucker(tensors["t2"], tensors["a2"], tensors["b2"])
    product = tensors["a2"] @ tensors["b2"]
    return product.view(product.shape[0], -1, *shape[2:])
