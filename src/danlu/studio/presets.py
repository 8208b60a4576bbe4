"""Presets: settings that somebody saved under a name, to begin further trainings with.

A preset is the part of a recipe that they chose themselves, so that it goes on top of whatever suits another dataset,
base and theme.
"""

from collections.abc import Mapping
from typing import Any

from danlu.kit.language import Text
from danlu.recipe import merge, parse_recipe
from danlu.store.runs import read_settings, write_settings
from danlu.studio.context import Studio
from danlu.studio.problems import ProblemError

MOST = 100
_KEY = "presets"
_ANY_DATASET = {"dataset": {"path": "."}}


def presets_of(studio: Studio, owner: str) -> dict[str, dict[str, Any]]:
    """The settings of each preset, by name, in the order of the names."""
    return dict(sorted(read_settings(studio.database, owner).get(_KEY, {}).items()))


def save_preset(studio: Studio, owner: str, name: str, settings: Mapping[str, Any]) -> None:
    """Save settings under a name, in place of what had it. Raises `UserError` for settings that no recipe can have."""
    recipe = parse_recipe(merge(_ANY_DATASET, settings), "")
    kept = recipe.model_dump(mode="json", exclude_unset=True)
    kept.get("dataset", {}).pop("path", None)
    saved = {**presets_of(studio, owner), name: {table: values for table, values in kept.items() if values != {}}}
    if len(saved) > MOST:
        text = Text(f"There are {MOST} presets: remove one first.", f"已有 {MOST} 个预设：请先删除一个。")
        raise ProblemError(409, "conflict", text, field="name")
    write_settings(studio.database, owner, {_KEY: saved})


def drop_preset(studio: Studio, owner: str, name: str) -> None:
    """Remove a preset. Raises `ProblemError` if there is none of this name."""
    saved = presets_of(studio, owner)
    if saved.pop(name, None) is None:
        text = Text(f"There is no preset named '{name[:100]}'.", f"没有名为“{name[:100]}”的预设。")
        raise ProblemError(404, "missing", text, field="name")
    write_settings(studio.database, owner, {_KEY: saved})
