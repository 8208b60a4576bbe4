"""Cropping a dataset."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from danlu.jobs.base import Order, PictureName, Workplace
from danlu.kit.forms import form

_SIZE = form(r"^[1-9]\d{1,4}x[1-9]\d{1,4}$", "width and height, as 512x768", "是宽x高，例如 512x768")
Size = Annotated[str, Field(pattern=_SIZE)]


class CropOrder(Order):
    """Choose which part of each picture is trained on.
    中文: 为每张图片选择用于训练的区域。
    """

    changes_dataset: ClassVar[bool] = True

    kind: Literal["crop"] = "crop"
    mode: Literal["focus", "centre"] = "focus"
    """Around the subject, or the middle."""
    base: str = "danlu-mini"
    """Id of the base to crop for."""
    sizes: Annotated[tuple[Size, ...], Field(max_length=50)] = ()
    """To choose from, as 512x768; none are the base's own."""
    overwrite: bool = False
    """Also replace boxes that are there."""

    pictures: Annotated[tuple[PictureName, ...], Field(max_length=1000)] = ()
    """These alone; none are all."""

    def command(self, place: Workplace) -> list[str]:
        """`danlu crop`."""
        return [
            "crop",
            place.require_dataset(),
            f"--{self.mode}",
            "--base",
            self.base,
            *(["--sizes", ",".join(self.sizes)] if self.sizes else []),
            *(["--overwrite"] if self.overwrite else []),
            *place.only(self.pictures),
        ]
