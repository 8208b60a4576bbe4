"""Captions: the text file beside a picture, its tags, and the caption that one training step sees.

A caption file goes in as bytes of several encodings; `final_caption` is a pure function of (caption, settings, random
generator, moment), so that a run can be repeated.
"""

import random
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from danlu.datasets.encodings import Guess, guess_text
from danlu.datasets.wildcards import all_options, draw_options, lines_of
from danlu.encoders.emphasis import plain_text, split_outside_brackets
from danlu.kit.errors import UserError
from danlu.kit.files import write_atomically
from danlu.kit.language import Text
from danlu.kit.lengths import read_span, span_steps


class CaptionConfig(BaseModel):
    """What happens to a caption each time its picture is trained on.
    中文: 标注在训练中如何使用：打乱、丢弃、前后缀。
    """

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    shuffle: bool = False
    """Shuffle the tags of a caption at every step, except the first `keep_tokens`.
    中文: 每一步打乱标签顺序（前 `keep_tokens` 个除外）。
    Label: Shuffle tags / 打乱标签"""
    keep_tokens: int = Field(default=1, ge=0, le=75)
    """How many tags at the head (the trigger word first) are never shuffled or dropped.
    中文: 开头多少个标签固定不动（触发词放在最前），既不打乱也不丢弃。
    Label: Keep first tags / 保留前 N 个标签（Keep tokens）"""
    tag_dropout: float = Field(default=0.0, ge=0, le=1)
    """Chance that a tag is left out at a step, except the first `keep_tokens`.
    中文: 每一步丢弃单个标签的概率（前 `keep_tokens` 个除外）。
    Label: Tag dropout / 标签丢弃率"""
    caption_dropout: float = Field(default=0.0, ge=0, le=1)
    """Chance that the whole caption is left out at a step, which trains the empty prompt.
    中文: 每一步丢弃整条标注的概率，用来训练空提示词。
    Label: Caption dropout / 标注丢弃率"""
    caption_dropout_epochs: int | None = Field(default=None, ge=1)
    """Leaves all captions out in every so many epochs: 3 in the third, the sixth and so on. Empty never does.
    中文: 每隔这么多轮丢弃全部标注：3 表示第 3、6、… 轮。留空则从不。
    Label: Drop captions every N epochs / 每 N 轮丢弃标注"""
    prefix: str = ""
    """Tags put before every caption; never shuffled or dropped, and not counted by `keep_tokens`.
    中文: 加在每条标注最前面的标签；不打乱、不丢弃，也不计入 `keep_tokens`。
    Label: Caption prefix / 标注前缀"""
    suffix: str = ""
    """Tags put after every caption; never shuffled or dropped.
    中文: 加在每条标注最后面的标签；不打乱、不丢弃。
    Label: Caption suffix / 标注后缀"""
    keep_separator: str = ""
    """A mark in captions such as "|||": what stands before it is never shuffled or dropped, nor what stands after a
    second one. Captions without it go by `keep_tokens`.
    中文: 标注中的固定标记，如 "|||"：其前的标签（以及第二个标记之后的标签）不打乱、不丢弃；没有该标记的标注按
    `keep_tokens` 处理。
    Label: Keep separator / 保留分隔符"""
    group_separator: str = ""
    """A mark in captions such as ";;;" between tags that stay together when tags are shuffled or dropped; it becomes a
    comma.
    中文: 标注中的组内分隔符，如 ";;;"：由它连接的标签作为整体打乱或丢弃，最后换成逗号。
    Label: Group separator / 分组分隔符"""
    wildcards: bool = False
    """Draw anew each time a picture is shown: one line of a caption with several, and one option of each {a|b|c}. Write
    {{ and }} for braces that are meant.
    中文: 每次训练到图片时重新抽取：多行标注取其中一行，{a|b|c} 取其中一项。需要花括号本身时写 {{ 和 }}。
    Label: Wildcards / 通配写法"""
    tag_warmup: str = "0 steps"
    """Over how much of the run the tags come in one after the other, counted after the kept ones: "200 steps" or "10%".
    中文: 标签预热：用多长时间（"200 steps" 或 "10%"）让固定标签之后的标签逐个加入。
    Label: Tag warm-up / 标签预热"""
    tag_warmup_start: int = Field(default=1, ge=0)
    """With how many of these tags the warm-up starts.
    中文: 标签预热开始时已有的标签数。
    Label: Tags at warm-up start / 预热起始标签数"""

    weighted: bool = False
    """Take brackets in captions as emphasis: (word:1.2) and (word) count more, [word] less; brackets that are meant are
    written `\\(` and `\\)`. A comma within brackets doesn't part tags. Off, brackets are text.
    中文: 将标注中的括号视为强调：(word:1.2)、(word) 加强，[word] 减弱；括号本身写作 `\\(` 和 `\\)`；
    括号内的逗号不分隔标签。关闭时括号只是普通文字。
    Label: Weighted captions / 标注权重语法"""

    @field_validator("tag_warmup", mode="before")
    @classmethod
    def _is_span(cls, value: Any) -> str:
        return read_span(value)

    @field_validator("keep_separator", "group_separator")
    @classmethod
    def _is_mark(cls, value: str) -> str:
        if re.search(r"[\s,，{}]", value):
            raise ValueError(
                "write a mark without blanks, commas or braces, which mean something else in captions"
                "|请使用不含空白、逗号和花括号的标记，它们在标注中另有含义"
            )
        return value

    @model_validator(mode="after")
    def _every_setting_has_an_effect(self) -> "CaptionConfig":
        if self.tag_warmup_start != 1 and self.tag_warmup in ("0 steps", "0%"):
            raise ValueError(
                "tag_warmup_start has no effect without tag_warmup: leave it out, or set that too."
                "|没有 tag_warmup 时 tag_warmup_start 不起作用：请删去，或一并设置。"
            )
        marks = self.keep_separator, self.group_separator
        if all(marks) and (marks[0] in marks[1] or marks[1] in marks[0]):
            raise ValueError(
                "keep_separator and group_separator can't be told apart: choose marks of different signs."
                "|keep_separator 与 group_separator 无法区分：请选用不同的符号。"
            )
        return self

    @property
    def seldom_repeats(self) -> bool:
        """Whether a picture gets another caption nearly every time, so that keeping them on disk is of little use."""
        return self.shuffle or self.tag_dropout > 0


