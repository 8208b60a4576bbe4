"""Augmentation: a picture is shown now as it is, now mirrored or in slightly other colours, so that its sides and its
exact colours aren't learnt.

In: a picture, its bucket, and which rendition of it is wanted. Out: its pixels. There is a fixed number of renditions,
each a function of the file alone: so all of them can be encoded once and cached, as the picture itself is.
"""

import random
from typing import TYPE_CHECKING, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from danlu.datasets.decode import decode_picture
from danlu.datasets.extension import cut_out
from danlu.datasets.fitting import crop_and_resize
from danlu.datasets.pictures import Mirror, Picture, Size
from danlu.kit.files import file_sha256
from danlu.kit.hashes import known_sha256

if TYPE_CHECKING:
    from PIL.Image import Image

LARGEST_HUE_SHIFT = 16.0
"""In degrees, to either side: sd-scripts' 8 of OpenCV's 180."""
LARGEST_GAMMA = 1.05
"""And its inverse."""


class AugmentationConfig(BaseModel):
    """How pictures are varied while they are trained on.
    中文: 数据增强：镜像与颜色变化。
    """

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    flip: bool = False
    """Mirrors a picture left to right half of the time on average. Not for what has two different sides (a parting, a
    scar, writing): it would be learnt on both.
    中文: 平均每两次有一次左右翻转图片。不适合左右不同的内容（发缝、伤疤、文字等），否则会两边都学。
    Label: Random mirroring / 随机镜像"""
    colours: int = Field(default=0, ge=0, le=32)
    """In how many other colourings each picture is prepared, each with a small shift of its hues or of its brightness;
    one showing in three takes one of them. All are encoded once: 4 take five times as long to prepare, and no longer to
    train. Not for what is known by its colours.
    中文: 每张图另外准备多少种颜色变化（轻微的色相或亮度偏移）；平均每三次展示有一次使用其中之一。
    全部只编码一次：设为 4 时准备时间为五倍，训练时间不变。不适合以颜色为特征的内容。
    Label: Colour variants / 颜色变体数"""


class Rendition(NamedTuple):
    """One way in which a picture is shown, compared with its file."""

    flipped: bool = False
    colours: int = 0
    """The number of the colouring; 0 is its own."""


AS_IT_IS = Rendition()


def sides(flip: bool, mirror: Mirror | None) -> tuple[bool, ...]:
    """From which sides a picture is shown, mirrored or not: the recipe's word, unless the picture has its own."""
    if mirror == "always":
        return (True,)
    return (False, True) if mirror or (mirror is None and flip) else (False,)


def renditions(config: AugmentationConfig, mirror: Mirror | None = None) -> list[Rendition]:
    """All ways in which the settings let a picture be shown; the plainest comes first."""
    shown = sides(config.flip, mirror)
    return [Rendition(flipped, colours) for colours in range(config.colours + 1) for flipped in shown]


def plain_rendition(picture: Picture) -> Rendition:
    """How a picture is shown without any augmentation."""
    return Rendition(flipped=picture.is_mirrored)


def render_picture(picture: Picture, bucket: Size, rendition: Rendition | None = None) -> "Image":
    """The pixels of a picture in its bucket, RGB; without a rendition, the plain one. Raises `UserError` if the file
    can't be decoded.
    """
    rendition = rendition or plain_rendition(picture)
    image = crop_and_resize(decode_picture(picture.path), picture.crop, bucket, picture.extend)
    if rendition.colours:
        image = vary_colours(image, f"{file_sha256(picture.path)} {rendition.colours}")
    return mirrored(image) if rendition.flipped else image


def shown_part(picture: Picture) -> "Image":
    """The part of a picture that is trained on, in its own pixels, mirrored if that is how it is shown; RGB.

    Raises `UserError` if the file can't be decoded.
    """
    image = cut_out(decode_picture(picture.path), picture.crop, picture.extend)
    return mirrored(image) if picture.is_mirrored else image


def shown_key(picture: Picture) -> str:
    """What `shown_part` depends on. Raises OSError if the file can't be read."""
    return f"{known_sha256(picture.path)} {picture.frame_key}{' mirrored' if picture.is_mirrored else ''}"


def mirrored(image: "Image") -> "Image":
    """A picture, left and right exchanged."""
    from PIL import Image

    return image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)


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
