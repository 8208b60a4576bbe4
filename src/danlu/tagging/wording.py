"""From one picture's scores to the tags of its caption: which are true, in which order, in which spelling.

Pure functions of stored scores and options, fast enough to try options out: the options are turned into one limit for
each tag once, and a picture is then a comparison.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from danlu.datasets.captions import split_tags
from danlu.kit.errors import UserError, nearest
from danlu.kit.language import Text
from danlu.tagging.base import Category, Tagger, TagInfo
from danlu.tagging.options import Order, TagOptions
from danlu.tagging.words import KAOMOJI, canonical, pattern_of, shown

if TYPE_CHECKING:
    from numpy.typing import NDArray

SCALES: tuple[Category, ...] = ("quality", "rating")
"""Of these one tag is true, the surest; it stands at the end."""


class Wording:
    """How one tagger's scores become tags under the user's options."""

    def __init__(self, tagger: Tagger, options: TagOptions) -> None:
        self.tags = tagger.tags
        self.options = options
        self.notices: list[Text] = []
        self._places = places_of(tagger.groups)
        self._order: Order = options.order or ("groups" if tagger.groups else "confidence")
        self._limits = self._limit_each(tagger)
        self._scales = [self._columns(category) for category in SCALES if category in options.categories]
        self._replacements = {canonical(old): split_tags(new) for old, new in options.replace.items()}
        self._tell_unknown()

    def tags_of(self, scores: "NDArray[np.float32]") -> list[TagInfo]:
        """The tags of one picture (scores of shape (tags,)), in the order of captions."""
        found = [(self.tags[column], float(scores[column])) for column in np.flatnonzero(scores >= self._limits)]
        found.sort(key=self._place)
        surest = [columns[int(scores[columns].argmax())] for columns in self._scales if len(columns)]
        return [tag for tag, _ in found] + [self.tags[column] for column in surest]

    def spell(self, tag: TagInfo) -> list[str]:
        """What is written for a tag."""
        if canonical(tag.name) in self._replacements:
            return self._replacements[canonical(tag.name)]
        spelled = tag.spelled or tag.name
        expand = self.options.expand_characters and tag.category == "character"
        parts = expand_character(spelled) if expand else [spelled]
        words = parts if self.options.underscores else [shown(part) for part in parts]
        return [escape_brackets(word) for word in words] if self.options.escape else words

    def _place(self, found: tuple[TagInfo, float]) -> tuple[float | str, float]:
        tag, score = found
        if self._order == "alphabet":
            return tag.name, 0.0
        return (self._places.get(tag.name, len(self._places)) if self._order == "groups" else 0), -score

    def _limit_each(self, tagger: Tagger) -> "NDArray[np.float32]":
        """The score from which on each tag is true; infinite for those that are never written."""
        options, usual = self.options, tagger.usual
        general = usual.general if options.threshold is None else options.threshold
        names = usual.character if options.character_threshold is None else options.character_threshold
        excluded = pattern_of(options.exclude)
        never = float("inf")

        def limit(tag: TagInfo) -> float:
            if tag.category in SCALES or tag.category not in options.categories or excluded.fullmatch(tag.name):
                return never
            return names if tag.category == "character" else general

        return np.array([limit(tag) for tag in self.tags], np.float32)

    def _columns(self, category: Category) -> "NDArray[np.intp]":
        return np.flatnonzero([tag.category == category for tag in self.tags])

    def _tell_unknown(self) -> None:
        """Rules that fit no tag of the tagger: a slip of the pen, or meant for another one."""
        names = {tag.name for tag in self.tags}
        unknown = [rule for rule in self.options.exclude if not any(map(pattern_of([rule]).fullmatch, names))]
        unknown += [old for old in self.options.replace if canonical(old) not in names]
        for rule in unknown:
            hint = nearest(canonical(rule), names)
            is_near = hint.en.startswith("did you mean") and "*" not in rule
            en, zh = (f": {hint.en}", f"：{hint.zh}") if is_near else (".", "。")
            self.notices.append(Text(f"The tagger knows no tag '{rule}'{en}", f"打标模型没有标签“{rule}”{zh}"))


def read_replacements(rules: Iterable[str]) -> dict[str, str]:
    """Rules as OLD=NEW. Raises `UserError` for another form; without NEW it would be `--exclude`."""
    found: dict[str, str] = {}
    for rule in rules:
        splits = [(rule[:at].strip(), rule[at + 1 :].strip()) for at, sign in enumerate(rule) if sign == "="]
        whole = [(old, new) for old, new in splits if old and split_tags(new)]
        if not whole:
            raise UserError(
                f"--replace: '{rule}' isn't OLD=NEW; to leave a tag out, use --exclude.",
                f"--replace：“{rule}”不是“旧标签=新标签”的形式；若要去掉标签，请用 --exclude。",
            )
        # Faces such as =_= are tags too.
        old, new = next((pair for pair in whole if KAOMOJI.intersection(pair)), whole[0])
        found[old] = new
    return found


def places_of(groups: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """Each grouped tag's place in captions."""
    return {tag: place for place, tags in enumerate(groups.values()) for tag in tags}


def expand_character(tag: str) -> list[str]:
    """`ganyu_(heytea)_(genshin_impact)` as `ganyu_(heytea)` and `genshin_impact`; other tags as they are."""
    match = re.fullmatch(r"(.*[^_ ])[_ ]?\(([^()]+)\)", tag)
    return [match[1], match[2]] if match else [tag]


def escape_brackets(tag: str) -> str:
    """Brackets with a backslash before them, so that they aren't emphasis; those that are written so already stay."""
    return re.sub(r"(?<!\\)([()])", r"\\\1", tag)
