"""Small: the picture has fewer pixels than the size that it is trained at, so that some are made up."""

from collections.abc import Iterable
from typing import ClassVar, Literal

from danlu.datasets.buckets import UPSCALE_NOTICE
from danlu.health.base import Check, Seen, Survey
from danlu.health.findings import Finding, leave_out
from danlu.kit.language import Text

FAR_TOO_SMALL = 2.0


class Small(Check):
    """Pictures (their crop box counts) that are much enlarged to fill their bucket."""

    kind: Literal["small"] = "small"
    title: ClassVar[Text] = Text("too small", "尺寸过小")

    def judge(self, seen: Seen, survey: Survey) -> Iterable[Finding]:
        """Twice is a problem, a quarter more a warning."""
        factor, size = survey.target.scale(seen.picture), seen.picture.framed_size
        if factor <= UPSCALE_NOTICE:
            return
        bucket = survey.target.bucket(seen.picture)
        text = Text(
            f"has {size} px and is enlarged {factor:.1f} times to {bucket}: find a larger original, or leave it out.",
            f"只有 {size} 像素，要放大 {factor:.1f} 倍到 {bucket}：请换更大的原图，或排除它。",
        )
        severity = "problem" if factor > FAR_TOO_SMALL else "warning"
        yield Finding(self.kind, severity, seen.picture.name, text, factor, leave_out())
