"""Rotated: the picture lies on its side in the file, and EXIF says how to turn it."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from danlu.health.base import Check, Seen, Survey
from danlu.health.findings import Finding
from danlu.kit.language import Text

if TYPE_CHECKING:
    from danlu.health.look import Look

UPRIGHT = 1


class Rotated(Check):
    """Pictures with an EXIF orientation. Danlu turns them upright; some other programs don't."""

    kind: Literal["rotated"] = "rotated"
    title: ClassVar[Text] = Text("turned by EXIF", "EXIF 旋转")

    def measure(self, look: "Look") -> Any:
        """EXIF's orientation, 1 to 8."""
        return look.header.orientation

    def judge(self, seen: Seen, survey: Survey) -> Iterable[Finding]:
        """A note: it is taken care of."""
        orientation = seen.measures.get(self.kind, UPRIGHT)
        if orientation != UPRIGHT:
            text = Text(
                f"has EXIF orientation {orientation}: it is turned upright to {seen.picture.size}.",
                f"EXIF 方向为 {orientation}：训练时会自动转正为 {seen.picture.size}。",
            )
            yield Finding(self.kind, "note", seen.picture.name, text)
