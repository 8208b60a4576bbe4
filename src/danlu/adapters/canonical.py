"""One form for the layers of all adapter files: the names that kohya's format has for them, whoever wrote the file.

In: tensors as they lie in a file. Out: layers by kohya's name with kohya's and LyCORIS' suffixes, and what was left out
of them. Names are taken apart (`tensor_names`), the family is the one that has most of the layers, and it says what
each is called. No number is changed but by a factor that a program kept apart (`scalar`); the alpha that PEFT keeps in
its settings becomes a tensor.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor

from danlu.adapters.origin import choose_family, context_width, likely_families
from danlu.adapters.peft_settings import PeftSettings
from danlu.adapters.tensor_names import ALPHA, DOWN, MAGNITUDE, OUTPUT_MAGNITUDE, UP, TensorName, read_name
from danlu.families.base import Family
from danlu.kit.errors import UserError
from danlu.kit.language import Text, some_of

Layout = Literal["kohya", "diffusers", "other"]
Place = tuple[str, str]

EMBEDDINGS = Text("embeddings, which are no layers", "嵌入（embedding），不属于任何层")
NO_PLACE = Text("no layer that is adapted has such a name", "没有这样名称的可训练层")
UNREAD = Text("of a kind that isn't read", "其类型无法读取")
EMPTY = Text("of rank 0: there is nothing in them", "rank 为 0，没有内容")
SPARSE = Text("LyCORIS' sparse rests, which aren't read", "LyCORIS 的稀疏残差，无法读取")
_SPARSE = ("bias_indices", "bias_values", "bias_size")
_FACTORS = (UP, "hada_w1_a", "lokr_w1", "lokr_w1_a")
"""Tensors that ΔW is in proportion to, one for each kind."""


@dataclass(frozen=True)
class LeftOut:
    """What a file holds that isn't taken, by names in the file."""

    names: tuple[str, ...]
    why: Text

    @property
    def text(self) -> Text:
        """One line for people."""
        named = some_of(self.names)
        return Text(
            f"{len(self.names)} left out, {self.why.en}: {named.en}.",
            f"已略去 {len(self.names)} 项（{self.why.zh}）：{named.zh}。",
        )


@dataclass
class Canonical:
    """A file's layers in their one form."""

    layout: Layout
    layers: dict[str, dict[str, Tensor]] = field(default_factory=dict[str, dict[str, Tensor]])
    left_out: dict[Text, list[str]] = field(default_factory=dict[Text, list[str]])
    strange: int = 0
    """How many of the layers the released bases don't have."""

    def leave_out(self, why: Text, name: str) -> None:
        """Note that something isn't taken."""
        self.left_out.setdefault(why, []).append(name)


def read_layers(
    tensors: Mapping[str, Tensor],
    metadata: Mapping[str, str],
    path: Path,
    *,
    is_readable: Callable[[Mapping[str, Tensor]], bool],
) -> Canonical:
    """The layers of a file; those whose tensors aren't `is_readable` are left out. Raises `UserError` for a file that
    names a layer twice, or whose settings are broken.
    """
    names = {key: read_name(key) for key in tensors}
    placed: dict[Place, dict[str, Tensor]] = {}
    calls: dict[Place, TensorName] = {}
    found = Canonical(_layout_of(names))
    for key, name in names.items():
        if name.component is None:
            embedding = name.layer.startswith("bundle_emb")
            found.leave_out(EMBEDDINGS if embedding else NO_PLACE, key if embedding else name.layer)
            continue
        place = (name.component, name.path)
        calls.setdefault(place, name)
        if name.suffix in placed.setdefault(place, {}):
            raise _twice(path, name.layer)
        placed[place][name.suffix] = tensors[key]
    settings = PeftSettings.read(metadata, path)
    family = _family_in(placed, calls, metadata)
    naming = _Naming(family)
    for place, layer in placed.items():
        call = calls[place]
        canonical = naming.name(*place)
        if canonical is None:
            found.leave_out(NO_PLACE, call.layer)
            continue
        kept = _tidy(layer, call.layer, found)
        if call.dotted and kept.keys() >= {DOWN, UP} and ALPHA not in kept and kept[DOWN].shape[0]:
            kept |= settings.alpha_tensor(*place, rank=kept[DOWN].shape[0])
        if any(tensor.numel() == 0 for tensor in kept.values()):
            found.leave_out(EMPTY, call.layer)
        elif not is_readable(kept):
            found.leave_out(UNREAD, call.layer)
        elif canonical in found.layers:
            raise _twice(path, call.layer)
        else:
            found.layers[canonical] = kept
            found.strange += family.layer_path(*place) is None
    found.left_out = {why: list(dict.fromkeys(told)) for why, told in found.left_out.items()}
    return found


