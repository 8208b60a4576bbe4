"""Where recipes come from besides a form: a file, kohya's settings, an earlier run.

A file that somebody sends may name files and folders of any machine: none is opened.
"""

from collections.abc import Iterator
from pathlib import PureWindowsPath
from typing import Any

from danlu.interop.kohya.incoming.recipes import Imported, import_kohya_text
from danlu.interop.kohya.incoming.settings import Fate
from danlu.kit.language import Text
from danlu.kit.parsing import parse_toml
from danlu.recipe import Recipe, load_recipe, parse_recipe
from danlu.store.datasets import find_dataset
from danlu.store.jobs import find_job
from danlu.store.records import RunRecord
from danlu.studio.bases import FoundBase, find_base_of, find_bases
from danlu.studio.context import Studio, require_dataset, run_folder
from danlu.studio.library import contents_of
from danlu.studio.problems import ProblemError
from danlu.studio.recipes import FOREIGN, START, recipe_of, shown_recipe
from danlu.studio.shapes.common import said
from danlu.studio.shapes.imports import FateShape, ImportedShape, KohyaText

_BASE_KEY = "pretrained_model_name_or_path"
_OTHER_MACHINE = Text(
    "a place on another machine is never opened: choose one here", "不会打开其他机器上的位置：请在此处选择"
)
_PICTURES_HERE = Text("the pictures of the dataset here are used", "使用此处数据集中的图片")


def read_toml(text: str) -> dict[str, Any]:
    """Plain values. Raises `ProblemError` that tells the line if it isn't TOML."""
    try:
        return parse_toml(text.replace("\r\n", "\n"))
    except ValueError as error:
        told = Text(f"This isn't valid TOML: {error}.", f"不是有效的 TOML：{error}。")
        raise ProblemError(422, "invalid", told, field="toml") from error


def recipe_of_run(studio: Studio, run: RunRecord) -> Recipe:
    """What a run was trained by, or will be if it hasn't begun. Raises `ProblemError` if there is neither."""
    folder = run_folder(studio, run)
    if folder.recipe.exists():
        return load_recipe(folder.recipe)
    job = find_job(studio.database, run.owner_id, run.job_id)
    if job is None:
        raise ProblemError(404, "missing", Text("This training has no recipe.", "该训练没有配方。"), field="run_id")
    return parse_recipe(job.order["recipe"], "")


def is_dataset_changed(studio: Studio, run: RunRecord) -> bool:
    """Whether what a run was trained on has changed since it began, or is gone."""
    dataset = find_dataset(studio.database, run.owner_id, run.dataset_id) if run.dataset_id else None
    job = find_job(studio.database, run.owner_id, run.job_id)
    began = (job and job.started_at) or run.created_at
    return dataset is None or dataset.changed_at > began


def import_settings(studio: Studio, owner: str, order: KohyaText) -> ImportedShape:
    """A recipe for a dataset here. Raises `UserError` for a text that can't be read or makes no sense."""
    dataset = require_dataset(studio, owner, order.dataset_id)
    root = studio.folder.dataset(dataset.folder)
    contents_of(root).require()
    texts = [order.text, *order.further]
    imported = import_kohya_text(texts, order.name, root)
    named = _base_named(studio, owner, imported)
    base = named or find_base_of(studio, owner, order.base)
    imported = import_kohya_text(texts, order.name, root, base.facts.family)
    values = imported.recipe.model_dump(mode="json", exclude_unset=True)
    values["base"] = {**values.get("base", {}), "path": base.id}
    for *tables, last in FOREIGN:
        table: Any = values
        for name in tables:
            table = table.get(name, {})
        table.pop(last, None)
    values.get("adapter", {}).pop("start_from", None)
    recipe = recipe_of(studio, owner, order.dataset_id, values)
    fates = list(_fates(imported, named))
    return ImportedShape(recipe=shown_recipe(studio, owner, recipe), fates=fates)


def _base_named(studio: Studio, owner: str, imported: Imported) -> FoundBase | None:
    """The base here that is called as the settings' own."""
    given = next((str(fate.value) for fate in imported.fates if fate.key == _BASE_KEY), "")
    name = PureWindowsPath(given).name.casefold().removesuffix(".safetensors")  # reads both kinds of slashes
    return next((one for one in find_bases(studio, owner)[0] if name and one.name.casefold() == name), None)


def _fates(imported: Imported, base: FoundBase | None) -> Iterator[FateShape]:
    elsewhere = {START, *(".".join(keys) for keys in FOREIGN)} | (set() if base else {"base.path"})
    for fate in imported.fates:
        if fate.key == "train_data_dir":
            yield _fate(fate, _PICTURES_HERE)
        elif fate.place in elsewhere:
            yield _fate(fate, _OTHER_MACHINE)
        else:
            yield _fate(fate, None)


def _fate(fate: Fate, elsewhere: Text | None) -> FateShape:
    """A fate; with a reason why its place is left as it was, if it belongs to another machine."""
    reason, place = (elsewhere, None) if elsewhere else (fate.reason, fate.place or None)
    return FateShape(
        key=fate.key,
        value=None if fate.key == "train_data_dir" else fate.value,
        unsaid=fate.is_unsaid,
        place=place,
        found=fate.found if place else None,
        reason=said(reason) if reason else None,
    )
