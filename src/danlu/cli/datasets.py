"""What commands on folders of pictures have in common."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from danlu.cli.speech import option
from danlu.kit.errors import UserError
from danlu.kit.language import Text

if TYPE_CHECKING:
    from danlu.datasets.pictures import Size

DATASET = Text(
    "Folder of pictures; kohya's `6_NAME` folders are understood.", "图片文件夹；支持 kohya 的 `6_名称` 目录。"
)
FOLDER = click.Path(path_type=Path)
only_option = option(
    "--only",
    multiple=True,
    metavar="PICTURE",
    text=Text(
        "This picture alone, also as 4_hero/*, or @FILE with a name a line; may be repeated.",
        "只处理该图片，可用 4_hero/* 通配，或用 @文件 给出名单（每行一个），可重复。",
    ),
)


def read_only(dataset: Path, only: Sequence[str]) -> list[str]:
    """The names of the pictures that `--only` means; none are all.

    Raises `UserError` for a name that fits none, and a file that can't be read.
    """
    from danlu.composition.named import pictures_named
    from danlu.datasets.scan import scan_dataset

    names: list[str] = []
    for one in only:
        if not one.startswith("@"):
            names.append(one)
            continue
        try:
            names += [line for line in Path(one[1:]).read_text("utf-8").splitlines() if line.strip()]
        except (OSError, UnicodeDecodeError) as error:
            raise UserError(
                f"--only: the file '{one[1:]}' can't be read ({error}).",
                f"--only：无法读取文件“{one[1:]}”（{error}）。",
            ) from error
    return [one.name for one in pictures_named(scan_dataset(dataset), names)] if names else []


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