class _Naming:
    """What a family calls layers."""

    def __init__(self, family: type[Family]) -> None:
        self.family = family
        blocks, prefixes = family.usual_blocks, family.adapter_prefixes
        self.names = {component: family.adapter_naming(blocks, component) for component in prefixes}

    def name(self, component: str, path: str) -> str | None:
        """kohya's name of a layer, also of one that the released bases don't have: the base at hand may; None if the
        family has no such component.
        """
        if component not in self.names:
            return None
        own = self.family.layer_path(component, path)
        try:
            if own is not None or component == "unet":
                return self.names[component](own or path)
        except KeyError:
            pass
        return self.family.adapter_prefixes[component] + path.replace(".", "_")


def _family_in(
    placed: Mapping[Place, Mapping[str, Tensor]], calls: Mapping[Place, TensorName], metadata: Mapping[str, str]
) -> type[Family]:
    """The family that has most of the layers; of several, the one that metadata or widths tell, or that calls most of
    them as the file does.
    """
    likely = likely_families(placed.keys())
    told = choose_family(likely, metadata, context_width({path: layer for (_, path), layer in placed.items()}))
    return told or max(likely, key=lambda family: _agreement(_Naming(family), calls))


def _agreement(naming: _Naming, calls: Mapping[Place, TensorName]) -> int:
    return sum(naming.name(*place) == call.layer for place, call in calls.items())


def _tidy(layer: Mapping[str, Tensor], name: str, found: Canonical) -> dict[str, Tensor]:
    """One layer's tensors in the form that kinds know."""
    kept = {suffix: tensor for suffix, tensor in layer.items() if suffix not in _SPARSE}
    if bool(layer.get("bias_values", torch.zeros(1)).any()):
        found.leave_out(SPARSE, name)
    shape = kept.get("reshape_weight")
    if shape is not None and UP in kept and shape.tolist()[:1] == [kept[UP].shape[0]]:
        del kept["reshape_weight"]  # the sides of the weight as they are
    scalar = kept.pop("scalar", None)
    if scalar is not None:
        scaled = next((suffix for suffix in _FACTORS if suffix in kept), None)
        kept |= {scaled: kept[scaled].float() * scalar.float()} if scaled else {"scalar": scalar}
    vector = kept.pop(OUTPUT_MAGNITUDE, None)
    if vector is not None and DOWN in kept:
        kept[MAGNITUDE] = vector.reshape(-1, *(1 for _ in kept[DOWN].shape[1:]))
    elif vector is not None:
        kept[OUTPUT_MAGNITUDE] = vector
    return kept


def _layout_of(names: Mapping[str, TensorName]) -> Layout:
    """Whose words the names are, as a whole."""
    placed = {key: name for key, name in names.items() if name.component is not None}
    if all(not name.dotted and key == f"{name.layer}.{name.suffix}" for key, name in placed.items()):
        return "kohya" if _are_canonical(placed.values()) else "other"
    return "diffusers" if all(key == _as_peft(name) for key, name in placed.items()) else "other"


def _as_peft(name: TensorName) -> str:
    """What PEFT calls a tensor today."""
    inner = name.path if name.component == "unet" else f"text_model.{name.path}"
    side = {DOWN: "lora_A", UP: "lora_B"}.get(name.suffix)
    return f"{name.component}.{inner}.{side}.weight"


def _are_canonical(names: Collection[TensorName]) -> bool:
    """Whether some family calls all layers so."""
    calls = {(name.component, name.path): name for name in names if name.component is not None}
    likely = likely_families(calls.keys())
    return any(_agreement(_Naming(family), calls) == len(calls) for family in likely)


def _twice(path: Path, layer: str) -> UserError:
    return UserError(
        f"'{path}' holds layer '{layer}' twice, under two names, so that programs take one or the other: merge what it "
        "was made from once more.",
        f"“{path}”以两个名称重复包含层“{layer}”，不同软件会取其中不同的一个：请用原来的文件重新合并。",
    )
