"""The U-Net in the original (LDM) layout: its config read off the shapes, and its modules' names in diffusers.

With L resnets a level, level i, layer j lies at `input_blocks.{1 + (L+1)i + j}` on the way down (0 the resnet, 1 the
transformer), the convolution that halves at `input_blocks.{(L+1)(i+1)}`, and layer j of the way up at
`output_blocks.{(L+1)i + j}`, the convolution that doubles as its last part. Inside transformers both use one naming.
Heads are the one thing that shapes don't tell: U-Nets with linear projections (SD2, SDXL) have heads 64 wide, others 8
heads.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Shapes = Mapping[str, tuple[int, ...]]

RESNET = {
    "in_layers.0": "norm1",
    "in_layers.2": "conv1",
    "emb_layers.1": "time_emb_proj",
    "out_layers.0": "norm2",
    "out_layers.3": "conv2",
    "skip_connection": "conv_shortcut",
}
ENDS = {
    "time_embed.0": "time_embedding.linear_1",
    "time_embed.2": "time_embedding.linear_2",
    "label_emb.0.0": "add_embedding.linear_1",
    "label_emb.0.2": "add_embedding.linear_2",
    "input_blocks.0.0": "conv_in",
    "out.0": "conv_norm_out",
    "out.2": "conv_out",
}
HEAD_WIDTH, HEADS = 64, 8
SIZE_EMBEDDING = 256
"""Width of the embedding of each of SDXL's six sizes."""


@dataclass(frozen=True)
class _Level:
    channels: int
    layers: int
    depth: int
    """Blocks in each transformer; 0 without."""


def read_unet_config(shapes: Shapes) -> dict[str, Any]:
    """The config that diffusers' UNet2DConditionModel needs, from the shapes of `model.diffusion_model.` without that
    prefix. Raises `KeyError` if a tensor that must be there isn't.
    """
    levels = _levels_down(shapes)
    middle = _depth(shapes, "middle_block.1")
    attends = [level.depth > 0 for level in levels]
    depths = [level.depth or 1 for level in levels[:-1]] + [middle]
    first = next(name for name in shapes if name.endswith("transformer_blocks.0.attn2.to_k.weight"))
    linear = len(shapes["middle_block.1.proj_in.weight"]) == 2
    config: dict[str, Any] = {
        "in_channels": shapes["input_blocks.0.0.weight"][1],
        "out_channels": shapes["out.2.weight"][0],
        "block_out_channels": [level.channels for level in levels],
        "layers_per_block": levels[0].layers,
        "down_block_types": ["CrossAttnDownBlock2D" if one else "DownBlock2D" for one in attends],
        "up_block_types": ["CrossAttnUpBlock2D" if one else "UpBlock2D" for one in reversed(attends)],
        "transformer_layers_per_block": depths,
        "cross_attention_dim": shapes[first][1],
        "attention_head_dim": [level.channels // HEAD_WIDTH for level in levels] if linear else HEADS,
        "use_linear_projection": linear,
    }
    if "label_emb.0.0.weight" in shapes:
        config |= {
            "addition_embed_type": "text_time",
            "addition_time_embed_dim": SIZE_EMBEDDING,
            "projection_class_embeddings_input_dim": shapes["label_emb.0.0.weight"][1],
        }
    return config


def unet_modules(config: Mapping[str, Any]) -> dict[str, str]:
    """Original module name to diffusers' name, for a U-Net with this config; deeper names follow their parents."""
    told_sizes = config.get("addition_embed_type") is not None
    modules = {old: new for old, new in ENDS.items() if told_sizes or not new.startswith("add_embedding")}
    downs, ups, layers = config["down_block_types"], config["up_block_types"], int(config["layers_per_block"])
    last = len(downs) - 1
    for level, kind in enumerate(downs):
        for layer in range(layers):
            place, block = f"input_blocks.{1 + (layers + 1) * level + layer}", f"down_blocks.{level}"
            modules |= _layer(place, block, layer, attends=kind.startswith("CrossAttn"))
        if level < last:
            modules[f"input_blocks.{(layers + 1) * (level + 1)}.0.op"] = f"down_blocks.{level}.downsamplers.0.conv"
    modules |= _resnet("middle_block.0", "mid_block.resnets.0") | _resnet("middle_block.2", "mid_block.resnets.1")
    modules["middle_block.1"] = "mid_block.attentions.0"
    for level, kind in enumerate(ups):
        attends = kind.startswith("CrossAttn")
        for layer in range(layers + 1):
            place, block = f"output_blocks.{(layers + 1) * level + layer}", f"up_blocks.{level}"
            modules |= _layer(place, block, layer, attends=attends)
        if level < last:
            place = f"output_blocks.{(layers + 1) * level + layers}.{2 if attends else 1}"
            modules[f"{place}.conv"] = f"up_blocks.{level}.upsamplers.0.conv"
    return modules


def _layer(place: str, block: str, layer: int, *, attends: bool) -> dict[str, str]:
    modules = _resnet(f"{place}.0", f"{block}.resnets.{layer}")
    return modules | {f"{place}.1": f"{block}.attentions.{layer}"} if attends else modules


def _resnet(place: str, name: str) -> dict[str, str]:
    return {f"{place}.{old}": f"{name}.{new}" for old, new in RESNET.items()}


def _levels_down(shapes: Shapes) -> list[_Level]:
    """The levels of the way down, each ended by a convolution that halves."""
    levels: list[_Level] = []
    channels = layers = depth = 0
    number = 1
    while f"input_blocks.{number}.0.in_layers.0.weight" in shapes or f"input_blocks.{number}.0.op.weight" in shapes:
        place = f"input_blocks.{number}"
        if f"{place}.0.op.weight" in shapes:
            levels.append(_Level(channels, layers, depth))
            layers = depth = 0
        else:
            channels, layers = shapes[f"{place}.0.out_layers.3.weight"][0], layers + 1
            depth = max(depth, _depth(shapes, f"{place}.1"))
        number += 1
    return [*levels, _Level(channels, layers, depth)]


def _depth(shapes: Shapes, place: str) -> int:
    """How many blocks a transformer has; 0 if there is none."""
    depth = 0
    while f"{place}.transformer_blocks.{depth}.norm1.weight" in shapes:
        depth += 1
    return depth
