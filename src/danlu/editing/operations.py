"""What can be done to the tags of a caption: each operation is a value, and a pure function from line to line.

Sentences stay as they are and where they are, unless an operation names one word for word.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from danlu.editing.lines import Group, Line, Section, Sentence
from danlu.editing.patterns import has_wildcard, key_of, matches, matches_any
from danlu.editing.rules import Rules
from danlu.kit.language import Text

Counts = Mapping[str, int]
"""In how many of the dataset's pictures a tag is, by its key."""
End = Literal["head", "tail"]


class Operation(ABC):
    """One thing to do to every line."""

    @property
    @abstractmethod
    def title(self) -> Text:
        """What is done, in a few words."""

    @property
    def named(self) -> tuple[str, ...]:
        """Tags that it would take away or move, as far as they are named without a `*`."""
        return ()

    @abstractmethod
    def apply(self, line: Line, counts: Counts) -> Line:
        """The line after it."""


@dataclass(frozen=True)
class Add(Operation):
    """Put tags at the head or the tail, those that the line doesn't have yet."""

    tags: tuple[str, ...]
    end: End

    @property
    def title(self) -> Text:
        """What is done, in a few words."""
        listed = ", ".join(self.tags)
        return Text(f"add '{listed}' at the {self.end}", f"在{_END[self.end]}添加“{listed}”")

    def apply(self, line: Line, counts: Counts) -> Line:
        """The line with the tags."""
        there = {key_of(tag) for tag in line.tags}
        return _put(line, [tag for tag in _unique(self.tags) if key_of(tag) not in there], self.end)


@dataclass(frozen=True)
class Delete(Operation):
    """Take tags out."""

    patterns: tuple[str, ...]

    @property
    def title(self) -> Text:
        """What is done, in a few words."""
        return Text(f"delete '{', '.join(self.patterns)}'", f"删除“{', '.join(self.patterns)}”")

    @property
    def named(self) -> tuple[str, ...]:
        """The tags to take out."""
        return _without_wildcards(self.patterns)

    def apply(self, line: Line, counts: Counts) -> Line:
        """The line without the tags."""
        return line.map_tags(lambda tag: () if matches_any(self.patterns, tag) else (tag,))


@dataclass(frozen=True)
class Replace(Operation):
    """Write other tags where one is; those that the line has already aren't written twice."""

    pattern: str
    tags: tuple[str, ...]

    @property
    def title(self) -> Text:
        """What is done, in a few words."""
        listed = ", ".join(self.tags)
        return Text(f"replace '{self.pattern}' by '{listed}'", f"将“{self.pattern}”替换为“{listed}”")

    @property
    def named(self) -> tuple[str, ...]:
        """The tag to replace."""
        return _without_wildcards((self.pattern,))

    def apply(self, line: Line, counts: Counts) -> Line:
        """The line with the tags replaced."""
        if not any(matches(self.pattern, tag) for tag in line.tags):
            return line
        changed = line.map_tags(lambda tag: self.tags if matches(self.pattern, tag) else (tag,))
        return _deduped(changed, {key_of(tag) for tag in self.tags})


@dataclass(frozen=True)
class Move(Operation):
    """Bring tags to the head or the tail, in the order in which they are named."""

    patterns: tuple[str, ...]
    end: End

    @property
    def title(self) -> Text:
        """What is done, in a few words."""
        listed = ", ".join(self.patterns)
        return Text(f"move '{listed}' to the {self.end}", f"将“{listed}”移到{_END[self.end]}")

    @property
    def named(self) -> tuple[str, ...]:
        """The tags to move."""
        return _without_wildcards(self.patterns)

    def apply(self, line: Line, counts: Counts) -> Line:
        """The line with the tags moved."""
        found = [tag for pattern in self.patterns for tag in line.tags if matches(pattern, tag)]
        rest = line.map_tags(lambda tag: () if matches_any(self.patterns, tag) else (tag,))
        return _put(rest, list(dict.fromkeys(found)), self.end)


