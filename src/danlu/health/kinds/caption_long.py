"""Caption long: more words than the text encoder reads at once, so that the rest is cut off."""

from collections.abc import Iterable
from typing import ClassVar, Literal

from danlu.datasets.wildcards import lines_of
from danlu.encoders.clip_tokens import PORTION, count_tokens
from danlu.health.base import Check, Survey
from danlu.health.findings import Finding
from danlu.kit.language import Text

MOST = 3 * PORTION
"""What `base.max_tokens` can be raised to."""


class CaptionLong(Check):
    """Captions of more than 75 CLIP tokens. Nothing is shortened for you: what to leave out is your choice."""

    kind: Literal["caption_long"] = "caption_long"
    title: ClassVar[Text] = Text("caption too long", "标注过长")

    def judge_all(self, survey: Survey) -> Iterable[Finding]:
        """Of a caption with several lines, the longest line counts."""
        written = [(seen, seen.caption.text) for seen in survey.pictures if seen.caption and seen.caption.text]
        for seen, text in written:
            tokens = max(count_tokens(lines_of(text)))
            if tokens > PORTION:
                yield Finding(self.kind, "warning", seen.picture.name, _told(tokens), tokens)


def _told(tokens: int) -> Text:
    if tokens > MOST:
        return Text(
            f"has a caption of {tokens} CLIP tokens: what comes after {MOST} is never read, so shorten it.",
            f"标注有 {tokens} 个 CLIP token：超过 {MOST} 的部分不会被读取，请缩短。",
        )
    enough = -(-tokens // PORTION) * PORTION
    return Text(
        f"has a caption of {tokens} CLIP tokens: what comes after {PORTION} is cut off unless "
        f"base.max_tokens = {enough}.",
        f"标注有 {tokens} 个 CLIP token：除非设置 base.max_tokens = {enough}，超过 {PORTION} 的部分会被截掉。",
    )
