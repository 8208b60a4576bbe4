"""Which layers of a base are adapted, what each is called in an adapter file, and with which settings.

Layers are known by component, path and weight shape alone, so that a plan, which reads only the headers of weight
files, and an injection, which has the modules, choose the same ones.
"""

import re
from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Literal, cast, get_args

from danlu.adapters.base import Adapter, Preset
from danlu.adapters.differences import Difference
from danlu.adapters.kinds.norm import Norm
from danlu.families.base import Base, BaseFacts, Family
from danlu.kit.errors import UserError
from danlu.kit.variants import kinds_of
from danlu.weights.shapes import layer_shapes

if TYPE_CHECKING:
    from torch import Tensor, nn

Component = Literal["unet", "text_encoder", "text_encoder_2"]
COMPONENTS: tuple[Component, ...] = get_args(Component)

INSIDE: dict[Literal["unet", "text_encoder"], dict[Preset, str]] = {
    "unet": {
        "attention": r"\.attn\d+\.to_(q|k|v|out\.0)$",
        "attention+mlp": r"\.attentions\.",
        "full": r"\.(attentions|resnets|downsamplers|upsamplers)\.",
        "all": "",
    },
    "text_encoder": {
        "attention": r"\.layers\.\d+\.self_attn\.",
        "attention+mlp": r"\.layers\.",
        "full": r"\.layers\.",
        "all": r"\.layers\.|\.final_layer_norm$",
    },
}
"""What a layer's path (after a dot) must contain. "attention+mlp" and "full" are what kohya's LoRA adapts without and
with `conv_dim`: 192 and 278 layers of Stable Diffusion 1.5's U-Net, 72 of its text encoder."""


@dataclass(frozen=True)
class Target:
    """One layer that can be adapted."""

    component: Component
    path: str
    """Where it lies in its component, as in `named_modules`."""
    name: str
    """Its name in an adapter file, e.g. `lora_unet_mid_block_attentions_0_proj_in`."""
    shape: tuple[int, ...]
    """Of its weight: [out, in] or [out, in, k, k]; [channels] of a norm."""
    has_bias: bool = True

    @property
    def is_norm(self) -> bool:
        """Whether it is a LayerNorm or a GroupNorm."""
        return len(self.shape) == 1

    def of(self, base: Base) -> "nn.Module":
        """The layer itself."""
        return base.components[self.component].get_submodule(self.path)

    def is_in(self, preset: Preset) -> bool:
        """Whether a preset of `targets` holds it. Of norms, those of the same blocks: attention has none of its own."""
        preset = "attention+mlp" if self.is_norm and preset == "attention" else preset
        inside = (
            re.search(INSIDE["unet" if self.component == "unet" else "text_encoder"][preset], f".{self.path}")
            is not None
        )
        return inside and (preset != "attention+mlp" or self.shape[2:] in ((), (1, 1)))


def find_targets(base: Base, among: Container[str] = COMPONENTS) -> list[Target]:
    """Every layer that can be adapted, in these components; others aren't loaded."""
    held: list[Component] = [one for one in COMPONENTS if one in base.components and one in among]
    return [target for component in held for target in _targets_in(base, component)]


def planned_targets(facts: BaseFacts) -> list[Target]:
    """The same from the headers of the base's weight files."""
    return [
        target
        for component in _components(facts.components)
        for naming in (_naming(facts, component),)
        for shapes in (facts.components[component].shapes,)
        for path, shape in layer_shapes(shapes).items()
        if (target := Target(component, path, naming(path), shape, f"{path}.bias" in shapes)).is_in("all")
    ]


def choose_layers(adapter: Adapter, targets: Iterable[Target]) -> list[tuple[Target, Adapter]]:
    """The layers that an adapter goes to, each with its own settings. Raises `UserError` if a pattern names no layer or
    a layer can't have the settings.
    """
    held = [target for target in targets if adapter.text_encoder or target.component == "unet"]
    held = [target for target in held if target.is_in(adapter.targets) and (adapter.norms or not target.is_norm)]
    _require_matches(adapter, held)
    chosen = [
        (target, own)
        for target in held
        if (not adapter.include or _matches(target.name, adapter.include))
        and not _matches(target.name, adapter.exclude)
        and (own := _settings_of(adapter, target)) is not None
    ]
    if not chosen:
        raise UserError(
            "adapter.include and adapter.exclude leave no layer to train: widen adapter.include, or take patterns out "
            "of adapter.exclude.",
            "adapter.include 与 adapter.exclude 没有留下任何可训练的层：请放宽 include，或减少 exclude。",
        )
    if "norms" in adapter.model_fields_set and adapter.norms and not any(target.is_norm for target, _ in chosen):
        raise UserError(
            "adapter.norms has no effect, because adapter.include and adapter.exclude leave out all norms: let a "
            'pattern such as "*norm*" in, or set adapter.norms = false.',
            "adapter.include 与 adapter.exclude 排除了所有归一化层，adapter.norms 不起作用：请加入“*norm*”这样的"
            "通配符，或设置 adapter.norms = false。",
        )
    return chosen


def _settings_of(adapter: Adapter, target: Target) -> Adapter | None:
    """A layer's own settings; norms are trained by the kind for them, whatever the other layers are trained by."""
    if target.is_norm and not isinstance(adapter, Norm):
        biases = adapter.biases if isinstance(adapter, Difference) else True
        adapter = Norm(dropout=adapter.dropout, module_dropout=adapter.module_dropout, biases=biases)
    return adapter.for_layer(target.name, target.shape, has_bias=target.has_bias)


def _matches(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _require_matches(adapter: Adapter, targets: list[Target]) -> None:
    """A pattern that a user wrote must name something."""
    for field in ("include", "exclude", "ranks"):
        patterns: Iterable[str] = getattr(adapter, field, ())
        if field not in adapter.model_fields_set:
            continue
        for pattern in patterns:
            if not any(fnmatchcase(target.name, pattern) for target in targets):
                example = targets[0].name if targets else "lora_unet_mid_block_attentions_0_proj_in"
                raise UserError(
                    f"adapter.{field}: '{pattern}' matches no layer of adapter.targets '{adapter.targets}'; their "
                    f"names look like {example}.",
                    f"adapter.{field}：“{pattern}”不符合 adapter.targets“{adapter.targets}”中的任何层；"
                    f"层名形如 {example}。",
                )


def _targets_in(base: Base, component: Component) -> Iterator[Target]:
    from danlu.adapters.layers import AdaptedLayer, original

    adapted, naming = "nothing yet", _naming(base.facts, component)
    for path, layer in base.components[component].named_modules():
        if path.startswith(adapted):
            continue
        if isinstance(layer, AdaptedLayer):
            adapted = f"{path}."
        shape = _shape_of(original(layer))
        if shape:
            has_bias = getattr(original(layer), "bias", None) is not None
            target = Target(component, path, naming(path), shape, has_bias)
            if target.is_in("all"):
                yield target


def _shape_of(layer: "nn.Module") -> tuple[int, ...] | None:
    from torch import nn

    if not isinstance(layer, nn.Linear | nn.Conv2d | nn.LayerNorm | nn.GroupNorm):
        return None
    weight = cast("Tensor | None", layer.weight)  # a norm may have none
    return None if weight is None else tuple(weight.shape)


def _components(held: Container[str]) -> list[Component]:
    return [component for component in COMPONENTS if component in held]


def _naming(facts: BaseFacts, component: Component) -> Callable[[str], str]:
    return kinds_of(Family)[facts.family].adapter_naming(facts.components["unet"].config, component)
