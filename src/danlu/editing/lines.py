"""A line of a caption taken apart into its tags, and put together again; a sentence in it stays in one piece.

    ohwx ||| smile, long hair;;;hair ribbon, {red|blue} hat, She sits in a park, reading.

A line has sections (between the usual marks of `CaptionConfig.keep_separator`), a section has groups (between commas),
a group has tags, nearly always one (else joined by the usual `group_separator`). Commas within brackets part nothing.
What reads as a sentence becomes one `Sentence`, commas and all, which no operation on tags tears apart.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

KEEP_MARK = "|||"
GROUP_MARK = ";;;"

_OPENING, _CLOSING = "([{", ")]}"
_END = re.compile(r"[\w)\"'”’][.!?。！？][\"'”’)]*$")
_WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_WIDE_IN_A_WORD = 1.5
"""How many Chinese, Japanese or Korean characters weigh as much as one English word."""
_FEWEST_WORDS = 4
"""Of the first part of a sentence: tags are shorter, as a rule."""
_MANY_WORDS = 6
"""More than any usual tag has."""


class Sentence(str):
    """A part of a caption that reads as a sentence, or as several."""

    __slots__ = ()


Group = tuple[str, ...]
Section = tuple[Group, ...]


class Line(NamedTuple):
    """One line of a caption."""

    sections: tuple[Section, ...] = ((),)

    def __str__(self) -> str:
        sections = (", ".join(GROUP_MARK.join(group) for group in section) for section in self.sections)
        return f" {KEEP_MARK} ".join(sections).strip()

    @property
    def tags(self) -> Iterator[str]:
        """Every tag and sentence, from left to right."""
        return (tag for section in self.sections for group in section for tag in group)

    def map_sections(self, change: Callable[[Section], Iterable[Group]]) -> "Line":
        """The line with every section changed."""
        return Line(tuple(tuple(change(section)) for section in self.sections))

    def map_tags(self, change: Callable[[str], Iterable[str]]) -> "Line":
        """The line with every tag replaced by none, one or several; groups that are left empty vanish.

        What replaces a tag that stands alone stands alone too; what replaces one of a group stays in the group.
        """

        def mapped(section: Section) -> Iterator[Group]:
            for group in section:
                tags = tuple(new for tag in group for new in change(tag))
                if len(group) == 1:
                    yield from ((tag,) for tag in tags)
                elif tags:
                    yield tags

        return self.map_sections(mapped)

    def with_head(self, tags: Iterable[str]) -> "Line":
        """The line with tags before all others."""
        first, *others = self.sections
        return Line(((*((tag,) for tag in tags), *first), *others))

    def with_tail(self, tags: Iterable[str]) -> "Line":
        """The line with tags behind all others."""
        *others, last = self.sections
        return Line((*others, (*last, *((tag,) for tag in tags))))


@lru_cache(maxsize=2**12)
def read_line(text: str) -> Line:
    """A line of a caption; `str` of it differs from the text in blanks and kinds of commas only."""
    return Line(tuple(tuple(_groups(section)) for section in text.split(KEEP_MARK)))


def read_lines(caption: str | None) -> list[Line]:
    """The lines of a caption that aren't blank."""
    return [read_line(line) for line in (caption or "").splitlines() if line.strip()]


def tags_of(caption: str | None) -> list[str]:
    """Every tag and sentence of a caption, of all its lines."""
    return [tag for line in read_lines(caption) for tag in line.tags]


def edit_caption(caption: str | None, change: Callable[[Line], Line]) -> str | None:
    """The caption with each line changed. A line that stays the same keeps its spelling, one left empty vanishes; a
    missing or empty caption is one empty line, and None as long as nothing comes into it.
    """
    if not (caption or "").strip():
        return str(change(Line())) or caption
    lines: list[str] = []
    for text in (caption or "").splitlines():
        line = read_line(text)
        changed = change(line) if text.strip() else line
        if changed == line:
            lines.append(text)
        elif str(changed):
            lines.append(str(changed))
    return "\n".join(lines).strip()


def split_tag_list(text: str) -> list[str]:
    """The tags of a list that somebody typed: commas within brackets part nothing."""
    return [part for _, part in _parts(text)]


def _groups(section: str) -> Iterator[Group]:
    parts = _parts(section)
    start = _start_of_sentence(section, [part for _, part in parts])
    for _, part in parts[:start]:
        tags = tuple(tag.strip() for tag in part.split(GROUP_MARK) if tag.strip())
        if tags:
            yield tags
    if start < len(parts):
        yield (Sentence(section[parts[start][0] :].strip(" \t,，")),)


def _parts(text: str) -> list[tuple[int, str]]:
    """What stands between commas, with the places where it begins; brackets that don't close are mere signs."""
    parts: list[tuple[int, str]] = []
    begin = depth = 0
    for at, sign in enumerate(text):
        if sign in _OPENING and (at == 0 or text[at - 1].isspace() or text[at - 1] in ",，" + _OPENING):
            depth += 1
        elif sign in _CLOSING:
            depth = max(0, depth - 1)
        elif sign in ",，" and depth == 0:
            parts.append((begin, text[begin:at]))
            begin = at + 1
    parts.append((begin, text[begin:]))
    if depth:
        begins = [0, *(comma.end() for comma in re.finditer("[,，]", text))]
        ends = [*(comma.start() for comma in re.finditer("[,，]", text)), len(text)]
        parts = [(begin, text[begin:end]) for begin, end in zip(begins, ends, strict=True)]
    return [(begin, part.strip()) for begin, part in parts if part.strip()]


def _start_of_sentence(text: str, parts: list[str]) -> int:
    """From which part on a section reads as a sentence; the number of parts if it doesn't.

    A sentence begins with a part of several words. It is all of the section; or it ends with a full stop; or it begins
    with an article or with a long part; and the parts after it aren't as short as tags.
    """
    words = [_words(part) for part in parts]
    start = next((at for at, count in enumerate(words) if count >= _FEWEST_WORDS), len(parts))
    if start == len(parts):
        return start
    mean = sum(words[start:]) / len(words[start:])
    ends = mean > 2.5 and _END.search(text.rstrip(" \t,，")) is not None
    opens = mean > 3.5 and (parts[start].lower().startswith(("a ", "an ")) or words[start] > _MANY_WORDS)
    return start if len(parts) == 1 or ends or opens else len(parts)


def _words(text: str) -> float:
    return len(_WIDE.sub(" ", text).split()) + len(_WIDE.findall(text)) / _WIDE_IN_A_WORD
