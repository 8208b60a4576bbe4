"""How a dataset's captions read once a recipe's settings are applied: for prompts and metadata, and what to warn of."""

from dataclasses import replace

from danlu.datasets.captions import CaptionConfig, possible_captions
from danlu.datasets.pictures import Dataset, Picture
from danlu.datasets.wildcards import lines_of
from danlu.kit.language import Text


def with_prompts(dataset: Dataset, config: CaptionConfig) -> Dataset:
    """The dataset with captions as one would write them as prompts: one line, without marks, with prefix and suffix."""

    def prompt(picture: Picture) -> str | None:
        return None if picture.caption is None else possible_captions(picture.caption, config)[0]

    return replace(dataset, pictures=tuple(replace(picture, caption=prompt(picture)) for picture in dataset.pictures))


def caption_warnings(dataset: Dataset, config: CaptionConfig) -> list[Text]:
    """What the user should know of the captions."""
    captions = [picture.caption or "" for picture in dataset.pictures]
    warnings: list[Text] = []
    if bare := sum(1 for caption in captions if not caption.strip()):
        warnings.append(
            Text(
                f"{bare} of {len(captions)} pictures have no caption: `danlu tag` writes them.",
                f"{len(captions)} 张图片中有 {bare} 张没有标注：可用 `danlu tag` 生成。",
            )
        )
    if not config.wildcards and (several := sum(1 for caption in captions if len(lines_of(caption)) > 1)):
        warnings.append(
            Text(
                f"{several} of {len(captions)} captions have several lines, of which only the first is used: set "
                "dataset.captions.wildcards = true to show another one each time.",
                f"{len(captions)} 条标注中有 {several} 条为多行，只使用第一行：设置 dataset.captions.wildcards = true "
                "可每次随机取一行。",
            )
        )
    return warnings