class Moment(NamedTuple):
    """When in a run a caption is shown."""

    epoch: int
    """Counted from 1."""
    steps_done: int
    total_steps: int


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


def split_caption(caption: str, config: CaptionConfig) -> list[str]:
    """The tags of a caption; with emphasis, what stands in brackets stays together."""
    if not config.weighted:
        return split_tags(caption)
    return [tag for part in split_outside_brackets(caption, ",，".__contains__) if (tag := part.strip())]


def plain_caption(caption: str, config: CaptionConfig) -> str:
    """What a caption says, without emphasis."""
    return plain_text(caption) if config.weighted else caption


def final_caption(caption: str, config: CaptionConfig, rng: random.Random, moment: Moment) -> str:
    """The caption as one training step sees it.

    Order: whole caption dropped; line and options drawn; split into fixed and flexible tags, if anything happens to
    them; warm-up, shuffle and dropout of the flexible ones; put together, prefix and suffix around. A caption whose
    tags nothing happens to stays as it was written.
    """
    if config.caption_dropout and rng.random() < config.caption_dropout:
        return ""
    if config.caption_dropout_epochs and moment.epoch % config.caption_dropout_epochs == 0:
        return ""
    lines = lines_of(caption)
    parts = (config.prefix, lines[0], config.suffix)
    if config.wildcards:
        line = rng.choice(lines)
        parts = tuple(draw_options(part, rng) for part in (config.prefix, line, config.suffix))
    warming = moment.steps_done < span_steps(config.tag_warmup, moment.total_steps)
    if not (config.shuffle or config.tag_dropout or warming):
        return _assemble(parts, config)

    def thin(tags: list[str]) -> list[str]:
        if warming:
            tags = tags[: _warmed_up(len(tags), config, moment)]
        if config.shuffle:
            rng.shuffle(tags)
        return [tag for tag in tags if rng.random() >= config.tag_dropout] if config.tag_dropout else tags

    return _assemble(parts, config, thin)


