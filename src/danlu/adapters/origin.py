"""What an adapter file was made for: the family of bases, told by its metadata, or by its layers' names and widths.

Many files of other programs say nothing of themselves. Names tell the text encoders, and in which blocks of the U-Net
transformers stand and how deep they are; where attention reads the caption, widths tell Stable Diffusion 1 from 2.
"""

from collections.abc import Collection, Mapping

from torch import Tensor

from danlu.families.base import Family
from danlu.kit.variants import kinds_of

Layers = Mapping[str, Mapping[str, Tensor]]
READS_CAPTION = ("attn2_to_k", "attn2_to_v", "attn2.to_k", "attn2.to_v")


def family_of(layers: Layers, metadata: Mapping[str, str]) -> type[Family] | None:
    """The family that most of a file's layers (kohya's names) were made for; None if nothing tells one."""
    counts = {
        family: sum(family.adapter_place(name) is not None for name in layers) for family in kinds_of(Family).values()
    }
    most = max(counts.values())
    possible = [family for family, count in counts.items() if count == most and count * 2 > len(layers)]
    return choose_family(possible, metadata, context_width(layers)) if possible else None


def choose_family(
    possible: Collection[type[Family]], metadata: Mapping[str, str], width: int | None
) -> type[Family] | None:
    """The family that metadata state, unless names speak against it; else the possible one, by the width of captions if
    there are several.
    """
    stated = [metadata.get(key, "") for key in ("ss_base_model_version", "modelspec.architecture")]
    for family in kinds_of(Family).values():
        if any(text.startswith(family.adapter_versions) for text in stated) and family in possible:
            return family
    left = list(possible)
    if len(left) > 1:
        left = [family for family in left if family.context_width == width]
    return left[0] if len(left) == 1 else None


def likely_families(places: Collection[tuple[str, str]]) -> list[type[Family]]:
    """The families that have most of these layers (component and path)."""
    counts = {
        family: sum(family.layer_path(component, path) is not None for component, path in places)
        for family in kinds_of(Family).values()
    }
    return [family for family, count in counts.items() if count == max(counts.values())]


def context_width(layers: Layers) -> int | None:
    """How wide a caption's hidden states are for which the layers were made, if they tell."""
    for name, tensors in layers.items():
        if name.endswith(READS_CAPTION):
            for suffix, tensor in tensors.items():
                if suffix in ("lora_down.weight", "diff", "hada_w1_b") and tensor.ndim > 1:
                    return tensor.shape[1]
    return None
