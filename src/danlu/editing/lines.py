"""A line of a caption taken apart into its tags, and put together again; a sentence in it stays in one piece.

    ohwx ||| smile, long hair;;;hair ribbon, {red|blue} hat, She sits in a park, reading.

A line has sections (between the usual marks of `CaptionConfig.keep_separator`), a section has groups (between commas),
a group has tags, nearly always one (else joined by the usual `group_separator`). Commas within brackets part nothing.
What reads as a sentence becomes one `Sentence`, commas and all, which no operation on tags tears apart.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from itertools import pairwise, takewhile
from typing import NamedTuple

KEEP_MARK = "|||"
GROUP_MARK = ";;;"

_OPENING, _CLOSING = "([{", ")]}"
_END = re.compile(r"[\w)\"'”’][.!?。！？][\"'”’)]*$")
_OPENS = re.compile(r"(an?|this|there|(photo|picture|image|portrait|painting|illustration) of) |一[个位名只张幅]", re.I)
_WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_WIDE_IN_A_WORD = 1.5
"""How many Chinese, Japanese or Korean characters weigh as much as one English word."""
_FEWEST_WORDS = 4
"""Of the first part of a sentence: tags are shorter, as a rule."""
_MANY_WORDS = 8
"""More than any usual tag has."""
_SHORT = 2.5
"""Words that a tag has, as a rule; the parts of a sentence have more."""


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
    return [text[begin:end] for begin, end in _parts(text)]


def _groups(section: str) -> Iterator[Group]:
    places = _parts(section)
    parts = [section[begin:end] for begin, end in places]
    at = 0
    while at < len(parts):
        end = _end_of_sentence(parts, at)
        if end > at:
            yield (Sentence(section[places[at][0] : places[end - 1][1]]),)
        elif tags := tuple(tag.strip() for tag in parts[at].split(GROUP_MARK) if tag.strip()):
            yield tags
        at = max(end, at + 1)


def _parts(text: str) -> list[tuple[int, int]]:
    """Where the texts between commas begin and end, blanks left out; brackets that don't close are mere signs."""
    commas: list[int] = []
    depth = 0
    for at, sign in enumerate(text):
        if sign in _OPENING and (at == 0 or text[at - 1].isspace() or text[at - 1] in ",，" + _OPENING):
            depth += 1
        elif sign in _CLOSING:
            depth = max(0, depth - 1)
        elif sign in ",，" and depth == 0:
            commas.append(at)
    if depth:
        commas = [comma.start() for comma in re.finditer("[,，]", text)]
    places: list[tuple[int, int]] = []
    for begin, end in pairwise([-1, *commas, len(text)]):
        part = text[begin + 1 : end]
        if part.strip():
            begin += 1 + len(part) - len(part.lstrip())
            places.append((begin, begin + len(part.strip())))
    return places


def _end_of_sentence(parts: list[str], start: int) -> int:
    """Up to which part a sentence goes that begins with the part `start`; `start` if that is a tag.

    A sentence begins with a part of several words. It is alone; or it goes up to a full stop, unless its other parts
    are as short as tags; or it begins like a description and goes on as long as parts have some words; or the part is
    longer than tags are.
    """
    words = _words(parts[start])
    if words < _FEWEST_WORDS:
        return start
    if len(parts) == 1:
        return 1
    stop = next((at + 1 for at in range(start, len(parts)) if _END.search(parts[at])), None)
    if stop and sum(map(_words, parts[start:stop])) > _SHORT * (stop - start):
        return stop
    if _OPENS.match(parts[start]):
        return start + 1 + sum(1 for _ in takewhile(lambda part: _words(part) > _SHORT, parts[start + 1 :]))
    return start + (words > _MANY_WORDS)


def _words(text: str) -> float:
    """How many words a part has; joined tags aren't taken for words."""
    if GROUP_MARK in text:
        return 0
    return len(_WIDE.sub(" ", text).split()) + len(_WIDE.findall(text)) / _WIDE_IN_A_WORD
