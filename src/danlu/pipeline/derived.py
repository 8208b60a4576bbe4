"""LoRA files made from other files: what merging, resizing and extracting share.

Changes of layers come in one by one, are cut if asked, and are written as one LoRA in kohya's layout. All layers have
the same alpha, the highest rank, also where their ranks differ: diffusers misreads files of kohya's with several
alphas. What comes out tells for each layer how much of ΔW was kept.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor

from danlu.adapters.algebra import Cut, Factors, spectrum_of_change, spectrum_of_factors
from danlu.adapters.files import DTYPES, SavePrecision, damaged
from danlu.adapters.kinds.locon import LoCon
from danlu.kit.errors import UserError
from danlu.kit.language import Text
from danlu.weights.safetensor_files import write_tensors


@dataclass(frozen=True)
class CutLayer:
    """A layer's change after it was cut."""

    factors: Factors
    whole: float
    """‖ΔW‖ before."""
    kept: float
    """‖ΔW‖ after."""

    @property
    def share(self) -> float:
        """How much of ΔW is kept; all of nothing."""
        return self.kept / self.whole if self.whole else 1.0


@dataclass(frozen=True)
class Derived:
    """A file that was written."""

    path: Path
    model_hash: str
    precision: SavePrecision
    layers: Mapping[str, CutLayer]
    norms: int = 0
    """How many norms it changes, kept as they are."""
    left_out: float = 0.0
    """‖Δb‖ of biases, which a LoRA can't hold."""
    notes: Sequence[Text] = ()
    """What of the files isn't in it."""

    @property
    def kept(self) -> float:
        """The share of ΔW that the whole file keeps, norms aside."""
        return kept_share(self.layers.values())

    @property
    def left_out_share(self) -> float:
        """The share of the change that biases are, norms aside."""
        if not self.left_out:
            return 0.0
        return self.left_out / math.hypot(self.left_out, *(one.whole for one in self.layers.values()))

    @property
    def ranks(self) -> list[int]:
        """The ranks that occur, from the lowest."""
        return sorted({layer.factors.rank for layer in self.layers.values()})

    def facts(self) -> dict[str, Any]:
        """For programs."""
        return {
            "path": str(self.path),
            "bytes": self.path.stat().st_size,
            "precision": self.precision,
            "model_hash": self.model_hash,
            "ranks": self.ranks,
            "kept": self.kept,
            "norms": self.norms,
            "left_out_share": self.left_out_share,
            "notes": [str(one) for one in self.notes],
            "layers": {name: {"rank": one.factors.rank, "kept": one.share} for name, one in self.layers.items()},
        }


def kept_share(layers: Iterable[CutLayer]) -> float:
    """√(Σ ‖kept‖² / Σ ‖whole‖²) over layers."""
    listed = list(layers)
    whole = math.hypot(*(one.whole for one in listed))
    return math.hypot(*(one.kept for one in listed)) / whole if whole else 1.0


def cut_change(change: Factors | Tensor, cut: Cut | None) -> CutLayer:
    """Cut a change; thin factors stay as they are where nothing is to be cut off."""
    if isinstance(change, Factors):
        if cut is None or cut.leaves_whole(change):
            norm = change.norm()
            return CutLayer(change, norm, norm)
        spectrum = spectrum_of_factors(change)
    else:
        spectrum = spectrum_of_change(change)
    rank = cut.choose(spectrum.singular) if cut else len(spectrum.singular)
    return CutLayer(spectrum.cut(rank), spectrum.norm(), spectrum.norm(rank))


def write_lora(
    out: Path,
    layers: Mapping[str, CutLayer],
    precision: SavePrecision,
    metadata: Mapping[str, str],
    *,
    norms: Mapping[str, Mapping[str, Tensor]] | None = None,
    left_out: float = 0.0,
) -> Derived:
    """Write the layers, and `norms` as they are. Raises `UserError` if their numbers don't fit the precision."""
    tensors: dict[str, Tensor] = {}
    alpha = max(layer.factors.rank for layer in layers.values())
    for name, layer in layers.items():
        (up, down), rank = layer.factors, layer.factors.rank
        root = math.sqrt(rank / alpha)  # goes to either side, to undo what readers do by alpha/rank
        shaped = {"up": root * up.view(*up.shape, *(1 for _ in down.shape[2:])), "down": root * down}
        found = LoCon.model_construct(rank=rank, alpha=float(alpha)).to_file(shaped, DTYPES[precision])
        tensors |= {f"{name}.{suffix}": tensor for suffix, tensor in found.items()}
    for name, layer in (norms or {}).items():
        tensors |= {f"{name}.{suffix}": tensor.to(DTYPES[precision]) for suffix, tensor in layer.items()}
    for key, tensor in tensors.items():
        if not tensor.isfinite().all():
            name = key.partition(".")[0]
            raise UserError(
                f"layer '{name}' holds numbers too large for {precision}: choose another --precision.",
                f"层“{name}”的数值超出 {precision} 的范围：请用 --precision 选择其他精度。",
            )
    return Derived(out, write_tensors(out, tensors, metadata), precision, layers, len(norms or {}), left_out)


def require_output(out: Path, sources: Sequence[Path]) -> None:
    """Raise `UserError` if what is to be written is no safetensors file, or one that is read."""
    if out.suffix.lower() != ".safetensors":
        raise UserError(
            f"'{out}' must end in .safetensors: give a file name.", f"“{out}”必须以 .safetensors 结尾：请给出文件名。"
        )
    if any(out.resolve() == source.resolve() for source in sources):
        raise UserError(
            f"'{out}' is one of the files that are read: choose another name for the result.",
            f"“{out}”正是要读取的文件之一：请为结果换一个名称。",
        )


def require_finite(change: Factors | Tensor, name: str, source: Path) -> None:
    """Raise `UserError` for a layer with anything but numbers in it."""
    parts = change if isinstance(change, Factors) else (change,)
    if not all(bool(part.isfinite().all()) for part in parts):
        raise damaged(source, name)


def require_rank(cut: Cut | None, largest: int) -> None:
    """Raise `UserError` if more rank is asked for than any layer can have."""
    if cut and cut.rank and cut.rank > largest:
        raise UserError(
            f"--rank {cut.rank} is more than any layer has: at most {largest} makes a difference. Choose less.",
            f"--rank {cut.rank} 超过了所有层的上限：最多 {largest}。请选择更小的值。",
        )


def common_precision(tensors: Iterable[Tensor]) -> SavePrecision:
    """The smallest number format that holds all of the tensors' own."""
    widest: torch.dtype | None = None
    for tensor in tensors:
        if tensor.is_floating_point():
            own = tensor.dtype if tensor.dtype.itemsize > 1 else torch.float16  # holds all numbers of 8 bits
            widest = own if widest is None else torch.promote_types(widest, own)
    names = {dtype: name for name, dtype in DTYPES.items()}
    return cast("SavePrecision", names.get(widest or torch.float32, "fp32"))
