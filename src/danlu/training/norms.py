"""The largest norm of a layer's change: what grows beyond it is shortened after each step (kohya's scale_weight_norms).

With n = ‖ΔW‖_F (the scale α/r worked in) and the limit M, ΔW becomes ΔW · M / max(n, M). Where ΔW is a product of k
tensors, each of them is multiplied by the k-th root of that, so that none grows at the cost of another. Where n ≤ M the
factor is exactly 1, and not a bit changes. Nothing is read on the host. Norm layers trained along (`adapter.norms`) are
no such products: as in LyCORIS, they are left alone.
"""

from collections.abc import Mapping
from typing import cast

import torch
from torch import Tensor

from danlu.adapters.base import Adapter
from danlu.adapters.injection import Injection
from danlu.adapters.layers import original


class NormLimit:
    """Keeps the changes of an injected adapter's layers within a norm."""

    def __init__(self, injection: Injection, largest: float) -> None:
        self.layers = [layer for layer in injection.layers.values() if layer.adapter.is_product]
        self.largest = largest

    @torch.no_grad()
    def apply(self) -> None:
        """Shorten what is longer."""
        for layer in self.layers:
            tensors = dict(layer.tensors.items())
            norm = change_norm(layer.adapter, tensors, cast(Tensor, original(layer).weight))
            share = (self.largest / norm.clamp_min(self.largest)) ** (1 / len(tensors))
            torch._foreach_mul_(list(tensors.values()), share)  # pyright: ignore[reportPrivateUsage]


def change_norm(adapter: Adapter, tensors: Mapping[str, Tensor], weight: Tensor) -> Tensor:
    """‖ΔW‖_F of a layer, a tensor without sides."""
    factors = adapter.factors(tensors)
    return (
        torch.linalg.vector_norm(adapter.delta(tensors, weight)) if factors is None else factors.squared_norm().sqrt()
    )
