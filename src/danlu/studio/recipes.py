"""From a client's settings to a recipe and back: ids stand for what lies here, and no other place is ever read."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from danlu.kit.errors import UserError
from danlu.kit.language import Text
from danlu.kit.validation import setting_named
from danlu.pipeline.plan import Plan, make_plan
from danlu.recipe import Recipe, parse_recipe
from danlu.studio.adapters import find_adapter_of, reference_of
from danlu.studio.bases import find_base_of, find_bases, settings_of
from danlu.studio.context import Studio, require_dataset
from danlu.studio.library import contents_of
from danlu.studio.problems import ProblemError

FOREIGN = (("base", "vae"), ("dataset", "regularization"), ("dataset", "masks", "folder"))
"""Settings that name further files or folders."""
START = "adapter.start_from"


def recipe_of(studio: Studio, owner: str, dataset_id: str, values: Mapping[str, Any]) -> Recipe:
    """The recipe of a client on a dataset of the studio. Raises `UserError` or `ProblemError` for what can't be."""
    dataset = require_dataset(studio, owner, dataset_id)
    root = studio.folder.dataset(dataset.folder)
    contents_of(root).require()
    given = {**values, "dataset": {**_table(values, "dataset"), "path": str(root)}}
    base = _table(given, "base")
    given["base"] = {**base, "path": find_base_of(studio, owner, str(base.get("path", "danlu-mini"))).path}
    given = _with_start(studio, owner, given)
    allowed = [Path(one).expanduser().resolve() for one in settings_of(studio, owner).base_folders]
    for keys, path in _foreign(given):
        if not any(Path(path).expanduser().resolve().is_relative_to(one) for one in (root.resolve(), *allowed)):
            key = ".".join(keys)
            text = Text(
                f"'{key}' must lie in the dataset or in one of the folders of the settings.",
                f"“{key}”必须位于数据集中，或设置里列出的文件夹中。",
            )
            raise ProblemError(422, "invalid", text, field=key)
    return parse_recipe(given, "")


def _with_start(studio: Studio, owner: str, given: dict[str, Any]) -> dict[str, Any]:
    """With the file of the reference that a recipe begins from."""
    adapter = _table(given, "adapter")
    reference = adapter.get("start_from")
    if not reference:
        return given
    found = find_adapter_of(studio, owner, str(reference), START)
    return {**given, "adapter": {**adapter, "start_from": str(found.path)}}


def with_reference(recipe: Recipe, values: Mapping[str, Any]) -> Recipe:
    """A recipe of `recipe_of` that names what it begins from as its client does."""
    start = _table(values, "adapter").get("start_from") or None
    return recipe.model_copy(update={"adapter": recipe.adapter.model_copy(update={"start_from": start})})


def plan_of(recipe: Recipe) -> Plan:
    """What a recipe will do. Raises `UserError` with the setting that it is about, where its sentence names one."""
    try:
        return make_plan(recipe)
    except UserError as error:
        error.field = error.field or setting_named(error.text.en, Recipe)
        raise


def shown_recipe(studio: Studio, owner: str, recipe: Recipe) -> dict[str, Any]:
    """A recipe as clients see it: every setting; base and start by their ids, if still here."""
    values = recipe.model_dump(mode="json")
    found = (one.id for one in find_bases(studio, owner)[0] if one.path == recipe.base.path)
    start = recipe.adapter.start_from
    begun = reference_of(studio, owner, Path(start)) if start else None
    return {
        **values,
        "base": {**values["base"], "path": next(found, recipe.base.path)},
        "adapter": {**values["adapter"], "start_from": begun},
    }


def _table(values: Mapping[str, Any], name: str) -> dict[str, Any]:
    table = values.get(name, {})
    if not isinstance(table, dict):
        text = Text(f"'{name}' must be a table of settings.", f"“{name}”必须是一组设置。")
        raise ProblemError(422, "invalid", text, field=name)
    return table


def _foreign(values: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], str]]:
    for keys in FOREIGN:
        found: Any = values
        for key in keys:
            found = found.get(key) if isinstance(found, Mapping) else None
        if isinstance(found, str) and found:
            yield keys, found
