"""Colours: the file holds its colours in another form than 8-bit sRGB, and is converted."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from danlu.health.base import Check, Seen, Survey
from danlu.health.findings import Finding
from danlu.kit.language import Text

if TYPE_CHECKING:
    from danlu.health.look import Look


class Colours(Check):
    """Pictures in CMYK, with 16 bits a channel, or with another profile than sRGB. They are converted while reading."""

    kind: Literal["colours"] = "colours"
    title: ClassVar[Text] = Text("other colours", "其他色彩格式")

    def measure(self, look: "Look") -> Any:
        """What of its colours isn't plain sRGB."""
        header = look.header
        forms = ["CMYK"] if header.mode == "CMYK" else []
        forms += ["16 bit"] if header.bits > 8 else []
        if header.profile and "srgb" not in header.profile.lower():
            forms.append(header.profile)
        return forms

    def judge(self, seen: Seen, survey: Survey) -> Iterable[Finding]:
        """A note: they are converted."""
        forms = ", ".join(seen.measures.get(self.kind, ()))
        if forms:
            text = Text(f"is {forms}: it is converted to 8-bit sRGB.", f"色彩为 {forms}：会自动转换为 8 位 sRGB。")
            yield Finding(self.kind, "note", seen.picture.name, text)
