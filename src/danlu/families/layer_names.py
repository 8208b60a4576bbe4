"""The names of layers in adapter files, taken apart again: `down_blocks_0_attentions_1_proj_in` is the path
`down_blocks.0.attentions.1.proj_in`. Both parting modules and joining words is done by underscores, so the names of
modules that have underscores themselves must be known. Of U-Nets, paths may be those of the original layout.
"""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from danlu.weights.original_unet import unet_modules

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
ORIGINAL_ROOTS = ("input_blocks", "middle_block", "output_blocks", "time_embed", "label_emb", "out")
"""What paths within a U-Net in the original layout begin with."""

_MODULE = re.compile(rf"({JOINED}|[^_]+)(?:_|$)")
_TRANSFORMER = re.compile(
    r"(down_blocks|mid_block|up_blocks)(?:\.(\d+))?\.attentions\.\d+(?:\.transformer_blocks\.(\d+))?"
)


def path_of(name: str) -> str:
    """The path of a layer by its name without the prefix of its component."""
    return ".".join(_MODULE.findall(name))


def component_with(component: str | None, path: str) -> tuple[str | None, str]:
    """The component that has a path, told by the path where nothing else tells it, and the path within it; None if
    neither tells.
    """
    if component is None and path.startswith(("text_model.", "encoder.layers.")):
        component = "text_encoder"
    own = path.removeprefix("text_model.") if component != "unet" else path
    root = own.partition(".")[0]
    if component is None and root in (*ROOTS["unet"], *ORIGINAL_ROOTS):
        component = "unet"
    return component, own


def is_original(path: str) -> bool:
    """Whether a path within a U-Net is one of the original layout."""
    return path.partition(".")[0] in ORIGINAL_ROOTS


def own_path(path: str, blocks: Mapping[str, Any]) -> str | None:
    """The path of a U-Net's layer in diffusers' words; None if a U-Net of these blocks has no such module."""
    if not is_original(path):
        return path
    modules = _modules_of(tuple((key, blocks[key]) for key in sorted(blocks)))
    module = innermost(path, modules)
    return modules[module] + path[len(module) :] if module else None


def innermost(path: str, modules: Mapping[str, Any]) -> str:
    """The innermost of the modules that a path lies in; empty if it lies in none."""
    while path and path not in modules:
        path = path.rpartition(".")[0]
    return path


@cache
def _modules_of(blocks: tuple[tuple[str, Any], ...]) -> dict[str, str]:
    return unet_modules(dict(blocks))


def is_path_in(blocks: Mapping[str, Any], path: str) -> bool:
    """Whether a U-Net of these blocks may have a layer there: transformers stand only in some of them, and are only so
    deep.
    """
    found = _TRANSFORMER.match(path)
    if found is None:
        return True
    way, level, layer = found[1], int(found[2] or -1), int(found[3] or 0)
    depths: tuple[int, ...] = blocks["transformer_depths"]
    if way == "mid_block":
        return layer < max(depths)
    kinds = blocks[f"{way.removesuffix('s')}_types"]
    depth = (depths if way == "down_blocks" else depths[::-1])[level] if level < len(kinds) else 0
    return layer < depth
