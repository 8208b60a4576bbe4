"""How a dataset's captions read once a recipe's settings are applied: for prompts and metadata, and what to warn of."""

from collections.abc import Sequence
from dataclasses import replace

from danlu.datasets.captions import CaptionConfig, plain_caption, possible_captions
from danlu.datasets.pictures import Dataset, Picture
from danlu.datasets.wildcards import lines_of
from danlu.families.base import MAX_TOKENS, BaseFacts, Family, Reading
from danlu.kit.language import Text
from danlu.previews.prompts import prompts_of
from danlu.recipe import Recipe


def with_prompts(dataset: Dataset, config: CaptionConfig) -> Dataset:
    """The dataset with captions as one would write them as prompts: one line, without marks and emphasis."""

    def prompt(picture: Picture) -> str | None:
        return None if picture.caption is None else plain_caption(possible_captions(picture.caption, config)[0], config)

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


def length_warnings(recipe: Recipe, dataset: Dataset, family: type[Family], facts: BaseFacts) -> list[Text]:
    """Which captions and preview prompts are longer than what is read of them."""
    config, limit = recipe.dataset.captions, recipe.base.max_tokens
    captions = [max(possible_captions(picture.caption or "", config), key=len) for picture in dataset.pictures]
    told: list[Text] = []
    drawn = replace(recipe.reading, emphasis="balanced")
    prompts = prompts_of(recipe.previews, recipe.previews.prompts, native_px=facts.native_px)
    said = list(dict.fromkeys(one for prompt in prompts for one in (prompt.text, prompt.negative)))
    for en, zh, texts, reading in (
        ("captions", "标注", captions, recipe.reading),
        ("preview prompts", "预览提示词", said, drawn),
    ):
        if cut := tell_cut(family, facts, texts, reading):
            more = next((tokens for tokens in MAX_TOKENS if tokens > limit), None)
            way = Text(f"set base.max_tokens = {more}, or shorten", f"请设置 base.max_tokens = {more} 或缩短")
            way = way if more else Text("shorten", "请缩短")
            told.append(Text(f"Of the {en}, {cut.en}: {way.en} them.", f"{zh}中，{cut.zh}：{way.zh}。"))
    return told


def tell_cut(family: type[Family], facts: BaseFacts, texts: Sequence[str], reading: Reading) -> Text | None:
    """How many texts have more tokens than are read; None if all are read whole."""
    limit = reading.max_tokens
    long = [text for text in texts if len(text.encode()) > limit]  # no token is shorter than a byte
    counts = [count for count in family.count_tokens(facts, long, reading.emphasis) if count > limit] if long else []
    if not counts:
        return None
    return Text(
        f"{len(counts)} of {len(texts)} have more than the {limit} tokens that are read (the longest {max(counts)}); "
        "the rest is cut",
        f"{len(texts)} 条中有 {len(counts)} 条超过所读取的 {limit} 个 token（最长 {max(counts)} 个），超出部分会被截断",
    )
