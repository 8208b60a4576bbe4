"""Forms that a text must have: a regular expression for programs, and a sentence that says the same to people."""

from danlu.kit.language import Text

_MEANINGS: dict[str, Text] = {}


def form(pattern: str, en: str, zh: str) -> str:
    """A pattern for pydantic's `Field(pattern=…)`; the phrase tells what the text "must be" ("必须")."""
    _MEANINGS[pattern] = Text(en, zh)
    return pattern


def meaning_of(pattern: str) -> Text | None:
    """What a pattern asks for, in words; None for one that wasn't made by `form`."""
    return _MEANINGS.get(pattern)
