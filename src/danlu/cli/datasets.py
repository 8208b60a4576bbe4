"""What commands on folders of pictures have in common."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from danlu.kit.errors import UserError
from danlu.kit.language import Text

if TYPE_CHECKING:
    from danlu.datasets.pictures import Size

DATASET = Text(
    "Folder of pictures; kohya's `6_NAME` folders are understood.", "图片文件夹；支持 kohya 的 `6_名称` 目录。"
)
FOLDER = click.Path(path_type=Path)


def read_size(text: str, *, option: str) -> "Size":
    """Read WIDTHxHEIGHT. Raises `UserError` naming the option."""
    from danlu.datasets.pictures import Size

    width, _, height = text.strip().lower().partition("x")
    if not (width.isdecimal() and height.isdecimal() and int(width) and int(height)):
        raise UserError(
            f"{option}: '{text}' is no size: write width x height in pixels, as in 512x768.",
            f"{option}：“{text}”不是尺寸：请写成 宽x高（像素），如 512x768。",
        )
    return Size(int(width), int(height))
