"""The VAE in the original layout: its config read off the shapes, and its modules' names in diffusers.

The decoder's levels are counted from the picture in the original, from the latents in diffusers. The attention in the
middle is made of 1×1 convolutions there and of linear layers here: the same numbers in another shape.
"""

from collections.abc import Mapping
from typing import Any

Shapes = Mapping[str, tuple[int, ...]]

ATTENTION = {"norm": "group_norm", "q": "to_q", "k": "to_k", "v": "to_v", "proj_out": "to_out.0"}
RESNET = ("norm1", "conv1", "norm2", "conv2")
SCALE, SCALE_XL = 0.18215, 0.13025
"""What brings latents to unit variance, for SD1/2 and for SDXL."""


def read_vae_config(shapes: Shapes, *, scale: float) -> dict[str, Any]:
    """The config that diffusers' AutoencoderKL needs, from names without a prefix. Raises `KeyError` if a tensor that
    must be there isn't.
    """
    levels = layers = 0
    while f"encoder.down.{levels}.block.0.conv1.weight" in shapes:
        levels += 1
    while f"encoder.down.0.block.{layers}.conv1.weight" in shapes:
        layers += 1
    channels = [shapes[f"encoder.down.{level}.block.{layers - 1}.conv2.weight"][0] for level in range(levels)]
    return {
        "in_channels": shapes["encoder.conv_in.weight"][1],
        "out_channels": shapes["decoder.conv_out.weight"][0],
        "latent_channels": shapes["decoder.conv_in.weight"][1],
        "block_out_channels": channels,
        "layers_per_block": layers,
        "down_block_types": ["DownEncoderBlock2D"] * levels,
        "up_block_types": ["UpDecoderBlock2D"] * levels,
        "scaling_factor": scale,
    }


def vae_modules(config: Mapping[str, Any]) -> dict[str, str]:
    """Original module name to diffusers' name, for a VAE with this config."""
    levels, layers = len(config["block_out_channels"]), int(config["layers_per_block"])
    modules = {"quant_conv": "quant_conv", "post_quant_conv": "post_quant_conv"}
    for side in ("encoder", "decoder"):
        modules |= {f"{side}.{end}": f"{side}.{end}" for end in ("conv_in", "conv_out")}
        modules[f"{side}.norm_out"] = f"{side}.conv_norm_out"
        for number in (1, 2):
            modules |= _resnet(f"{side}.mid.block_{number}", f"{side}.mid_block.resnets.{number - 1}")
        modules |= {f"{side}.mid.attn_1.{a}": f"{side}.mid_block.attentions.0.{b}" for a, b in ATTENTION.items()}
    for level in range(levels):
        for layer in range(layers):
            modules |= _resnet(f"encoder.down.{level}.block.{layer}", f"encoder.down_blocks.{level}.resnets.{layer}")
        for layer in range(layers + 1):
            place = f"decoder.up.{levels - 1 - level}.block.{layer}"
            modules |= _resnet(place, f"decoder.up_blocks.{level}.resnets.{layer}")
        if level < levels - 1:
            modules[f"encoder.down.{level}.downsample.conv"] = f"encoder.down_blocks.{level}.downsamplers.0.conv"
            place = f"decoder.up.{levels - 1 - level}.upsample.conv"
            modules[place] = f"decoder.up_blocks.{level}.upsamplers.0.conv"
    return modules


def _resnet(place: str, name: str) -> dict[str, str]:
    return {f"{place}.{one}": f"{name}.{one}" for one in RESNET} | {f"{place}.nin_shortcut": f"{name}.conv_shortcut"}
