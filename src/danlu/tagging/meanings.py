"""What tags mean in Chinese: for people who see tags in English and think in another language.

The program has a list of common ones. A file `tags.zh.csv` beside a tagger's list of tags (`tag,meaning` a line, as the
translation files of tag completion for A1111 are) adds to it.
"""

import csv
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path

from danlu.kit.errors import UserError
from danlu.kit.places import data_folder
from danlu.tagging.base import find_tagger
from danlu.tagging.wording import SCALES
from danlu.tagging.words import canonical

FILE = "tags.zh.csv"
_COLOURS = {
    "black": "黑色",
    "white": "白色",
    "grey": "灰色",
    "gray": "灰色",
    "silver": "银色",
    "red": "红色",
    "orange": "橙色",
    "yellow": "黄色",
    "blonde": "金色",
    "gold": "金色",
    "green": "绿色",
    "aqua": "水蓝色",
    "blue": "蓝色",
    "purple": "紫色",
    "pink": "粉色",
    "brown": "棕色",
    "light": "浅色",
    "dark": "深色",
}


def meaning_of(tag: str, folder: Path | None = None) -> str | None:
    """What a tag means in Chinese, in any spelling; None if nobody has said. `folder` is a tagger's."""
    name = canonical(tag).lower()
    own = _own(folder) if folder is not None else {}
    known = own.get(name) or _common().get(name)
    if known is not None:
        return known
    colour, _, thing = name.partition(" ")
    rest = own.get(thing) or _common().get(thing)
    return _COLOURS[colour] + rest if rest and colour in _COLOURS else None


def known_tags(taggers: Sequence[str]) -> Mapping[str, str | None]:
    """The tags of some taggers, as captions spell them, and what they mean. Taggers that can't be read have none."""
    found: dict[str, str | None] = {}
    for name in taggers:
        with suppress(UserError):
            tagger = find_tagger(name)
            found |= {one.name: meaning_of(one.name, tagger.folder) for one in tagger.tags if one.category not in SCALES}
    return found


@cache
def _common() -> Mapping[str, str]:
    return _read(data_folder() / FILE, 0)


def _own(folder: Path) -> Mapping[str, str]:
    path = folder / FILE
    return _read(path, path.stat().st_mtime_ns) if path.is_file() else {}


@cache
def _read(path: Path, _stamp: int) -> Mapping[str, str]:
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        rows = [row for row in csv.reader(file) if len(row) > 1 and not row[0].startswith("#")]
    return {canonical(row[0]).lower(): row[-1].strip() for row in rows}
