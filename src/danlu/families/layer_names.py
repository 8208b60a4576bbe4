"""The names of layers in adapter files, taken apart again: `down_blocks_0_attentions_1_proj_in` is the path
`down_blocks.0.attentions.1.proj_in`. Both parting modules and joining words is done by underscores, so the names of
modules that have underscores themselves must be known.
"""

import re
from collections.abc import Mapping
from typing import Any

JOINED = (
    "down_blocks|mid_block|up_blocks|transformer_blocks|proj_in|proj_out|to_q|to_k|to_v|to_out|"
    "conv_in|conv_out|conv_norm_out|conv_shortcut|time_emb_proj|time_embedding|add_embedding|linear_1|linear_2|"
    "input_blocks|middle_block|output_blocks|in_layers|out_layers|emb_layers|skip_connection|time_embed|label_emb|"
    "text_model|self_attn|q_proj|k_proj|v_proj|out_proj|layer_norm1|layer_norm2|final_layer_norm"
)
"""Modules of U-Nets (in diffusers and in the original layout) and of text encoders whose names have underscores."""
ROOTS = {
    "unet": (
        *("down_blocks", "mid_block", "up_blocks", "conv_in", "conv_norm_out", "conv_out"),
        *("time_embedding", "add_embedding"),
    ),
    "text_encoder": ("encoder", "final_layer_norm"),
    "text_encoder_2": ("encoder", "final_layer_norm"),
}
"""What paths within a component begin with."""

_MODULE = re.compile(rf"({JOINED}|[^_]+)(?:_|$)")
_TRANSFORMER = re.compile(r"((?:down|up)_blocks\.\d+)\.attentions\.")


def path_of(name: str) -> str:
    """The path of a layer by its name without the prefix of its component."""
    return ".".join(_MODULE.findall(name))


def place_of(component: str, path: str) -> tuple[str, str] | None:
    """The component and the path within it; None if no such component has such a path."""
    own = path.removeprefix("text_model.") if component != "unet" else path
    return (component, own) if own.partition(".")[0] in ROOTS[component] else None


def is_path_in(blocks: Mapping[str, Any], path: str) -> bool:
    """Whether a U-Net of these blocks may have a layer there: transformers stand only in some of them."""
    found = _TRANSFORMER.match(path)
    return found is None or found[1] in _attending(blocks)


def _attending(blocks: Mapping[str, Any]) -> set[str]:
    return {
        f"{way}_blocks.{level}"
        for way in ("down", "up")
        for level, kind in enumerate(blocks[f"{way}_block_types"])
        if kind.startswith("CrossAttn")
    }
