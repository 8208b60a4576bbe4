"""Published models as people see them, and what a job or a page needs of one."""

from pathlib import Path
from typing import Any

from danlu.families.builds import tell_alone
from danlu.kit.errors import UserError
from danlu.store.models import list_models
from danlu.store.records import ModelRecord
from danlu.store.runs import find_run
from danlu.studio.adapters import family_of, read_widths
from danlu.studio.cards import PICTURES, Card, read_card
from danlu.studio.context import Studio
from danlu.studio.jobs import is_ordered
from danlu.studio.shapes.common import said
from danlu.studio.shapes.models import ModelDetail, ModelShape, ShowPicture
from danlu.weights.headers import read_header

_LONGEST_VALUE = 20_000


def model_file(studio: Studio, model: ModelRecord) -> Path:
    """The adapter file of a model: what jobs draw with."""
    folder = studio.folder.model(model.folder)
    return folder / read_card(folder).file


def find_models(studio: Studio, owner: str, *, search: str = "", run_id: str | None = None) -> list[ModelShape]:
    """Somebody's models, the newest first, in whose name, trigger words, description or base all words stand."""
    words = search.lower().split()
    found: list[ModelShape] = []
    for model in list_models(studio.database, owner, run_id=run_id):
        card = read_card(studio.folder.model(model.folder))
        facts = card.facts
        about = [model.name, card.file, *card.triggers, card.description, facts.family, facts.base, facts.kind]
        text = "\n".join(one for one in about if one).lower()
        if all(word in text for word in words):
            found.append(ModelShape(**_values(studio, model, card)))
    return found


def show_model(studio: Studio, model: ModelRecord) -> ModelDetail:
    """A model on its own page."""
    folder = studio.folder.model(model.folder)
    card = read_card(folder)
    alone = read_widths(folder / card.file).alone()
    run = find_run(studio.database, model.owner_id, model.run_id) if model.run_id else None
    return ModelDetail(
        **_values(studio, model, card),
        **card.model_dump(include={"checkpoint", "description", "licence", "licence_text", "privacy", "sha256"}),
        **card.facts.model_dump(include={"alpha", "layout", "precision", "programs"}),
        losses=[said(one) for one in card.facts.losses],
        run_name=run.name if run else None,
        url=f"/api/models/{model.id}/file",
        bundle=f"/api/models/{model.id}/zip",
        shown=[
            ShowPicture(
                **one.model_dump(),
                url=f"/api/models/{model.id}/pictures/{one.file}",
                thumbnail=_thumbnail(model, one.file),
            )
            for one in card.pictures
        ],
        metadata=_metadata(folder / card.file),
        only_for=said(tell_alone(alone)) if alone else None,
    )


def is_needed(studio: Studio, model: ModelRecord) -> bool:
    """Whether a job that waits or is at work was ordered with a model's file."""
    return is_ordered(studio, (model.id, model.folder))


def picture_path(studio: Studio, model: ModelRecord, name: str) -> Path | None:
    """A show picture of a model by its name; None if the card has none of it."""
    folder = studio.folder.model(model.folder)
    shown = {one.file for one in read_card(folder).pictures}
    return folder / PICTURES / name if name in shown else None


def _values(studio: Studio, model: ModelRecord, card: Card) -> dict[str, Any]:
    return {
        **model.model_dump(include={"id", "name", "listed", "run_id", "created_at", "changed_at"}),
        **card.model_dump(include={"source", "triggers", "file", "size_bytes"}),
        **card.facts.model_dump(include={"kind", "rank", "base"}),
        "family": family_of(studio.folder.model(model.folder) / card.file, card),
        "cover": _thumbnail(model, card.pictures[0].file) if card.pictures else None,
        "pictures": len(card.pictures),
    }


def _thumbnail(model: ModelRecord, name: str) -> str:
    return f"/api/models/{model.id}/thumbnails/{name}"


def _metadata(file: Path) -> dict[str, str]:
    """What a file says of itself; nothing if somebody has taken it away."""
    try:
        found = read_header(file).metadata
    except UserError:
        return {}
    return {key: str(value)[:_LONGEST_VALUE] for key, value in sorted(found.items())}
