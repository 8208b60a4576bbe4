"""Which layers of a base are adapted, and what each is called in an adapter file."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

from torch import nn

from danlu.adapters.layers import AdaptedLayer, original
from danlu.families.base import Base

Component = Literal["unet", "text_encoder", "text_encoder_2"]
COMPONENTS: tuple[Component, ...] = get_args(Component)


@dataclass(frozen=True)
class Target:
    """One layer that can be adapted."""

    component: Component
    path: str
    """Where it lies in its component, as in `named_modules`."""
    name: str
    """Its name in an adapter file, e.g. `lora_unet_mid_block_attentions_0_proj_in`."""
    layer: nn.Module


def find_targets(base: Base, *, text_encoder: bool = True) -> list[Target]:
    """The layers that kohya's LoRA adapts: in the U-Net every linear layer and 1×1 convolution of the transformer
    blocks, in the text encoders those of attention and MLP.
    """
    components = COMPONENTS if text_encoder else COMPONENTS[:1]
    return [
        target for component in components if component in base.components for target in _targets_of(base, component)
    ]


def _targets_of(base: Base, component: Component) -> Iterator[Target]:
    root = ".attentions." if component == "unet" else ".layers."
    adapted = "nothing yet"
    for path, layer in base.components[component].named_modules():
        if path.startswith(adapted):
            continue
        if isinstance(layer, AdaptedLayer):
            adapted = f"{path}."
        if root in f".{path}." and is_adaptable(original(layer)):
            yield Target(component, path, base.adapter_name(component, path), layer)


def is_adaptable(layer: nn.Module) -> bool:
    """Linear layers and 1×1 convolutions."""
    return isinstance(layer, nn.Linear) or (isinstance(layer, nn.Conv2d) and layer.kernel_size == (1, 1))
