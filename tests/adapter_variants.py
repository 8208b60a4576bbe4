"""Every adapter kind, with each of its switches on its own: what the adapters' tests go through."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from danlu.adapters.base import Adapter
from danlu.adapters.ranked import Ranked
from danlu.kit.variants import kinds_of

KINDS = kinds_of(Adapter)
NOT_MATHS = ("text_encoder",)


def _variants() -> dict[str, Adapter]:
    found: dict[str, Adapter] = {}
    for name, kind in KINDS.items():
        # Low enough that no matrix of the layers in these tests is kept whole.
        settings: dict[str, Any] = {"rank": 2, "alpha": 1} if issubclass(kind, Ranked) else {}
        if "unit" in kind.model_fields:
            settings["unit"] = 1
        if kind.takes_convolutions:
            settings["targets"] = "full"
        found[name] = kind(**settings)
        flags = [
            flag
            for flag, field in kind.model_fields.items()
            if field.annotation is bool and not field.default and flag not in NOT_MATHS
        ]
        for flag in flags:
            found[f"{name} {flag}"] = kind(**settings, **{flag: True})
        if "dora" in flags and "tucker" in flags:
            found[f"{name} dora tucker"] = kind(**settings, dora=True, tucker=True)
    return found


VARIANTS = _variants()


def make_layer(
    shape: Sequence[int], *, seed: int = 0, stride: int = 1, dtype: torch.dtype = torch.float32
) -> nn.Module:
    """A linear layer for a shape [out, in], a convolution for [out, in, k, k]."""
    torch.manual_seed(seed)
    if len(shape) == 2:
        return nn.Linear(shape[1], shape[0]).to(dtype).requires_grad_(False)
    layer = nn.Conv2d(shape[1], shape[0], tuple(shape[2:]), stride=stride, padding=shape[2] // 2)
    return layer.to(dtype).requires_grad_(False)


def make_inputs(
    shape: Sequence[int], *, rows: int = 2, seed: int = 1, dtype: torch.dtype = torch.float32
) -> torch.Tensor:
    """Inputs that a layer of this weight shape takes."""
    generator = torch.Generator().manual_seed(seed)
    sides = (rows, 3, shape[1]) if len(shape) == 2 else (rows, shape[1], 5, 4)
    return torch.randn(sides, generator=generator, dtype=dtype)


def disturbed(tensors: dict[str, torch.Tensor], *, seed: int = 7) -> dict[str, torch.Tensor]:
    """The tensors as training might have left them: none of them zero."""
    generator = torch.Generator().manual_seed(seed)
    return {
        name: tensor + 0.3 * torch.randn(tensor.shape, generator=generator).to(tensor.dtype)
        for name, tensor in tensors.items()
    }
