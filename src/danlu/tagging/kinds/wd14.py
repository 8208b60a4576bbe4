"""WD14 taggers (SmilingWolf's v1.4, v2 and v3, and everything in their format): an ONNX model and `selected_tags.csv`.

A picture becomes: white behind transparency, padded with white to a square (the odd pixel right and below), resized to
the model's side (area when shrinking, else cubic), BGR, float32 from 0 to 255. The model gives probabilities.
`groups.json` ({group: [tags]}), if it is there, tells which tags belong together.
"""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from danlu.kit.errors import UserError
from danlu.kit.parsing import parse_json
from danlu.tagging.base import Category, TagInfo, Usual
from danlu.tagging.onnx_folder import OnnxTagger
from danlu.tagging.pixels import in_white_square, over_white
from danlu.tagging.words import shown

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

GROUPS = "groups.json"
OTHER_MAKE = "preprocess.json"
"""Beside it lie models that have the same tag list, but want other values than WD14's."""
CATEGORIES: dict[str, Category] = {"1": "artist", "3": "copyright", "4": "character", "5": "meta", "9": "rating"}
"""Danbooru's numbers, and 9 for ratings; every other number is a general tag."""


class WD14(OnnxTagger):
    """A tagger in WD14's format."""

    usual: ClassVar[Usual] = Usual(0.35, 0.85)
    tag_list: ClassVar[str] = "selected_tags.csv"

    kind: Literal["wd14"] = "wd14"

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """Whether model and tag list are there, and nothing that asks for other values."""
        return super().recognises(path) and not (path / OTHER_MAKE).exists()

    @property
    def groups(self) -> Mapping[str, tuple[str, ...]]:
        """What `groups.json` says."""
        path = self.folder / GROUPS
        if not path.exists():
            return {}
        try:
            groups = parse_json(path.read_text(encoding="utf-8")).items()
            return {str(group): tuple(shown(str(tag)) for tag in tags) for group, tags in groups}
        except (ValueError, AttributeError, TypeError) as error:
            raise UserError(
                f"'{path}' isn't a JSON object of tag lists ({error}): correct or delete it.",
                f"“{path}”不是“分组: [标签]”形式的 JSON（{error}）：请修正或删除。",
            ) from error

    @staticmethod
    def read_tags(path: Path) -> tuple[TagInfo, ...]:
        """One tag per row."""
        with path.open(encoding="utf-8-sig", newline="") as file:
            head, *rows = [row for row in csv.reader(file) if row] or [[]]
        if not {"name", "category"} <= set(head) or not rows:
            raise UserError(
                f"'{path}' has no columns 'name' and 'category': get the tagger's own selected_tags.csv.",
                f"“{path}”缺少 name 和 category 两列：请使用该模型自带的 selected_tags.csv。",
            )
        name, category = head.index("name"), head.index("category")
        return tuple(
            TagInfo(shown(row[name]), CATEGORIES.get(row[category], "general"), row[name])
            for row in rows
            if len(row) > max(name, category)
        )

    @staticmethod
    def pixels(image: "Image", side_px: int) -> "NDArray[np.float32]":
        """(side, side, 3), BGR, 0 to 255."""
        return prepare(image, side_px)


def prepare(image: "Image", side_px: int) -> "NDArray[np.float32]":
    """The model's view of a picture: (side, side, 3), BGR, 0 to 255."""
    import cv2
    import numpy as np

    square = np.asarray(in_white_square(over_white(image)))
    if len(square) != side_px:
        method = cv2.INTER_AREA if len(square) > side_px else cv2.INTER_CUBIC
        square = cv2.resize(square, (side_px, side_px), interpolation=method)
    return np.asarray(square[:, :, ::-1], np.float32)
