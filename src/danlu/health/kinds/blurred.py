"""Blurred: even the sharpest edges of the picture are soft at the size that it is trained at."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from danlu.health.base import Check, Seen, Survey
from danlu.health.findings import Finding, leave_out
from danlu.kit.language import Text

if TYPE_CHECKING:
    from danlu.health.look import Look

SOFT_PX, BLURRED_PX = 1.25, 2.0
"""Sharp photographs and drawings measure 0.28 to 1.06, whole, halved or recompressed; blurred by a Gaussian of 2 px
they measure 1.37 to 2.25 (`bench/health.py` on 48 pictures: photographs of scikit-image and scikit-learn, the samples).
"""


class Blurred(Check):
    """Pictures that are out of focus or were blown up. A picture that is soft only at full size is none."""

    kind: Literal["blurred"] = "blurred"
    title: ClassVar[Text] = Text("blurred", "模糊")

    def measure(self, look: "Look") -> Any:
        """Pairs of scale and softness (see `sharpness`)."""
        return look.softness

    def judge(self, seen: Seen, survey: Survey) -> Iterable[Finding]:
        """The softness is told at the picture's scale in its bucket."""
        # OpenCV costs time that only those should pay who judge.
        from danlu.health.sharpness import Softness, softness_at

        levels = [Softness(*level) for level in seen.measures.get(self.kind, ())]
        soft_px = softness_at(levels, survey.target.scale(seen.picture)) if levels else None
        if soft_px is None or soft_px < SOFT_PX:
            return
        bucket = survey.target.bucket(seen.picture)
        text = Text(
            f"is blurred: its sharpest edges are {soft_px:.1f} px soft at {bucket}, where {SOFT_PX} can be seen.",
            f"图片模糊：在 {bucket} 下最清晰的边缘也有 {soft_px:.1f} 像素的模糊（超过 {SOFT_PX} 即可察觉）。",
        )
        severity = "problem" if soft_px >= BLURRED_PX else "warning"
        yield Finding(self.kind, severity, seen.picture.name, text, soft_px, leave_out())
