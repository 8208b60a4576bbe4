"""Caption encoding: the text file isn't UTF-8, which other programs read wrongly or not at all."""

from collections.abc import Iterable
from typing import ClassVar, Literal

from danlu.datasets.encodings import guess_text
from danlu.health.base import Check, Seen, Survey
from danlu.health.findings import Finding, Fix
from danlu.kit.language import Text

MARKS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16", b"\xef\xbb\xbf": "UTF-8 with a byte-order mark"}
REWRITE = Text("write it again as UTF-8", "改写为 UTF-8")


class CaptionEncoding(Check):
    """Captions in GB18030, Shift_JIS, UTF-16, or with a byte-order mark: Danlu reads them, sd-scripts not all."""

    kind: Literal["caption_encoding"] = "caption_encoding"
    title: ClassVar[Text] = Text("caption isn't UTF-8", "标注不是 UTF-8")

    def judge(self, seen: Seen, survey: Survey) -> Iterable[Finding]:
        """The fix holds the same text as UTF-8; where the encoding is doubtful, it is for people to look at."""
        if not seen.caption:
            return
        encoding, is_sure = _encoding(seen.caption.content)
        if encoding:
            text = Text(
                f"has a caption in {encoding}, '{seen.caption.name}', which other programs may misread.",
                f"标注文件“{seen.caption.name}”的编码为 {encoding}，其他程序可能读错。",
            )
            yield Finding(self.kind, "warning", seen.picture.name, text, fix=Fix(REWRITE, rewrite=str, safe=is_sure))


def _encoding(content: bytes) -> tuple[str | None, bool]:
    """The encoding's name as `read_caption` takes it, None if it is plain UTF-8; and whether that is beyond doubt."""
    for mark, name in MARKS.items():
        if content.startswith(mark):
            return name, True
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        guess = guess_text(content)
        return (guess.name, guess.rival is None) if guess else (None, True)
    return None, True
