"""How wide a base is built. Bases of one family share the names of their layers; those of one build share adapters.

A family's first build is that of its released bases and of everything made from them. Others have the same layout and
are something else to every other program: the embedded base has a name of its own, any other is called by its widths.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from danlu.kit.language import Text


@dataclass(frozen=True)
class Build:
    """The widths of a U-Net's levels and of the text encoders."""

    name: str
    channels: tuple[int, ...]
    text_widths: tuple[int, ...]

    def holds(self, unet: Iterable[int], text: Iterable[int]) -> bool:
        """Whether layers with these widths can be its."""
        return set(unet) <= set(self.channels) and set(text) <= set(self.text_widths)

    def metadata(self) -> dict[str, str]:
        """What an adapter for a base that wasn't released says of it: nothing that other programs take for one that
        they know.
        """
        return {
            "ss_base_model_version": self.name,
            "ss_v2": "False",
            "modelspec.architecture": f"{self.name}/lora",
            "modelspec.implementation": "diffusers",
        }


EMBEDDED = Build("danlu-mini", (96, 160, 256), (128,))
"""The embedded base: a teaching model of Stable Diffusion 1's layout."""


def find_build(builds: Iterable[Build], family: str, components: Mapping[str, Mapping[str, Any]]) -> Build:
    """The build that a base's configs (by component) describe, among those known, or one called by its widths."""
    channels = tuple(int(width) for width in components["unet"]["block_out_channels"])
    texts = tuple(int(components[name]["hidden_size"]) for name in sorted(components) if name.startswith("text_"))
    known = next((one for one in builds if (one.channels, one.text_widths) == (channels, texts)), None)
    return known or Build(f"narrow-{family}-{'-'.join(map(str, channels))}", channels, texts)


def tell_alone(build: Build) -> Text:
    """The sentence about adapters for a base that no other program has."""
    if build == EMBEDDED:
        return Text(
            "Only for danlu-mini, the embedded base, to learn with: no other program has it, and no Stable Diffusion "
            "model takes this file.",
            "仅适用于内置的教学底模 danlu-mini，供学习使用：其他软件没有这个底模，Stable Diffusion 底模也"
            "无法加载该文件。",
        )
    widths = ", ".join(map(str, build.channels))
    return Text(
        f"Only for bases of the same widths ({widths}): they aren't those of the released Stable Diffusion models, "
        "which don't take this file.",
        f"仅适用于宽度相同（{widths}）的底模：与公开发布的 Stable Diffusion 底模不同，后者无法加载该文件。",
    )
