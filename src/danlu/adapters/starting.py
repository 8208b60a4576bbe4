"""An adapter that begins where a finished one ended: the tensors of a recipe's layer from those of a file, same ΔW.

    product of thin matrices (lora, locon, dylora)   B' = B · s_file / s, A' = A; a smaller rank by the largest singular
                                                     values (`algebra`), a larger one by rows that add nothing yet
    loha, lokr                                       the same tensors, the scale worked into one of them; larger ranks
    all others                                       the same tensors

What is added for a larger rank is zero on one side, so that ΔW stays exact, and fresh on the other, so that it learns.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from danlu.adapters.algebra import Factors, spectrum_of_factors
from danlu.adapters.base import Adapter
from danlu.adapters.changes import magnitude
from danlu.adapters.files import AdapterFile, own_tensors, settings_in
from danlu.adapters.kinds.dylora import DyLoRA
from danlu.adapters.kinds.ia3 import IA3
from danlu.adapters.kinds.lokr import LoKr
from danlu.adapters.ranked import Decomposable, Factored, Ranked
from danlu.kit.language import Text
from danlu.kit.variants import kind_name

QUIET = ("up", "a1", "mid", "t1", "t2")
"""Tensors whose added part is zero, so that what a larger rank adds changes nothing."""
PRODUCTS = (Factored, DyLoRA)


class OtherKindError(Exception):
    """A layer of a file that can't become one of the recipe's; says why, and what to do."""

    def __init__(self, why: Text) -> None:
        self.why = why
        super().__init__(why.en)


@dataclass
class Start:
    """A file to begin from, and what became of its layers."""

    file: AdapterFile
    settings: Mapping[str, Adapter]
    cut: dict[str, float] = field(default_factory=dict[str, float])
    """Layers that were cut to a smaller rank, and the share of ‖ΔW‖ that each keeps."""

    @classmethod
    def of(cls, file: AdapterFile) -> "Start":
        """Of a file that was read."""
        return cls(file, settings_in(file))

    def tensors(self, name: str, own: Adapter, weight: Tensor, fresh: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The tensors of one layer of the recipe: `fresh`, with the file's change in them if it has the layer. Raises
        `OtherKindError`.
        """
        found = self.settings.get(name)
        if found is None:
            return dict(fresh)
        given = own_tensors(found, self.file.layers[name])
        given.pop("bias", None) if isinstance(found, Decomposable) else None
        require_kin(own, found, given, tuple(weight.shape))
        if isinstance(own, PRODUCTS) and "mid" not in fresh:
            made = self._product(name, own, found, given)
        else:
            made = _rescaled(own, found, given)
        made = {key: _grown(tensor, fresh[key], key) for key, tensor in made.items() if key in fresh}
        if "magnitude" in fresh and "magnitude" not in given:
            change = found.delta(given, weight.float())
            made["magnitude"] = magnitude(weight.float() + change)
        return {**fresh, **made}

    def _product(self, name: str, own: Adapter, found: Adapter, given: Mapping[str, Tensor]) -> dict[str, Tensor]:
        assert isinstance(own, Ranked)
        thin = found.factors({key: one for key, one in given.items() if key != "magnitude"})
        assert thin is not None
        if thin.rank > own.rank:
            spectrum = spectrum_of_factors(thin)
            self.cut[name] = spectrum.norm(own.rank) / (spectrum.norm() or 1.0)
            thin = spectrum.cut(own.rank)
        else:  # A as it was, B with the scale
            thin = Factors(thin.up, thin.down)
        kept = {"magnitude": given["magnitude"]} if "magnitude" in given else {}
        return {"down": thin.down, "up": thin.up / own.scale, **kept}


