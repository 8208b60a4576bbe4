"""Which tags are meant: by their name, in which case and underscores don't matter, or by a name with `*` in it."""

import re
from collections.abc import Iterable
from functools import lru_cache

from danlu.editing.lines import Sentence

_STAR = re.compile(r"(\\\*|\*)")


@lru_cache(maxsize=2**16)
def key_of(tag: str) -> str:
    """What two spellings of one tag have in common: "Red_Hair" and "red  hair" are the same."""
    return " ".join(tag.casefold().replace("_", " ").split())


def has_wildcard(pattern: str) -> bool:
    """Whether a pattern has a `*`; one behind a backslash is a mere sign."""
    return "*" in _STAR.split(pattern)


def matches(pattern: str, tag: str) -> bool:
    """Whether a tag is meant by a name; one with a `*` never means a sentence, which only its exact words do."""
    if has_wildcard(pattern):
        return not isinstance(tag, Sentence) and _compiled(pattern).fullmatch(key_of(tag)) is not None
    return key_of(pattern.replace("\\*", "*")) == key_of(tag)


def matches_any(patterns: Iterable[str], tag: str) -> bool:
    """Whether a tag is meant by one of several names."""
    return any(matches(pattern, tag) for pattern in patterns)


def occurs(pattern: str, tag: str) -> bool:
    """Whether a tag is meant by a name, or the name's words stand in a sentence one after the other."""
    if matches(pattern, tag):
        return True
    return isinstance(tag, Sentence) and _compiled(pattern, words=True).search(key_of(tag)) is not None


def stands_in(words: str, text: str) -> bool:
    """Whether words stand somewhere in a text, one after the other, as words of their own."""
    return _compiled(words.replace("*", "\\*"), words=True).search(key_of(text)) is not None


@lru_cache(maxsize=1024)
def _compiled(pattern: str, *, words: bool = False) -> "re.Pattern[str]":
    """For a whole tag; or for words somewhere in a text, where a `*` doesn't reach beyond its word."""
    any_text = r"\w*" if words else ".*"
    pieces = [piece for piece in _STAR.split(" ".join(pattern.casefold().replace("_", " ").split())) if piece]
    said = "".join(any_text if piece == "*" else re.escape(piece.replace("\\*", "*")) for piece in pieces)
    if not words:
        return re.compile(said, re.DOTALL)
    # Chinese has no blanks between words: there, a name may stand anywhere.
    before = r"(?<![a-z0-9])" if pattern[:1].isascii() and pattern[:1].isalnum() else ""
    after = r"(?![a-z0-9])" if pattern[-1:].isascii() and pattern[-1:].isalnum() else ""
    return re.compile(before + said + after)
