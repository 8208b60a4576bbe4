"""Animated: the file is a film, of which the first frame is used."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from danlu.health.base import Check, Seen, Survey
from danlu.health.findings import Finding
from danlu.kit.language import Text

if TYPE_CHECKING:
    from danlu.health.look import Look


class Animated(Check):
    """Pictures with several frames."""

    kind: Literal["animated"] = "animated"
    title: ClassVar[Text] = Text("animated", "动图")

    def measure(self, look: "Look") -> Any:
        """The number of frames."""
        return look.header.frames

    def judge(self, seen: Seen, survey: Survey) -> Iterable[Finding]:
        """A note: the first frame is taken."""
        frames = seen.measures.get(self.kind, 1)
        if frames > 1:
            text = Text(f"has {frames} frames: the first one is used.", f"共有 {frames} 帧：只使用第一帧。")
            yield Finding(self.kind, "note", seen.picture.name, text)
