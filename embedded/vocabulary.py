"""The embedded world's words: tag groups in caption order, colours, and what each style can draw.

In: `vocabulary.toml`, `styles.toml`. Out: typed, frozen tables. Everything else in `embedded/` reads tags from here.
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PARTS = ("hair", "expression", "eyes", "glasses", "earrings", "beard", "clothes")
ALWAYS = ("solo", "portrait")


@dataclass(frozen=True)
class Row:
    """One choice of a part: the options it sets, the tags that are then true, how often it is drawn."""

    set: dict[str, str | int]
    tags: tuple[str, ...]
    weight: float
    coloured: bool


@dataclass(frozen=True)
class Style:
    """One drawing style: its tag, its parts, and which DiceBear options carry its colours."""

    name: str
    tag: str
    held_out: bool
    parts: dict[str, tuple[Row, ...]]
    fixed: dict[str, str | int]
    skin: dict[str, str]
    skin_option: str
    clothes_option: str | None
    colour_options: tuple[str, ...]


@cache
def groups() -> dict[str, tuple[str, ...]]:
    """Tags by group, in caption order."""
    return {name: tuple(tags) for name, tags in _read("vocabulary.toml")["groups"].items()}


@cache
def tags() -> tuple[str, ...]:
    """Every tag of the vocabulary in caption order."""
    return tuple(tag for group in groups().values() for tag in group)


@cache
def group_of(tag: str) -> str:
    """The group that a tag belongs to; a held-out style's tag counts as `style`. KeyError if unknown."""
    for name, members in groups().items():
        if tag in members:
            return name
    if any(style.tag == tag for style in styles().values()):
        return "style"
    raise KeyError(tag)


def colours(what: str) -> dict[str, str]:
    """Colour name → hex for `hair`, `clothes`, `background` or `skin`."""
    return dict(_read("vocabulary.toml")["colours"][what])


@cache
def styles() -> dict[str, Style]:
    """Every style by its DiceBear name."""
    return {name: _style(name, table) for name, table in _read("styles.toml").items()}


def in_caption_order(found: set[str]) -> list[str]:
    """Tags sorted as captions write them: by group, a held-out style's tag first."""
    order = {tag: place for place, tag in enumerate(tags())}
    return sorted(found, key=lambda tag: order.get(tag, -1))


def _style(name: str, table: dict[str, Any]) -> Style:
    parts = {
        part: tuple(
            Row(row["set"], tuple(row["tags"]), float(row.get("weight", 1)), bool(row.get("colour", False)))
            for row in table[part]
        )
        for part in PARTS
        if part in table
    }
    return Style(
        name=name,
        tag=table["tag"],
        held_out=bool(table.get("held_out", False)),
        parts=parts,
        fixed=dict(table["fixed"]),
        skin=dict(table.get("skin", colours("skin"))),
        skin_option=table["skin_option"],
        clothes_option=table.get("clothes_option"),
        colour_options=tuple(table["colour_options"]),
    )


@cache
def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((HERE / name).read_text(encoding="utf-8"))