def require_kin(own: Adapter, found: Adapter, given: Mapping[str, Tensor], shape: tuple[int, ...]) -> None:
    """Raise `OtherKindError` unless a layer's tensors can go on as those of the recipe's settings, by their shapes."""
    kinds = kind_name(type(own)), kind_name(type(found))
    if type(own) is not type(found) and not (isinstance(own, PRODUCTS) and isinstance(found, Factored)):
        raise _other(f"kind '{kinds[1]}'", f"类型“{kinds[1]}”", f'adapter.kind = "{kinds[1]}"')
    if "magnitude" in given and not (isinstance(own, Decomposable) and own.dora):
        raise _other("a magnitude (DoRA)", "幅值（DoRA）", "adapter.dora = true")
    if "magnitude" in given and given["magnitude"].shape[:2] != (1, shape[1]):
        raise OtherKindError(
            Text(
                "its DoRA magnitudes are by output, and Danlu trains them by input: make it a plain LoRA first, by "
                "`danlu resize` with --rank and --base",
                "其 DoRA 幅值按输出通道计算，而丹炉按输入通道训练：请先用 `danlu resize`（加 --rank 与 --base）"
                "转为普通 LoRA",
            )
        )
    if isinstance(own, IA3) and isinstance(found, IA3) and bool(own.on_input) != bool(found.on_input):
        raise _other("channels scaled on the other side", "另一侧的通道缩放", "adapter.on_input")
    if "rescale" in given and not getattr(own, "rescale", False):
        raise _other("lengths (rescale)", "长度（rescale）", "adapter.rescale = true")
    if isinstance(own, PRODUCTS) and not getattr(own, "tucker", False):
        return
    for key, sides in _shapes_of(own, shape).items():
        if key == "magnitude":
            continue
        if key not in given or not _fits_in(tuple(given[key].shape), sides, own):
            held = " × ".join(map(str, given[key].shape)) if key in given else "-"
            raise OtherKindError(
                Text(
                    f"its '{key}' is {held} where adapter asks for {' × '.join(map(str, sides))}: set adapter's rank, "
                    "factor and other sizes as that file has them (`danlu inspect` shows them)",
                    f"其“{key}”为 {held}，而 adapter 要求 {' × '.join(map(str, sides))}：请按该文件设置 adapter 的 "
                    "rank、factor 等（可用 `danlu inspect` 查看）",
                )
            )


def _shapes_of(own: Adapter, shape: tuple[int, ...]) -> dict[str, tuple[int, ...]]:
    """The shapes of a layer's tensors that a file must have."""
    weight = torch.empty(shape, device="meta")
    if isinstance(own, Decomposable):
        return own.shapes(shape)
    optional = ("rescale", "bias", "weight")
    with torch.device("meta"):
        made = own.start(weight, torch.Generator("cpu"))
    return {key: tuple(tensor.shape) for key, tensor in made.items() if key not in optional}


def _fits_in(given: tuple[int, ...], sides: tuple[int, ...], own: Adapter) -> bool:
    """Whether a tensor is of these sides, or of smaller ones that a rank may add to."""
    if len(given) != len(sides):
        return len([side for side in given if side != 1]) == len([side for side in sides if side != 1])
    rank = own.rank if isinstance(own, Ranked) else None
    return all(one == other or one < other == rank for one, other in zip(given, sides, strict=True))


def _rescaled(own: Adapter, found: Adapter, given: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A file's tensors with what the recipe's scale differs worked in."""
    made = dict(given)
    if isinstance(own, LoKr) and not {"a1", "a2"} & made.keys():
        return made  # both matrices whole: no scale
    if isinstance(own, Ranked) and isinstance(found, Ranked):
        scaled = next(key for key in ("up", "a1", "w1") if key in made)
        made[scaled] = made[scaled] * (found.scale / own.scale)
    if hasattr(found, "constraint") and "blocks" in made:
        limited = found.to_file(made, torch.float32)
        made["blocks"] = limited["oft_blocks"]
    return made


def _grown(tensor: Tensor, fresh: Tensor, key: str) -> Tensor:
    """A tensor in the sides that the recipe asks for."""
    if tensor.numel() == fresh.numel():
        return tensor.reshape(fresh.shape)
    whole = torch.zeros_like(fresh) if key in QUIET else fresh.clone()
    tensor = (
        tensor.reshape(*tensor.shape, *(1 for _ in fresh.shape[tensor.ndim :])) if tensor.ndim < fresh.ndim else tensor
    )
    whole[tuple(slice(side) for side in tensor.shape)] = tensor
    return whole


def _other(en: str, zh: str, setting: str) -> OtherKindError:
    return OtherKindError(
        Text(
            f"it holds {en}, which this recipe doesn't train: set {setting}",
            f"其中含有{zh}，而此配方不训练它：请设置 {setting}",
        )
    )
