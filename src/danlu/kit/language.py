"""The two languages that Danlu speaks: which one is on, and texts that exist in both.

A text for people is always written as a pair, English then Chinese, at the place where it is needed:
`pick("done", "完成")`. Documentation strings carry their Chinese after a `中文:` line and are split by `both`.
"""

import inspect
import os
import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

Language = Literal["en", "zh"]
_LABEL = re.compile(r"\s*\bLabel: (.+?) / (.+)\Z")
CHINESE_MARK = "中文:"
LONGEST_NAME = 90


class Text(NamedTuple):
    """One text in both languages."""

    en: str
    zh: str

    def __str__(self) -> str:
        return pick(self.en, self.zh)


class _Choice:
    """The language of this process (a program has one user)."""

    current: Language | None = None


def language_of_locale() -> Language:
    """The language that the environment's locale asks for: `zh` for any Chinese locale, else `en`."""
    for name in ("DANLU_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(name, "")
        if value:
            return "zh" if value.lower().startswith("zh") else "en"
    return "en"


def set_language(language: str | None) -> None:
    """Speak `language` ("en" or "zh") from now on; None follows the locale."""
    _Choice.current = language if language in ("en", "zh") else None


def language() -> Language:
    """The language that is on."""
    return _Choice.current or language_of_locale()


def pick(en: str, zh: str) -> str:
    """Whichever of the two texts belongs to the language that is on."""
    return zh if language() == "zh" else en


def both(docstring: str | None) -> Text:
    """Split a documentation string at its `中文:` line; without one, both languages read the English. Its label isn't
    part of it.
    """
    text = _LABEL.sub("", inspect.cleandoc(docstring or ""))
    english, _, chinese = text.partition(CHINESE_MARK)
    english = english.strip()
    return Text(english, chinese.strip() or english)


def some_of(names: Sequence[str], most: int = 3) -> Text:
    """The first few of many names, each cut where it is very long, and how many more there are."""
    shown = [name if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME]}…" for name in names[:most]]
    more = len(names) - len(shown)
    return Text(
        ", ".join(shown) + (f" and {more} more" if more else ""),
        "、".join(shown) + (f" 等 {len(names)} 项" if more else ""),
    )


def label_of(docstring: str | None) -> Text | None:
    """What a setting is called for people: the last words of its documentation, `Label: Batch size / 批次大小`."""
    found = _LABEL.search(inspect.cleandoc(docstring or ""))
    return Text(found[1], found[2]) if found else None
