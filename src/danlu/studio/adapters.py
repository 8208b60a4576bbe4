"""Adapters that can be stacked: the files of runs, and models. Clients call one by a reference, `KIND:ID…`; only what
is found here is ever opened for them.

`_FINDERS` and `_LISTERS` say what kinds of reference there are: `run:ID/FILE` is a checkpoint of a run, `model:ID` the
file of a model.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from danlu.adapters.made_for import MadeFor, read_made_for, tell_misfit
from danlu.families.base import Family
from danlu.generation.pngtext import read_parameters
from danlu.kit.errors import UserError
from danlu.kit.language import Text
from danlu.kit.variants import kinds_of
from danlu.previews.prompts import prompts_of
from danlu.recipe import Recipe, load_recipe
from danlu.rundir.events import Checkpoint, final_among
from danlu.store.models import find_model, list_models
from danlu.store.records import RunRecord
from danlu.store.runs import find_run, list_runs
from danlu.studio.bases import FoundBase, find_bases
from danlu.studio.cards import Card, read_card
from danlu.studio.context import Studio, run_folder
from danlu.studio.journals import journal_of
from danlu.studio.judgement import preferred_checkpoint
from danlu.studio.problems import ProblemError
from danlu.studio.shapes.drawings import AdapterFileShape, AdapterShape, SuggestedShape


@dataclass(frozen=True)
class FoundAdapter:
    """An adapter file that its owner may draw with."""

    path: Path
    family: str | None
    """The family of bases that it was made for, if that is known."""

    def fits(self, base: FoundBase) -> bool:
        """Whether nothing that is known of it speaks against a base."""
        return self.family in (None, base.facts.family) and read_widths(self.path).fits(base.build)


def find_adapter_of(studio: Studio, owner: str, reference: str, field: str) -> FoundAdapter:
    """The adapter file of a reference. Raises `ProblemError` if the owner has none."""
    kind, _, name = reference.partition(":")
    find = _FINDERS.get(kind)
    found = find(studio, owner, name) if find else None
    if found is None:
        text = Text("This LoRA isn't there any more: choose another one.", "这个 LoRA 已不存在：请另选一个。")
        raise ProblemError(422, "invalid", text, field=field)
    return found


def reference_of(studio: Studio, owner: str, path: Path) -> str | None:
    """The reference of an adapter file, if it is one of the owner's."""
    for model in list_models(studio.database, owner):
        folder = studio.folder.model(model.folder)
        if folder == path.parent and read_card(folder).file == path.name:
            return f"model:{model.id}"
    for run in list_runs(studio.database, owner):
        if path.is_relative_to(run_folder(studio, run).root) and path.name in _checkpoints(studio, run):
            return f"run:{run.id}/{path.name}"
    return None


def list_adapters(studio: Studio, owner: str) -> list[AdapterShape]:
    """All that somebody can stack: models, then runs, the newest first."""
    return [shape for lister in _LISTERS for shape in lister(studio, owner)]


def require_family(adapter: FoundAdapter, base: FoundBase, field: str) -> None:
    """Raise `UserError` if an adapter was made for another family than the base's, or for bases of other widths."""
    if adapter.fits(base):
        return
    if adapter.family in (None, base.facts.family):
        told = tell_misfit(read_widths(adapter.path), base.build)
        raise UserError(
            f"'{adapter.path.stem}' doesn't fit '{base.name}'. {told.en}",
            f"“{adapter.path.stem}”与“{base.name}”不匹配。{told.zh}",
            field=field,
        )
    titles = {name: family.title for name, family in kinds_of(Family).items()}
    made_for = titles.get(adapter.family, adapter.family)
    raise UserError(
        f"'{adapter.path.stem}' was made for {made_for}, and '{base.name}' is of {base.family.title}: choose a base of "
        "its family, or take it off the stack.",
        f"“{adapter.path.stem}”适用于 {made_for}，而“{base.name}”属于 {base.family.title}：请换同系列的底模。",
        field=field,
    )


def read_widths(path: Path) -> MadeFor:
    """What the header of an adapter file tells of its base, read once; nothing of a file that isn't there any more."""
    try:
        return _read_widths(path, path.stat().st_mtime_ns)
    except (OSError, UserError):
        return MadeFor(frozenset(), frozenset(), "")


def family_of(file: Path, card: Card) -> str | None:
    """What a card's file is for: a base that no other program has goes by its own name, not by its family's."""
    alone = read_widths(file).alone()
    return (alone.name if alone else "") or card.facts.family


@lru_cache(maxsize=1000)
def _read_widths(path: Path, _changed: int) -> MadeFor:
    return read_made_for(path)


def _find_checkpoint(studio: Studio, owner: str, name: str) -> FoundAdapter | None:
    run_id, _, file = name.partition("/")
    run = find_run(studio.database, owner, run_id)
    if run is None:
        return None
    path = _checkpoints(studio, run).get(file)
    return FoundAdapter(path[0], _plan(studio, run).get("family")) if path else None


