"""Captions: the text file beside a picture, its tags, and the caption that one training step sees.

A caption file goes in as bytes of several encodings; `final_caption` is a pure function of (caption, settings, random
generator), so that a run can be repeated.
"""

import random
import re
from pathlib import Path
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from danlu.kit.errors import UserError
from danlu.kit.files import write_atomically
from danlu.kit.language import Text

CAPTION_SUFFIXES = (".txt", ".caption")
"""In order of preference."""


class CaptionConfig(BaseModel):
    """What happens to a caption each time its picture is trained on."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    shuffle: bool = False
    """Shuffle the tags of a caption at every step, except the first `keep_tokens`.
    中文: 每一步打乱标签顺序（前 `keep_tokens` 个除外）。"""
    keep_tokens: int = Field(default=1, ge=0, le=75)
    """How many tags at the head (the trigger word first) are never shuffled or dropped.
    中文: 开头多少个标签固定不动（触发词放在最前），既不打乱也不丢弃。"""
    tag_dropout: float = Field(default=0.0, ge=0, le=1)
    """Chance that a tag is left out at a step, except the first `keep_tokens`.
    中文: 每一步丢弃单个标签的概率（前 `keep_tokens` 个除外）。"""
    caption_dropout: float = Field(default=0.0, ge=0, le=1)
    """Chance that the whole caption is left out at a step, which trains the empty prompt.
    中文: 每一步丢弃整条标注的概率，用来训练空提示词。"""
    prefix: str = ""
    """Tags put before every caption; never shuffled or dropped, and not counted by `keep_tokens`.
    中文: 加在每条标注最前面的标签；不打乱、不丢弃，也不计入 `keep_tokens`。"""

    @property
    def varies(self) -> bool:
        """Whether one picture can get different captions at different steps."""
        return self.shuffle or self.tag_dropout > 0 or self.caption_dropout > 0


class Caption(NamedTuple):
    """The text of a caption file, and what the user should know about the file (or None)."""

    text: str
    notice: Text | None


def split_tags(caption: str) -> list[str]:
    """The comma-separated parts of a caption without surrounding blanks; empty parts vanish."""
    return [tag for part in re.split("[,，]", caption) if (tag := part.strip())]


def join_tags(tags: list[str]) -> str:
    """A caption of tags; `split_tags` undoes it."""
    return ", ".join(tags)


def final_caption(caption: str, config: CaptionConfig, rng: random.Random) -> str:
    """The caption as one training step sees it.

    Order: first line; prefix; whole caption dropped; then, only if tags are shuffled or dropped, the caption is split
    into a fixed head and a flexible rest, the rest shuffled and thinned. Otherwise the text stays as it was written.
    """
    text = first_line(caption)
    if config.caption_dropout and rng.random() < config.caption_dropout:
        return ""
    if config.shuffle or config.tag_dropout:
        tags = split_tags(text)
        head, rest = tags[: config.keep_tokens], tags[config.keep_tokens :]
        if config.shuffle:
            rng.shuffle(rest)
        if config.tag_dropout:
            rest = [tag for tag in rest if rng.random() >= config.tag_dropout]
        text = join_tags(head + rest)
    # Joined as a tag: a prefix glued to the text would fuse with the first tag when it has no comma of its own.
    prefix = config.prefix.strip().rstrip(",，").rstrip()
    return ", ".join(part for part in (prefix, text) if part)


def first_line(caption: str) -> str:
    """The first line of a caption that isn't blank."""
    return next((line.strip() for line in caption.splitlines() if line.strip()), "")


def caption_path(picture: Path) -> Path | None:
    """The caption file beside a picture, or None."""
    candidates = (picture.with_suffix(suffix) for suffix in CAPTION_SUFFIXES)
    return next((path for path in candidates if path.is_file()), None)


def read_caption(path: Path) -> Caption:
    """Read a caption file: UTF-8 with or without BOM, UTF-16 with BOM, else GB18030 with a notice.

    Raises `UserError` naming the file if it can't be read or is no text in any of these.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UserError(
            f"The caption '{path}' can't be read ({error.strerror}).", f"无法读取标注文件“{path}”（{error.strerror}）。"
        ) from error
    encoding, text = _decode(path, content)
    notice = None
    if encoding == "gb18030":
        notice = Text(
            f"'{path.name}' isn't UTF-8; it was read as GB18030. Save it as UTF-8 to be sure.",
            f"“{path.name}”不是 UTF-8，已按 GB18030 读取；建议另存为 UTF-8。",
        )
    elif len([line for line in text.splitlines() if line.strip()]) > 1:
        notice = Text(
            f"'{path.name}' has several lines; only the first is the caption.",
            f"“{path.name}”有多行，只用第一行作为标注。",
        )
    return Caption(text.strip(), notice)


def _decode(path: Path, content: bytes) -> tuple[str, str]:
    marked = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if marked else ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return encoding, text
    raise UserError(
        f"The caption '{path}' isn't text in UTF-8 or GB18030: save it as UTF-8.",
        f"标注文件“{path}”既不是 UTF-8 也不是 GB18030 文本：请另存为 UTF-8。",
    )


def write_caption(picture: Path, caption: str) -> Path:
    """Write a picture's caption into the `.txt` beside it, atomically; returns that path."""
    path = picture.with_suffix(".txt")
    write_atomically(path, caption.strip() + "\n")
    return path
