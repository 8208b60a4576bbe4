"""Text encoders in the original layout: CLIP in transformers' own names (SD1, SDXL's first) and OpenCLIP (SD2, SDXL's
second), whose q, k and v are one tensor and whose projection is transposed. Configs are read off the shapes.

SD2 takes the output of the layer before the last, so it is used with one layer less than the file has.
"""

from collections.abc import Mapping
from typing import Any

Shapes = Mapping[str, tuple[int, ...]]

HEAD_WIDTH = 64
BEGIN, END = 49406, 49407
"""CLIP's ids of the begin and the end of a caption."""
ENDS = {
    "token_embedding.weight": "embeddings.token_embedding.weight",
    "positional_embedding": "embeddings.position_embedding.weight",
    "ln_final.weight": "final_layer_norm.weight",
    "ln_final.bias": "final_layer_norm.bias",
    "text_projection": "text_projection.weight",
}
LAYER = {
    "ln_1": "layer_norm1",
    "ln_2": "layer_norm2",
    "attn.out_proj": "self_attn.out_proj",
    "mlp.c_fc": "mlp.fc1",
    "mlp.c_proj": "mlp.fc2",
}
QKV = ("q_proj", "k_proj", "v_proj")
SAVED_WITHOUT_LAST = 23
"""SD2 files that were written from a diffusers folder lack the last of the 24 layers."""


def read_text_config(shapes: Shapes, *, open_clip: bool) -> dict[str, Any]:
    """The config that transformers' CLIPTextModel needs, from names as in the module. Raises `KeyError` if a tensor
    that must be there isn't.
    """
    vocabulary, width = shapes["embeddings.token_embedding.weight"]
    layers = layers_in(shapes)
    return {
        "vocab_size": vocabulary,
        "hidden_size": width,
        "intermediate_size": shapes["encoder.layers.0.mlp.fc1.weight"][0],
        "num_hidden_layers": layers,
        "num_attention_heads": max(1, width // HEAD_WIDTH),
        "max_position_embeddings": shapes["embeddings.position_embedding.weight"][0],
        "hidden_act": "gelu" if open_clip else "quick_gelu",
        "projection_dim": shapes.get("text_projection.weight", (width,))[0],
        "bos_token_id": BEGIN,
        "eos_token_id": END,
        "pad_token_id": 0 if open_clip else END,
    }


def layers_in(shapes: Shapes) -> int:
    """How many layers a text encoder has."""
    count = 0
    while f"encoder.layers.{count}.layer_norm1.weight" in shapes:
        count += 1
    return count


def open_clip_names(key: str) -> list[tuple[str, int | None]]:
    """The module's names for one OpenCLIP key: one, three (with the third of the rows that each is), or none."""
    if key in ENDS:
        return [(ENDS[key], None)]
    if not key.startswith("transformer.resblocks."):
        return []
    number, _, rest = key.removeprefix("transformer.resblocks.").partition(".")
    for kind in ("weight", "bias"):
        if rest == f"attn.in_proj_{kind}":
            return [(f"encoder.layers.{number}.self_attn.{one}.{kind}", place) for place, one in enumerate(QKV)]
    module, _, kind = rest.rpartition(".")
    return [(f"encoder.layers.{number}.{LAYER[module]}.{kind}", None)] if module in LAYER else []
