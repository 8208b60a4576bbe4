"""What programs call the tensors of adapter files, taken apart: which component and layer, and which of its tensors.

    lora_unet_down_blocks_0_….lora_down.weight                kohya; lycoris_, oft_unet_, lora_te1_ and their like
    unet.base_model.model.down_blocks.0.….lora_A.weight       diffusers and PEFT, of all ages, with any of the prefixes
    diffusion_model.input_blocks.1.1.….lora_B.weight          ComfyUI, OneTrainer
    text_encoders.clip_l.transformer.text_model.….alpha

In: a key. Out: a `TensorName`; nothing here knows families, or whether such a layer exists (see `canonical`).
"""

import re
from typing import NamedTuple

from danlu.families.layer_names import component_with, path_of

DOWN, UP, ALPHA, MAGNITUDE = "lora_down.weight", "lora_up.weight", "alpha", "dora_scale"
OUTPUT_MAGNITUDE = "lora_magnitude_vector"
"""PEFT's magnitude: one number for each output of a layer, whatever sides the tensor has."""


class TensorName(NamedTuple):
    """A key of an adapter file."""

    layer: str
    """The layer as the file calls it."""
    component: str | None
    """`unet`, `text_encoder` or `text_encoder_2`; None if neither the prefix nor the path tells one."""
    path: str
    """Within the component, in the words of diffusers or of the original layout."""
    suffix: str
    """Which of the layer's tensors, as kohya and LyCORIS call it."""
    dotted: bool
    """Whether the layer is called by a path with dots, as diffusers does."""


UNDERSCORED = {
    f"{start}_{part}_": component
    for start in ("lora", "lycoris", "oft")
    for part, component in {
        "unet": "unet",
        "te": "text_encoder",
        "te1": "text_encoder",
        "te2": "text_encoder_2",
        "text_encoder": "text_encoder",
        "text_encoder_2": "text_encoder_2",
    }.items()
}
"""Prefixes of layer names whose modules are joined by underscores, to what they are layers of."""
DOTTED = {
    "unet": "unet",
    "diffusion_model": "unet",
    "lora_unet": "unet",
    "text_encoder": "text_encoder",
    "text_encoder_1": "text_encoder",
    "text_encoder_2": "text_encoder_2",
    "lora_te": "text_encoder",
    "lora_te1": "text_encoder",
    "lora_te2": "text_encoder_2",
    "te1": "text_encoder",
    "te2": "text_encoder_2",
    "clip_l": "text_encoder",
    "clip_h": "text_encoder",
    "clip_g": "text_encoder_2",
    "text_encoders": None,
    "cond_stage_model": "text_encoder",
    "base_model": None,
    "model": None,
}
"""First parts of paths with dots that are no modules, to what they say of the component."""
_LORA = re.compile(
    r"(.+?)(?:\.lora_|\.lora\.|\.lora_linear_layer\.|_lora\.)(A|B|down|up|mid)(?:\.default)?(?:\.weight)?"
)
_SIDES = {"A": DOWN, "down": DOWN, "B": UP, "up": UP, "mid": "lora_mid.weight"}
_MAGNITUDE = re.compile(r"(.+?)\.(lora_magnitude_vector|dora_scale)(?:\.default)?(?:\.weight)?")
_OTHER = re.compile(r"(.+?)\.([a-z]+\d?_[a-z0-9_]+|alpha|diff|scalar|rescale|weight|[ab][12]\.weight)(?:\.default)?")
_EARLIER = {"to_q": "q_proj", "to_k": "k_proj", "to_v": "v_proj", "to_out": "out_proj"}
"""What attention was called in text encoders, as in the U-Net."""


def read_name(key: str) -> TensorName:
    """A key taken apart; of one that follows no rule, what comes after the first dot is the suffix."""
    layer, suffix = _split(key)
    prefix = max((one for one in UNDERSCORED if layer.startswith(one)), key=len, default="")
    if "." not in layer and (prefix or layer.startswith("lycoris_")):
        path = path_of(layer.removeprefix(prefix or "lycoris_"))
        return TensorName(layer, *component_with(UNDERSCORED.get(prefix), path), suffix, dotted=False)
    component, path = _without_prefixes(layer)
    path = path.replace(".processor.", ".")
    if "_lora." in key and suffix in (DOWN, UP):
        module, _, leaf = path.rpartition(".")
        renamed = f"{leaf}.0" if leaf == "to_out" else leaf
        path = f"{module}.{_EARLIER.get(leaf, leaf) if component not in (None, 'unet') else renamed}"
    return TensorName(layer, *component_with(component, path), suffix, dotted=True)


def _split(key: str) -> tuple[str, str]:
    """Layer and suffix."""
    if found := _LORA.fullmatch(key):
        return found[1], _SIDES[found[2]]
    if found := _MAGNITUDE.fullmatch(key):
        return found[1], found[2]
    if found := _OTHER.fullmatch(key):
        return found[1], found[2]
    layer, _, suffix = key.partition(".")
    return layer, suffix


def _without_prefixes(layer: str) -> tuple[str | None, str]:
    component: str | None = None
    while (first := layer.partition(".")[0]) in DOTTED and "." in layer:
        component = DOTTED[first] or component
        layer = layer.partition(".")[2]
    return component, layer.removeprefix("transformer.") if component not in (None, "unet") else layer
