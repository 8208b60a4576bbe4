"""Augmentation: a picture is shown now as it is, now mirrored or in slightly other colours, so that its sides and its
exact colours aren't learnt.

In: a picture, its bucket, and which rendition of it is wanted. Out: its pixels. There is a fixed number of renditions,
each a function of the file alone: so all of them can be encoded once and cached, as the picture itself is.
"""

import random
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from danlu.datasets.decode import crop_and_resize, decode_picture
from danlu.datasets.pictures import Concept, Dataset, Picture, Size
from danlu.kit.files import file_sha256
from danlu.kit.language import Text

if TYPE_CHECKING:
    from PIL.Image import Image

LARGEST_HUE_SHIFT = 16.0
"""In degrees, to either side: sd-scripts' 8 of OpenCV's 180."""
LARGEST_GAMMA = 1.05
"""And its inverse."""
_SIDED = re.compile(
    r"\b(left|right|asymmetr\w*|heterochromia|mismatched|eyepatch|side ponytail|one (?:eye|arm|side)|text|logo)\b"
    "|左|右|异色瞳|不对称|单侧|单边|眼罩|文字",
    re.IGNORECASE,
)
"""What a mirrored picture makes untrue, or shows wrongly."""


class AugmentationConfig(BaseModel):
    """How pictures are varied while they are trained on."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    flip: bool = False
    """Mirrors a picture left to right every second time on average. Not for what has two different sides (a parting, a
    scar, writing): it would be learnt on both.
    中文: 平均每两次有一次左右翻转图片。不适合左右不同的内容（发缝、伤疤、文字等），否则会两边都学。"""
    colours: int = Field(default=0, ge=0, le=32)
    """In how many other colourings each picture is prepared, each with a small shift of its hues or of its brightness;
    one showing in three takes one of them. All are encoded once: 4 take five times as long to prepare, and no longer to
    train. Not for what is known by its colours.
    中文: 每张图另外准备多少种颜色变化（轻微的色相或亮度偏移）；平均每三次展示有一次使用其中之一。
    全部只编码一次：设为 4 时准备时间为五倍，训练时间不变。不适合以颜色为特征的内容。"""


class Rendition(NamedTuple):
    """One way in which a picture is shown."""

    flipped: bool = False
    colours: int = 0
    """The number of the colouring; 0 is its own."""


AS_IT_IS = Rendition()


def renditions(config: AugmentationConfig) -> list[Rendition]:
    """All ways in which the settings let a picture be shown; as it is comes first."""
    sides = (False, True) if config.flip else (False,)
    return [Rendition(flipped, colours) for colours in range(config.colours + 1) for flipped in sides]


def render_picture(picture: Picture, bucket: Size, rendition: Rendition = AS_IT_IS) -> "Image":
    """The pixels of a picture in its bucket, RGB. Raises `UserError` if the file can't be decoded."""
    from PIL import Image

    image = crop_and_resize(decode_picture(picture.path), picture.crop, bucket, picture.extend)
    if rendition.colours:
        image = vary_colours(image, f"{file_sha256(picture.path)} {rendition.colours}")
    return image.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if rendition.flipped else image


def vary_colours(image: "Image", key: str) -> "Image":
    """An RGB picture with its hues shifted, or with another gamma, as `key` decides (as sd-scripts' colour
    augmentation: one or the other, both evenly distributed).
    """
    import cv2
    import numpy as np
    from PIL import Image

    rng = random.Random(f"colours {key}")
    rgb = np.asarray(image, dtype=np.float32) / 255
    if rng.random() < 0.5:
        hsv = cv2.cvtColor(rgb, cv2.COLOR_RGB2HSV)
        hsv[..., 0] = (hsv[..., 0] + rng.uniform(-LARGEST_HUE_SHIFT, LARGEST_HUE_SHIFT)) % 360
        rgb = cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)
    else:
        rgb = rgb ** np.float32(rng.uniform(1 / LARGEST_GAMMA, LARGEST_GAMMA))
    return Image.fromarray(np.rint(rgb.clip(0, 1) * 255).astype(np.uint8))


def tell_asymmetry(dataset: Dataset, config: AugmentationConfig) -> list[Text]:
    """A warning if pictures are mirrored though captions or traits speak of sides."""
    if not config.flip:
        return []
    found = [
        (picture.name, match[0]) for picture in dataset.pictures if (match := _SIDED.search(picture.caption or ""))
    ]
    found += [(concept.name, match[0]) for concept in dataset.concepts if (match := _sided_trait(concept))]
    if not found:
        return []
    name, word = found[0]
    return [
        Text(
            f"dataset.augmentation.flip mirrors pictures, but {len(found)} captions or traits speak of something that "
            f"has a side, as '{name}' of \"{word}\": set it to false if that should be learnt.",
            f"dataset.augmentation.flip 会翻转图片，但 {len(found)} 条标注或特征与左右有关（如“{name}”的“{word}”）："
            "若需要学会左右之分，请设为 false。",
        )
    ]


def _sided_trait(concept: Concept) -> re.Match[str] | None:
    traits: Sequence[str] = concept.traits
    return next((match for trait in traits if (match := _SIDED.search(trait))), None)