def _list_runs(studio: Studio, owner: str) -> list[AdapterShape]:
    """Runs with checkpoints, as adapters of several files."""
    shown: list[AdapterShape] = []
    here = find_bases(studio, owner)[0]
    bases = {one.path: one.id for one in here}
    for run in list_runs(studio.database, owner):
        checkpoints = _checkpoints(studio, run)
        if not checkpoints:
            continue
        plan, recipe = _plan(studio, run), _recipe(studio, run)
        final = final_among(about for _, about in checkpoints.values())
        last = FoundAdapter(next(reversed(checkpoints.values()))[0], plan.get("family"))
        triggers = [str(one["trigger"]) for one in plan.get("concepts", []) if one.get("trigger")]
        shown.append(
            AdapterShape(
                kind="run",
                id=run.id,
                name=run.name,
                family=last.family,
                bases=[one.id for one in here if last.fits(one)],
                triggers=list(dict.fromkeys(triggers)),
                files=[
                    AdapterFileShape(
                        file=f"run:{run.id}/{name}", name=name, epoch=about.epoch, step=about.step, final=about is final
                    )
                    for name, (_, about) in checkpoints.items()
                ],
                take=f"run:{run.id}/{preferred_checkpoint(run, run_folder(studio, run), list(checkpoints))}",
                suggested=_suggested(recipe, bases) if recipe else None,
            )
        )
    return shown


def _suggested(recipe: Recipe, bases: Mapping[str, str]) -> SuggestedShape:
    previews = recipe.previews
    first = next(iter(prompts_of(previews, previews.prompts or [""], native_px=1)))
    is_sized = previews.size is not None or min(first.size) > 1
    return SuggestedShape(
        base=bases.get(recipe.base.path),
        prompt=first.text or None,
        negative=first.negative,
        steps=first.steps,
        cfg=first.cfg,
        sampler=first.sampler,
        size=str(first.size) if is_sized else None,
    )


def _checkpoints(studio: Studio, run: RunRecord) -> dict[str, tuple[Path, Checkpoint]]:
    """The adapter files of a run that are there, by their names, oldest first."""
    folder = run_folder(studio, run)
    known = sorted(journal_of(folder).checkpoints.values(), key=lambda one: (one.step, one.final))
    found = {Path(one.path).name: (folder.root / one.path, one) for one in known}
    return {name: (path, one) for name, (path, one) in found.items() if path.is_file()}


def _plan(studio: Studio, run: RunRecord) -> dict[str, Any]:
    try:
        return json.loads(run_folder(studio, run).plan.read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return {}


def _recipe(studio: Studio, run: RunRecord) -> Recipe | None:
    try:
        return load_recipe(run_folder(studio, run).recipe)
    except UserError:
        return None


def _find_model(studio: Studio, owner: str, name: str) -> FoundAdapter | None:
    model = find_model(studio.database, owner, name)
    if model is None:
        return None
    folder = studio.folder.model(model.folder)
    card = read_card(folder)
    return FoundAdapter(folder / card.file, _family_called(card.facts.family))


def _list_models(studio: Studio, owner: str) -> list[AdapterShape]:
    """Models, each an adapter of one file."""
    shown: list[AdapterShape] = []
    here = find_bases(studio, owner)[0]
    bases = {one.name: one.id for one in here}
    for model in list_models(studio.database, owner):
        card = read_card(studio.folder.model(model.folder))
        found = FoundAdapter(studio.folder.model(model.folder) / card.file, _family_called(card.facts.family))
        file = AdapterFileShape(file=f"model:{model.id}", name=card.file, epoch=None, step=None, final=True)
        shown.append(
            AdapterShape(
                kind="model",
                id=model.id,
                name=model.name,
                family=found.family,
                bases=[one.id for one in here if found.fits(one)],
                triggers=card.triggers,
                files=[file],
                suggested=_as_shown(card, bases),
            )
        )
    return shown


def _as_shown(card: Card, bases: Mapping[str, str]) -> SuggestedShape | None:
    """As its cover was drawn, if the cover says how."""
    try:
        drawn = read_parameters(card.pictures[0].parameters).prompt
    except (IndexError, ValueError):
        return None
    return SuggestedShape(
        base=bases.get(card.facts.base or ""),
        prompt=drawn.text,
        negative=drawn.negative,
        steps=drawn.steps,
        cfg=drawn.cfg,
        sampler=drawn.sampler,
        size=str(drawn.size),
    )


def _family_called(title: str | None) -> str | None:
    return next((name for name, family in kinds_of(Family).items() if family.title == title), None)


_FINDERS: Mapping[str, Callable[[Studio, str, str], FoundAdapter | None]] = {
    "run": _find_checkpoint,
    "model": _find_model,
}
_LISTERS: tuple[Callable[[Studio, str], list[AdapterShape]], ...] = (_list_models, _list_runs)