def possible_captions(caption: str, config: CaptionConfig) -> list[str]:
    """What a caption can be before its tags are shuffled or dropped: for each line that may be shown as many texts as
    its longest choice has options, in which each option comes up. The first is how one would write it as a prompt.
    """
    lines = lines_of(caption)
    if not config.wildcards:
        return [_assemble((config.prefix, lines[0], config.suffix), config)]
    around = all_options(config.prefix), all_options(config.suffix)
    return [
        _assemble((before[turn % len(before)], middle[turn % len(middle)], after[turn % len(after)]), config)
        for middle, (before, after) in ((all_options(line), around) for line in lines)
        for turn in range(max(map(len, (before, middle, after))))
    ]


def _assemble(
    parts: Sequence[str], config: CaptionConfig, change: Callable[[list[str]], list[str]] | None = None
) -> str:
    """Prefix, text and suffix as one caption, after `change` of the text's flexible tags."""
    prefix, text, suffix = parts
    mark = config.keep_separator
    if mark and mark in text:
        head, flexible, tail = (*(split_caption(part, config) for part in text.split(mark, 2)), [])[:3]
        text = join_tags([*head, *(change(flexible) if change else flexible), *tail])
    elif change:
        tags = split_caption(text, config)
        text = join_tags(tags[: config.keep_tokens] + change(tags[config.keep_tokens :]))
    if config.group_separator:
        text = re.sub(rf"\s*{re.escape(config.group_separator)}\s*", ", ", text)
    # Joined as tags: a prefix glued to the text would fuse with the first tag when it has no comma of its own.
    return ", ".join(part for part in (_bare(prefix), text, _bare(suffix)) if part)


def _bare(text: str) -> str:
    """A prefix or suffix without the commas and blanks at its ends."""
    return text.strip(",， \t")


def _warmed_up(count: int, config: CaptionConfig, moment: Moment) -> int:
    """How many of `count` flexible tags are shown: from `tag_warmup_start` on, in proportion to the steps done."""
    start = min(config.tag_warmup_start, count)
    return start + moment.steps_done * (count - start) // span_steps(config.tag_warmup, moment.total_steps)


def read_caption(path: Path, before: bytes | None = None) -> Caption:
    """Read a caption file: UTF-8 with or without BOM, UTF-16 with BOM, else what it most likely is, with a notice.
    With `before`, that is taken for what the file holds.

    Raises `UserError` naming the file if it can't be read or is no text in any of these.
    """
    try:
        content = path.read_bytes() if before is None else before
    except OSError as error:
        raise UserError(
            f"The caption '{path}' can't be read ({error.strerror}).", f"无法读取标注文件“{path}”（{error.strerror}）。"
        ) from error
    text, guess = decode_caption(path, content)
    return Caption(text.strip(), _tell_guess(path.name, guess) if guess else None)


def decode_caption(path: Path | str, content: bytes) -> tuple[str, Guess | None]:
    """The text of a caption file, and how it was read if that had to be guessed: it is neither UTF-8 (with or without
    BOM) nor UTF-16 with BOM.

    Raises `UserError` naming the file if it is no text in any encoding that is known.
    """
    marked = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        text = content.decode("utf-16" if marked else "utf-8-sig")
        if "\0" not in text:
            return text, None
    except UnicodeDecodeError:
        if not marked and (guess := guess_text(content)):
            return guess.text, guess
    raise UserError(
        f"The caption '{path}' isn't text in UTF-8 or another encoding that is known: save it as UTF-8.",
        f"标注文件“{path}”不是 UTF-8，也不是其他可识别编码的文本：请另存为 UTF-8。",
    )


def _tell_guess(name: str, guess: Guess) -> Text:
    if guess.rival is None:
        return Text(
            f"'{name}' isn't UTF-8; it was read as {guess.name}. Save it as UTF-8 to be sure.",
            f"“{name}”不是 UTF-8，已按 {guess.name} 读取；建议另存为 UTF-8。",
        )
    other = (
        Text("", "")
        if guess.rival == guess.name
        else Text(f", though it may be {guess.rival}", f"（也可能是 {guess.rival}）")
    )
    return Text(
        f"'{name}' isn't UTF-8; it was read as {guess.name}{other.en}, which is doubtful: look at it, and save it as "
        "UTF-8.",
        f"“{name}”不是 UTF-8，已按 {guess.name} 读取{other.zh}，不一定正确：请检查后另存为 UTF-8。",
    )


def write_caption(picture: Path, caption: str) -> Path:
    """Write a picture's caption into the `.txt` beside it, atomically; returns that path."""
    path = picture.with_suffix(".txt")
    write_atomically(path, caption.strip() + "\n")
    return path
