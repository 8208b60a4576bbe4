"""Asymmetry: where captions or traits speak of something that has a left and a right, mirroring teaches it wrongly."""

import re
from collections.abc import Iterator
from functools import cache

from danlu.datasets.augmentation import AugmentationConfig, sides
from danlu.datasets.pictures import Dataset, Picture
from danlu.kit.language import Text
from danlu.kit.places import data_folder


@cache
def _sided() -> re.Pattern[str]:
    """The phrases of `data/sided.txt` as one expression."""
    lines = (data_folder() / "sided.txt").read_text("utf-8").splitlines()
    phrases = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    phrases.sort(key=len, reverse=True)  # the longest that fits is the one to tell
    words = "|".join(re.escape(one).replace(r"\*", r"[\w-]*") for one in phrases if one.isascii())
    others = "|".join(re.escape(one) for one in phrases if not one.isascii())
    return re.compile(rf"\b(?:{words})\b|{others}", re.IGNORECASE)


def sided_word(text: str | None) -> str | None:
    """The first phrase of a text that speaks of something with sides; None without one."""
    found = _sided().search((text or "").replace("_", " "))
    return found[0].strip() if found else None


def sided_things(dataset: Dataset, pictures: Iterator[Picture]) -> list[tuple[str, str]]:
    """Which of these pictures, or of their concepts, have captions or traits that speak of sides; with the word."""
    found: dict[str, str] = {}
    for picture in pictures:
        concept = dataset.concepts[picture.concept]
        for name, text in ((picture.name, picture.caption), *((concept.name, trait) for trait in concept.traits)):
            if word := sided_word(text):
                found.setdefault(name, word)
    return list(found.items())


def tell_asymmetry(dataset: Dataset, config: AugmentationConfig) -> list[Text]:
    """A warning if pictures are mirrored though captions or traits speak of sides."""
    mirrored = (one for one in dataset.pictures if True in sides(config.flip, one.mirror))
    found = sided_things(dataset, mirrored)
    if not found:
        return []
    name, word = found[0]
    return [
        Text(
            f"Pictures are mirrored, but {len(found)} captions or traits speak of something that has a side, as "
            f"'{name}' of \"{word}\": if that should be learnt, `danlu dataset mirror '{dataset.root}' PICTURE off` "
            "for single ones, or dataset.augmentation.flip = false for all.",
            f"图片会被镜像，但 {len(found)} 条标注或特征与左右有关（如“{name}”的“{word}”）：若需要学会左右之分，"
            f"可对单张图片运行 `danlu dataset mirror '{dataset.root}' 图片 off`，"
            "或设置 dataset.augmentation.flip = false。",
        )
    ]
