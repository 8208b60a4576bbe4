"""What the web app says, read off its catalogues (`web/src/i18n`): tests name a text by its key, never by its words."""

import functools
import json
import re
from pathlib import Path
from typing import Literal

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = ("en", "zh")
CATALOGUES = Path(__file__).parents[2] / "web" / "src" / "i18n"
_ENTRY = re.compile(r"""^\s*"([\w.\-]+)":\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')""", re.MULTILINE)


@functools.cache
def catalogue(language: Language) -> dict[str, str]:
    """All texts of a language by their keys."""
    files = sorted((CATALOGUES / language).glob("*.ts"))
    entries = [entry for file in files for entry in _ENTRY.findall(file.read_text("utf-8"))]
    return {key: _text(quoted) for key, quoted in entries}


def _text(quoted: str) -> str:
    """A string of TypeScript as prettier writes it: in single quotes only if it holds double ones."""
    inner = quoted[1:-1]
    return json.loads(quoted) if quoted[0] == '"' else json.loads('"' + inner.replace('"', '\\"') + '"')


def word(language: Language, key: str, **values: object) -> str:
    """A text with its braces filled, as `fill` in `web/src/i18n/index.tsx` does."""
    one, _, many = catalogue(language)[key].partition("|")
    chosen = many if many and values.get("count") != 1 else one
    return re.sub(r"\{(\w+)\}", lambda match: str(values.get(match[1], "")), chosen)


def pattern(language: Language, key: str) -> "re.Pattern[str]":
    """What a text looks like whatever its braces are filled with."""
    forms = catalogue(language)[key].split("|")
    escaped = (re.sub(r"\\\{\w+\\\}", ".+", re.escape(form)) for form in forms)
    return re.compile("|".join(escaped))
