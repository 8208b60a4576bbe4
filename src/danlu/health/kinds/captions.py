"""Captions: what the captions of a dataset are like as a whole."""

from collections import Counter
from collections.abc import Iterable, Sequence
from statistics import median
from typing import ClassVar, Literal

from danlu.datasets.captions import split_tags
from danlu.datasets.wildcards import lines_of
from danlu.encoders.clip_tokens import count_tokens
from danlu.health.base import Check, Survey
from danlu.health.findings import Finding
from danlu.kit.language import Text

FEWEST = 3
"""Pictures from which on it says something that their captions are the same."""


class Captions(Check):
    """Statistics of the captions, and a warning if most of them are the same."""

    kind: Literal["captions"] = "captions"
    title: ClassVar[Text] = Text("captions as a whole", "标注总览")

    def judge_all(self, survey: Survey) -> Iterable[Finding]:
        """One note with the figures; a warning if captions tell pictures apart badly."""
        captions = [seen.caption.text for seen in survey.taught if seen.caption and seen.caption.text]
        if not captions:
            return
        yield Finding(self.kind, "note", None, _figures(captions, len(survey.taught)))
        same, count = Counter(captions).most_common(1)[0]
        if len(captions) >= FEWEST and count * 2 > len(captions):
            shown = same if len(same) <= 60 else f"{same[:59]}…"
            text = Text(
                f"{count} of {len(captions)} captions are the same, '{shown}': what differs between these pictures "
                "can't be prompted later.",
                f"{len(captions)} 条标注中有 {count} 条相同（“{shown}”）：这些图片之间的差别以后无法用提示词控制。",
            )
            yield Finding(self.kind, "warning", None, text, count)


def _figures(captions: Sequence[str], pictures: int) -> Text:
    tokens = count_tokens([lines_of(caption)[0] for caption in captions])
    tags = Counter(tag for caption in captions for tag in {*split_tags(lines_of(caption)[0])})
    often = ", ".join(f"{tag} ({count})" for tag, count in tags.most_common(3))
    return Text(
        f"{len(captions)} of {pictures} pictures have captions: {median(tokens):g} CLIP tokens on median, "
        f"{max(tokens)} at most; {len(tags)} different tags, most often {often}.",
        f"{pictures} 张图片中有 {len(captions)} 张有标注：CLIP token 中位数 {median(tokens):g}，最多 {max(tokens)}；"
        f"共 {len(tags)} 种标签，最常见的是 {often}。",
    )
