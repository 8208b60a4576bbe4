"""LoHa: the change of a weight is the elementwise product of two low-rank ones (Hyeon-Woo et al., FedPara, 2022).

ΔW = (α/r) · (A₁ B₁) ⊙ (A₂ B₂), with A [out, r] and B [r, in·k·k]: of rank up to r². With `tucker`, each of the two is
Σ_pq A[p, o] · T[p, q, …] · B[q, i], with T [r, r, k, k]. Files as LyCORIS writes them.
"""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, Literal, Self

from danlu.adapters.base import Network
from danlu.adapters.ranked import Convolving, alpha_in

if TYPE_CHECKING:
    import torch
    from torch import Tensor

DEVIATIONS = {"a1": 0.1, "b1": 1.0, "a2": 0.0, "b2": 1.0, "t1": 0.1, "t2": 0.1}
"""How far each tensor is spread at the start; A₂ is zero, so that ΔW is."""


class LoHa(Convolving):
    """More expression from as small a file: a product of two LoRAs. Gentle with styles; ranks of 4-16 are enough.

    中文: 以同样小的文件表达更多：两个 LoRA 的乘积。适合画风，rank 4-16 足够。
    """

    kind: Literal["loha"] = "loha"
    suffixes: ClassVar[Mapping[str, str]] = {
        "a1": "hada_w1_a",
        "b1": "hada_w1_b",
        "a2": "hada_w2_a",
        "b2": "hada_w2_b",
        "t1": "hada_t1",
        "t2": "hada_t2",
        "magnitude": "dora_scale",
        "bias": "diff_b",
    }
    up_side: ClassVar[frozenset[str]] = frozenset({"a1", "a2"})

    def shapes(self, shape: Sequence[int]) -> dict[str, tuple[int, ...]]:
        """A and B twice, with Tucker also T."""
        if self.uses_tucker(shape):
            one = {"t": (self.rank, self.rank, *shape[2:]), "a": (self.rank, shape[0]), "b": (self.rank, shape[1])}
        else:
            one = {"a": (shape[0], self.rank), "b": (self.rank, math.prod(shape[1:]))}
        return {f"{name}{number}": sides for number in (1, 2) for name, sides in one.items()}

    def fresh(self, shape: Sequence[int], generator: "torch.Generator") -> "dict[str, Tensor]":
        """Normal, A₂ zero."""
        from danlu.adapters.changes import normal_start

        shapes = self.shapes(shape).items()
        return {name: normal_start(sides, generator, DEVIATIONS[name]) for name, sides in shapes}

    def change(self, tensors: "Mapping[str, Tensor]", shape: Sequence[int]) -> "Tensor":
        """(α/r) · (A₁ B₁) ⊙ (A₂ B₂)."""
        if "t1" in tensors:
            from danlu.adapters.changes import tucker

            one, two = (tucker(tensors[f"t{n}"], tensors[f"a{n}"], tensors[f"b{n}"]) for n in (1, 2))
        else:
            one, two = (tensors[f"a{n}"] @ tensors[f"b{n}"] for n in (1, 2))
        return (one * two * self.scale).reshape(tuple(shape))

    @classmethod
    def from_file(cls, found: "Mapping[str, Tensor]") -> Self | None:
        """Rank from B₁'s rows."""
        if not cls.is_all_of(found, "hada_w1_a", "hada_w1_b", "hada_w2_a", "hada_w2_b"):
            return None
        return cls.model_construct(
            rank=found["hada_w1_b"].shape[0],
            alpha=alpha_in(found),
            tucker="hada_t1" in found,
            dora="dora_scale" in found,
        )

    def network(self) -> Network:
        """LyCORIS."""
        return super().network().having({"algo": "loha"})
