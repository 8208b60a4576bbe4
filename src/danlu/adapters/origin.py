"""What an adapter file was made for: the family of bases, told by its metadata, or by its layers' names and widths.

Many files of other programs say nothing of themselves. Names tell the text encoders and in which blocks of the U-Net
transformers stand; where attention reads the caption, widths tell Stable Diffusion 1 from 2.
"""

from collections.abc import Iterable, Mapping

from torch import Tensor

from danlu.families.base import Family
from danlu.families.layer_names import is_path_in
from danlu.kit.variants import kinds_of

Layers = Mapping[str, Mapping[str, Tensor]]
READS_CAPTION = ("attn2_to_k", "attn2_to_v", "attn2.to_k", "attn2.to_v")


def family_of(layers: Layers, metadata: Mapping[str, str]) -> type[Family] | None:
    """The family that a file's layers (kohya's names) were made for; None if nothing tells one."""
    places = {family: [family.adapter_place(name) for name in layers] for family in kinds_of(Family).values()}
    possible = [
        family
        for family, found in places.items()
        if None not in found and is_possible(family, [place for place in found if place])
    ]
    return choose_family(possible, metadata, context_width(layers))


def choose_family(
    possible: Iterable[type[Family]], metadata: Mapping[str, str], width: int | None
) -> type[Family] | None:
    """The family that metadata state; else the possible one, by the width of captions if there are several."""
    stated = [metadata.get(key, "") for key in ("ss_base_model_version", "modelspec.architecture")]
    for family in kinds_of(Family).values():
        if any(text.startswith(family.adapter_versions) for text in stated):
            return family
    left = list(possible)
    if len(left) > 1:
        left = [family for family in left if family.context_width == width]
    return left[0] if len(left) == 1 else None


def is_possible(family: type[Family], places: Iterable[tuple[str, str]]) -> bool:
    """Whether bases of a family have all these layers (component and path), as far as names tell."""
    return all(
        component in family.adapter_prefixes and (component != "unet" or is_path_in(family.usual_blocks, path))
        for component, path in places
    )


def context_width(layers: Layers) -> int | None:
    """How wide a caption's hidden states are for which the layers were made, if they tell."""
    for name, tensors in layers.items():
        if name.endswith(READS_CAPTION):
            for suffix, tensor in tensors.items():
                if suffix in ("lora_down.weight", "diff"):
                    return tensor.shape[1]
    return None
