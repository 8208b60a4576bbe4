"""Bars: strips of one colour along the edges (letterbox, screenshots, scans), which would be learnt."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from danlu.datasets.manifest import PictureFacts
from danlu.datasets.pictures import Box
from danlu.health.base import Check, Seen, Survey
from danlu.health.findings import Finding, Fix
from danlu.kit.language import Text
from danlu.kit.quantities import percent

if TYPE_CHECKING:
    from danlu.health.look import Look


class Bars(Check):
    """Pictures with bars at their edges; the fix is a crop box without them.

    Bars that show a blurred copy of the picture aren't found.
    """

    kind: Literal["bars"] = "bars"
    title: ClassVar[Text] = Text("bars at the edges", "边缘有纯色条")

    def measure(self, look: "Look") -> Any:
        """The box within the bars, or None."""
        from danlu.health.borders import content_box, has_plain_edge

        return content_box(look.pixels) if has_plain_edge(look.image) else None

    def judge(self, seen: Seen, survey: Survey) -> Iterable[Finding]:
        """Bars that the crop box leaves out already are fine."""
        found = seen.measures.get(self.kind)
        if not found:
            return
        whole = Box(0, 0, *seen.picture.size)
        # A crop box may reach beyond the picture.
        framed = _common(seen.picture.crop or whole, whole)
        box = _common(framed, Box(*found))
        if box == framed or not box.lies_within(seen.picture.size):
            return
        parts = [
            (framed_px, name)
            for framed_px, name in zip(
                (abs(a - b) for a, b in zip(box, framed, strict=True)),
                (Text("left", "左"), Text("top", "上"), Text("right", "右"), Text("bottom", "下")),
                strict=True,
            )
            if framed_px
        ]
        share = 1 - box.size.width * box.size.height / (framed.size.width * framed.size.height)
        text = Text(
            f"has bars of one colour ({', '.join(f'{px} px {name.en}' for px, name in parts)}), together "
            f"{percent(share)} of it.",
            f"边缘有纯色条（{'、'.join(f'{name.zh} {px} 像素' for px, name in parts)}），共占 {percent(share)}。",
        )
        title = Text("set its crop box to {},{} – {},{}".format(*box), "将裁剪框设为 {},{} – {},{}".format(*box))
        fix = Fix(title, facts=PictureFacts(crop=box), safe=True)
        yield Finding(self.kind, "warning", seen.picture.name, text, share, fix)


def _common(one: Box, other: Box) -> Box:
    """The part that two boxes share."""
    return Box(*map(max, one[:2], other[:2]), *map(min, one[2:], other[2:]))
