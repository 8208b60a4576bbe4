"""Published models: made of a run or brought in, listed, edited, unpublished."""

import shutil
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Response

from danlu.evaluation.concepts import trigger_words
from danlu.kit.language import Text
from danlu.store.models import change_model, drop_model
from danlu.store.records import ModelRecord
from danlu.studio.cards import Card, CardPicture, changing, write_card
from danlu.studio.context import OwnedModel, OwnedRun, Owner, TheStudio, require_model, require_run, run_folder
from danlu.studio.journals import journal_of
from danlu.studio.licences import LICENCES
from danlu.studio.models import find_models, is_needed, show_model
from danlu.studio.problems import ProblemError
from danlu.studio.publishing import publish, require_licence, require_name, tidy, unlistable
from danlu.studio.shapes.common import said
from danlu.studio.shapes.models import LicenceShape, ModelChange, ModelDetail, ModelDraft, ModelPage, NewModel
from danlu.studio.show_pictures import forget_others
from danlu.weights.headers import read_header

router = APIRouter(tags=["models"])


@router.get("/licences")
def get_licences() -> list[LicenceShape]:
    """Licences to choose from."""
    return [LicenceShape(id=key, title=said(one.title), url=one.url) for key, one in LICENCES.items()]


@router.get("/models")
def get_models(
    *,
    studio: TheStudio,
    owner: Owner,
    search: Annotated[str, Query(max_length=200)] = "",
    listed: bool | None = None,
    run_id: Annotated[str | None, Query(max_length=64)] = None,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> ModelPage:
    """Models, the newest first: those whose name, trigger words, description or base hold all words of `search`."""
    found = [one for one in find_models(studio, owner, search=search, run_id=run_id) if listed in (None, one.listed)]
    return ModelPage(total=len(found), offset=offset, models=found[offset : offset + limit])


@router.post("/models", status_code=201)
def publish_model(order: NewModel, studio: TheStudio, owner: Owner) -> ModelDetail:
    """Publish a checkpoint of a run: its file is copied, with metadata at the level of privacy that is asked for."""
    return show_model(studio, publish(studio, require_run(studio, owner, order.run_id), order))


@router.get("/runs/{run_id}/model")
def get_model_draft(run: OwnedRun, studio: TheStudio, owner: Owner) -> ModelDraft:
    """What publishing a run begins with: its name, its trigger words, its last checkpoint."""
    folder = run_folder(studio, run)
    saved = sorted(journal_of(folder).checkpoints.values(), key=lambda one: (one.step, one.final))
    there = [path for one in saved if (path := folder.root / one.path).is_file()]
    return ModelDraft(
        name=run.name,
        triggers=tidy(trigger_words(read_header(there[-1]).metadata)) if there else [],
        checkpoint=there[-1].name if there else None,
        published=find_models(studio, owner, run_id=run.id),
    )


@router.get("/models/{model_id}")
def get_model(model: OwnedModel, studio: TheStudio) -> ModelDetail:
    """A model with its card."""
    return show_model(studio, model)


@router.patch("/models/{model_id}")
def edit_model(change: ModelChange, model: OwnedModel, studio: TheStudio, owner: Owner) -> ModelDetail:
    """Change what a model's card says. The file stays as it was published, and so does its SHA-256."""
    folder = studio.folder.model(model.folder)
    with changing(folder) as card:
        now = require_model(studio, owner, model.id)
        name = require_name(change.name) if change.name is not None else now.name
        listed = change.listed if change.listed is not None else now.listed
        after = _changed(card, change)
        if listed and not after.pictures:
            raise unlistable()
        write_card(folder, after)
        change_model(studio.database, model.id, name=name, listed=listed)
        forget_others(folder, after.pictures)
    return show_model(studio, require_model(studio, owner, model.id))


@router.delete("/models/{model_id}", status_code=204, response_class=Response)
def unpublish_model(model: OwnedModel, studio: TheStudio) -> None:
    """Delete a model with its file and its pictures; its run stays. Refused while a job needs it."""
    _require_free(studio, model)
    drop_model(studio.database, model.id)
    shutil.rmtree(studio.folder.model(model.folder), ignore_errors=True)


def _require_free(studio: TheStudio, model: ModelRecord) -> None:
    if is_needed(studio, model):
        text = Text(
            "Jobs that wait or run draw with this model: cancel them first.",
            "有排队或进行中的任务正在使用该模型：请先取消这些任务。",
        )
        raise ProblemError(409, "busy", text)


def _changed(card: Card, change: ModelChange) -> Card:
    """A card after a change. Raises `ProblemError` for what makes no sense."""
    given = change.model_dump(exclude_none=True, include={"triggers", "description", "licence", "licence_text"})
    if "triggers" in given:
        given["triggers"] = tidy(given["triggers"])
    if change.licence is not None and change.licence != "custom" and change.licence_text is None:
        given["licence_text"] = ""
    if change.pictures is not None:
        given["pictures"] = _chosen(card.pictures, change.pictures)
    after = card.model_copy(update=given)
    require_licence(after.licence, after.licence_text)
    return after


def _chosen(there: Sequence[CardPicture], wanted: Sequence[str]) -> list[CardPicture]:
    known = {one.file: one for one in there}
    for name in wanted:
        if name not in known:
            text = Text(f"The model has no picture '{name[:200]}'.", f"该模型没有图片“{name[:200]}”。")
            raise ProblemError(422, "invalid", text, field="pictures")
    return [known[name] for name in dict.fromkeys(wanted)]
