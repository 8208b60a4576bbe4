"""Transparent: part of the picture lets through what is behind it, which is white while training."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from danlu.health.base import Check, Seen, Survey
from danlu.health.findings import Finding
from danlu.kit.language import Text
from danlu.kit.quantities import percent

if TYPE_CHECKING:
    from danlu.health.look import Look


class Transparent(Check):
    """Pictures that aren't opaque everywhere."""

    kind: Literal["transparent"] = "transparent"
    title: ClassVar[Text] = Text("transparent", "含透明区域")

    def measure(self, look: "Look") -> Any:
        """The part (0 to 1) of the area that isn't opaque."""
        return round(look.transparent, 4)

    def judge(self, seen: Seen, survey: Survey) -> Iterable[Finding]:
        """A note: it is laid over white."""
        share = seen.measures.get(self.kind, 0.0)
        if share > 0:
            text = Text(
                f"is transparent in {percent(share)} of its area: that is laid over white, so tag the white "
                "background.",
                f"有 {percent(share)} 的面积透明：训练时以白色填充，标注中应有白色背景。",
            )
            yield Finding(self.kind, "note", seen.picture.name, text, share)