@dataclass(frozen=True)
class Sort(Operation):
    """Bring the tags of each section into an order; sentences keep their places."""

    by: Literal["alphabetical", "frequency"]

    @property
    def title(self) -> Text:
        """What is done, in a few words."""
        if self.by == "frequency":
            return Text("sort by frequency", "按频率排序")
        return Text("sort alphabetically", "按字母排序")

    def apply(self, line: Line, counts: Counts) -> Line:
        """The line in order: by name, or the most frequent tags first and ties as they were."""

        def place(group: Group) -> tuple[int, str]:
            key = key_of(group[0])
            return (0, key) if self.by == "alphabetical" else (-counts.get(key, 0), "")

        def sort(section: Section) -> list[Group]:
            ordered = iter(sorted((group for group in section if not _is_sentence(group)), key=place))
            return [group if _is_sentence(group) else next(ordered) for group in section]

        return line.map_sections(sort)


@dataclass(frozen=True)
class Dedupe(Operation):
    """Keep a tag where it stands first only."""

    @property
    def title(self) -> Text:
        """What is done, in a few words."""
        return Text("remove duplicates", "去除重复标签")

    def apply(self, line: Line, counts: Counts) -> Line:
        """The line with each tag once."""
        return _deduped(line, {key_of(tag) for tag in line.tags})


@dataclass(frozen=True)
class Imply(Operation):
    """Take out tags that others of the line imply, or write them behind those."""

    direction: Literal["remove", "add"]
    rules: Rules = field(repr=False)

    @property
    def title(self) -> Text:
        """What is done, in a few words."""
        if self.direction == "remove":
            return Text("remove implied tags", "删除被蕴含的标签")
        return Text("add implied tags", "补上被蕴含的标签")

    def apply(self, line: Line, counts: Counts) -> Line:
        """The line without the implied tags, or with all of them."""
        implied = {key_of(name) for tag in line.tags for name in self.rules.implied_by(tag)}
        if self.direction == "remove":
            return line.map_tags(lambda tag: () if key_of(tag) in implied else (tag,))
        missing = implied - {key_of(tag) for tag in line.tags}
        if not missing:
            return line

        def with_implied(section: Section) -> list[Group]:
            groups: list[Group] = []
            for group in section:
                names = [name for tag in group for name in self.rules.implied_by(tag)]
                groups += [group, *((name,) for name in names if key_of(name) in missing)]
            return groups

        return _deduped(line.map_sections(with_implied), missing)


@dataclass(frozen=True)
class Respell(Operation):
    """Write tags that have several names in the usual way."""

    rules: Rules = field(repr=False)

    @property
    def title(self) -> Text:
        """What is done, in a few words."""
        return Text("use the usual names", "统一标签写法")

    def apply(self, line: Line, counts: Counts) -> Line:
        """The line in the usual spelling."""
        spelled = {tag: self.rules.spelled(tag) for tag in line.tags}
        respelled = line.map_tags(lambda tag: (spelled[tag],))
        return _deduped(respelled, {key_of(new) for tag, new in spelled.items() if new != tag})


_END = {"head": "开头", "tail": "末尾"}


def _is_sentence(group: Group) -> bool:
    return isinstance(group[0], Sentence)


def _without_wildcards(patterns: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(pattern for pattern in patterns if not has_wildcard(pattern))


def _unique(tags: tuple[str, ...]) -> list[str]:
    unique: dict[str, str] = {}
    for tag in tags:
        unique.setdefault(key_of(tag), tag)
    return list(unique.values())


def _put(line: Line, tags: list[str], end: End) -> Line:
    return line.with_head(tags) if end == "head" else line.with_tail(tags)


def _deduped(line: Line, keys: set[str]) -> Line:
    """The line with the tags of these keys where they stand first only."""
    seen: set[str] = set()

    def first_only(tag: str) -> tuple[str, ...]:
        key = key_of(tag)
        if key in seen:
            return ()
        if key in keys:
            seen.add(key)
        return (tag,)

    return line.map_tags(first_only)
