"""Caption missing: there is no text file beside the picture."""

from collections.abc import Iterable
from typing import ClassVar, Literal

from danlu.health.base import Check, Survey
from danlu.health.findings import Finding
from danlu.kit.language import Text


class CaptionMissing(Check):
    """Pictures without a caption file."""

    kind: Literal["caption_missing"] = "caption_missing"
    title: ClassVar[Text] = Text("caption missing", "缺少标注")

    def judge_all(self, survey: Survey) -> Iterable[Finding]:
        """If no picture has a caption, that is how it is meant, and one note says what to do."""
        missing = [seen for seen in survey.taught if seen.caption is None]
        if missing and len(missing) == len(survey.taught):
            text = Text(
                f"None of the {len(missing)} pictures has a caption: write them with `danlu tag`.",
                f"{len(missing)} 张图片都没有标注：可用 `danlu tag` 自动打标。",
            )
            yield Finding(self.kind, "note", None, text)
            return
        for seen in missing:
            text = Text(
                "has no caption, though others have: write one with `danlu tag`.",
                "没有标注，而其他图片有：可用 `danlu tag` 补上。",
            )
            yield Finding(self.kind, "warning", seen.picture.name, text)
