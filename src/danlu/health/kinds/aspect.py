"""Aspect: the picture is so long that much of it is cut off in every bucket."""

from collections.abc import Iterable
from typing import ClassVar, Literal

from danlu.datasets.buckets import CUT_NOTICE, area_lost
from danlu.health.base import Check, Seen, Survey
from danlu.health.findings import Finding, leave_out
from danlu.kit.language import Text
from danlu.kit.quantities import percent

HALF = 0.5


class Aspect(Check):
    """Pictures whose shape fits no bucket."""

    kind: Literal["aspect"] = "aspect"
    title: ClassVar[Text] = Text("extreme shape", "长宽比过大")

    def judge(self, seen: Seen, survey: Survey) -> Iterable[Finding]:
        """A fifth of the area lost is a warning, half of it a problem."""
        size, bucket = seen.picture.framed_size, survey.target.bucket(seen.picture)
        lost = area_lost(size, bucket)
        if lost <= CUT_NOTICE:
            return
        text = Text(
            f"is {size}: {percent(lost)} of it is cut off in its bucket {bucket}. Choose the part to keep with `danlu "
            "crop`, or leave it out.",
            f"尺寸为 {size}，在桶 {bucket} 中会被裁掉 {percent(lost)}：请用 `danlu crop` 选定保留的部分，或排除它。",
        )
        yield Finding(self.kind, "problem" if lost > HALF else "warning", seen.picture.name, text, lost, leave_out())
