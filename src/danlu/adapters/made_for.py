"""The build of base that an adapter file was made for (see `families.builds`), told by the widths of its layers.

Files of the embedded base say so since they have a name for it; those from before call themselves Stable Diffusion 1,
as do others' files for narrow bases. So widths decide, and names only where no layer tells a width. The header of a
file is enough: whatever its layout, the projections of attention have the width of their level.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING

from danlu.families.base import BaseFacts, Family
from danlu.families.builds import Build, tell_alone
from danlu.kit.errors import UserError
from danlu.kit.language import Text
from danlu.kit.variants import kinds_of
from danlu.weights.headers import read_header

if TYPE_CHECKING:
    from torch import Tensor

Shapes = Mapping[str, Sequence[int]]
_TELLING = re.compile(
    r"(?P<layer>.*(?:(?P<unet>attn\d[._]to_[qkv]|blocks[._]\d+[._]norm\d)|[._][qkv]_proj|layer_norm\d))"
    r"\.(?P<suffix>.+)"
)
_OUTPUTS: Mapping[str, Sequence[int]] = {
    "lora_up.weight": (0,),
    "lora_B.weight": (0,),
    "lora.up.weight": (0,),
    "hada_w1_a": (0,),
    "diff": (0,),
    "w_norm": (0,),
    "weight": (0,),
    "oft_blocks": (0, 1),
    "lokr_w1": (0,),
    "lokr_w1_a": (0,),
    "lokr_w2": (0,),
    "lokr_w2_a": (0,),
}
"""Tensors of one layer, by suffix, and the axes whose sizes multiplied are the layer's outputs; of several tensors, the
product."""


@dataclass(frozen=True)
class MadeFor:
    """What a file tells of the widths of its base."""

    unet: frozenset[int]
    text: frozenset[int]
    stated: str
    """What its metadata call the base."""

    def fits(self, build: Build) -> bool:
        """Whether nothing speaks against a base of a build."""
        if self.unet or self.text:
            return build.holds(self.unet, self.text)
        other = self._stated_build()
        return other is None or other.name == build.name

    def known(self) -> Build | None:
        """The build that is meant, if it is one that has a name."""
        every = [build for family in kinds_of(Family).values() for build in family.builds]
        if self.unet or self.text:
            return next((build for build in every if build.holds(self.unet, self.text)), None)
        return self._stated_build()

    def alone(self) -> Build | None:
        """The build, if no released base has it."""
        known = self.known()
        if known is None:
            return Build("", tuple(sorted(self.unet)), tuple(sorted(self.text))) if self.unet or self.text else None
        return None if any(known == family.builds[0] for family in kinds_of(Family).values()) else known

    def _stated_build(self) -> Build | None:
        every = (build for family in kinds_of(Family).values() for build in family.builds)
        return next((build for build in every if build.name == self.stated), None)


def made_for(shapes: Shapes, metadata: Mapping[str, str]) -> MadeFor:
    """What a file tells, by the shapes of its tensors (by their keys, in any layout) and its metadata."""
    layers: dict[tuple[str, bool], list[int]] = {}
    for key, shape in shapes.items():
        found = _TELLING.fullmatch(key)
        if found and found["suffix"] in _OUTPUTS and len(shape) > max(_OUTPUTS[found["suffix"]]):
            sides = prod(shape[axis] for axis in _OUTPUTS[found["suffix"]])
            layers.setdefault((found["layer"], found["unet"] is not None), []).append(sides)
    widths = {(is_unet, prod(sides)) for (_, is_unet), sides in layers.items()}
    return MadeFor(
        frozenset(width for is_unet, width in widths if is_unet),
        frozenset(width for is_unet, width in widths if not is_unet),
        metadata.get("modelspec.architecture", "").partition("/")[0],
    )


def read_made_for(path: Path) -> MadeFor:
    """What the header of a file tells. Raises `UserError` if it is no safetensors file."""
    header = read_header(path)
    return made_for({key: entry.shape for key, entry in header.entries.items()}, header.metadata)


def shapes_of(layers: "Mapping[str, Mapping[str, Tensor]]") -> dict[str, Sequence[int]]:
    """The shapes of an adapter's tensors by layer and suffix."""
    return {f"{layer}.{suffix}": one.shape for layer, found in layers.items() for suffix, one in found.items()}


def require_build(path: Path, found: MadeFor, facts: BaseFacts) -> None:
    """Raise `UserError` for an adapter that was made for bases of other widths than this one."""
    build = kinds_of(Family)[facts.family].build(facts)
    if found.fits(build):
        return
    alone = found.alone()
    if alone is None and build == kinds_of(Family)[facts.family].builds[0]:
        return  # of another released family: their layers' names tell more
    told = tell_misfit(found, build)
    raise UserError(
        f"'{path}' doesn't fit the base '{facts.name}'. {told.en}", f"“{path}”与底模“{facts.name}”不匹配。{told.zh}"
    )


def tell_misfit(found: MadeFor, build: Build) -> Text:
    """Why a file doesn't fit a base of a build."""
    alone = found.alone()
    if alone is not None:
        return tell_alone(alone)
    widths, own = (", ".join(map(str, sorted(one))) for one in ({*found.unet, *found.text}, set(build.channels)))
    return Text(
        f"Its layers are {widths} wide, those of this base {own}: this base isn't a released Stable Diffusion model.",
        f"文件各层宽度为 {widths}，该底模为 {own}：它不是公开发布的 Stable Diffusion 底模。",
    )


def require_one_build(files: Sequence[tuple[Path, MadeFor]]) -> None:
    """Raise `UserError` for adapters of which one was made for bases that no other program has, and another not."""
    if not files:
        return
    (first, first_found), *others = files
    for path, found in others:
        one, other = first_found.alone(), found.alone()
        if (one and one.name) == (other and other.name):
            continue
        odd, whose = (one, first) if one is not None else (other, path)
        assert odd is not None
        told = tell_alone(odd)
        raise UserError(
            f"'{first}' and '{path}' can't be merged: their bases have other widths. '{whose.name}': {told.en}",
            f"“{first}”与“{path}”不能合并：二者的底模宽度不同。“{whose.name}”：{told.zh}",
        )
