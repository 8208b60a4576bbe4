"""Caption empty: the file beside the picture says nothing."""

from collections.abc import Iterable
from typing import ClassVar, Literal

from danlu.health.base import Check, Seen, Survey
from danlu.health.findings import Finding
from danlu.kit.language import Text


class CaptionEmpty(Check):
    """Pictures with an empty caption, which teach the empty prompt."""

    kind: Literal["caption_empty"] = "caption_empty"
    title: ClassVar[Text] = Text("caption empty", "标注为空")

    def judge(self, seen: Seen, survey: Survey) -> Iterable[Finding]:
        """A warning: all that the picture shows goes into what is drawn without a prompt."""
        if seen.caption and not seen.caption.text and not seen.concept.regularization:
            text = Text(
                f"has an empty caption, '{seen.caption.name}': write it with `danlu tag --existing replace`, "
                "or delete it.",
                f"标注文件“{seen.caption.name}”为空：请用 `danlu tag --existing replace` 重写，或删除它。",
            )
            yield Finding(self.kind, "warning", seen.picture.name, text)
