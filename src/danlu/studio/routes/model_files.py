"""Files of models: brought in, downloaded, shown. Only what a model's card names is ever opened."""

import base64
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, File, Request, UploadFile
from fastapi.responses import FileResponse
from starlette.background import BackgroundTask

from danlu.datasets.thumbnails import thumbnail_of
from danlu.kit.language import Text
from danlu.store.records import ModelRecord
from danlu.studio.bundles import pack_model
from danlu.studio.cards import CardPicture, changing, read_card, write_card
from danlu.studio.context import OwnedModel, Owner, Studio, TheStudio, immutable, require_model, require_run, run_folder
from danlu.studio.models import picture_path, show_model
from danlu.studio.problems import ProblemError
from danlu.studio.publishing import bring_in
from danlu.studio.shapes.models import ModelDetail, MorePreviews, PicturesTaken
from danlu.studio.show_pictures import forget_others, keep_previews, keep_uploads, previews_of, together
from danlu.studio.uploading import kept_aside, require_length

router = APIRouter(tags=["model files"])
MOST_BYTES = 2 * 2**30
"""Of an adapter file."""
_MOST_PICTURES = 30
"""Of a request."""


@router.post("/models/import", status_code=201)
def import_model(
    studio: TheStudio,
    owner: Owner,
    request: Request,
    file: Annotated[UploadFile, File(description="A LoRA as a .safetensors file.")],
) -> ModelDetail:
    """Import a LoRA made elsewhere, so that it can be tried and stacked: a .safetensors file of 2 GB at most.

    The file stays as it is. Pickles (.pt, .ckpt, .bin) are refused: opening one can run programs.
    """
    require_length(request)
    with kept_aside(studio.folder.uploads, [file], most_bytes=MOST_BYTES) as aside:
        (uploaded,) = (path for path in aside.rglob("*") if path.is_file())
        return show_model(studio, bring_in(studio, owner, uploaded))


@router.get("/models/{model_id}/file", response_class=FileResponse)
def download_model(model: OwnedModel, studio: TheStudio) -> FileResponse:
    """The adapter file. `Repr-Digest` (RFC 9530) and `ETag` tell its SHA-256."""
    folder = studio.folder.model(model.folder)
    card = read_card(folder)
    path = folder / card.file
    if not path.is_file():
        raise _missing("model_id")
    digest = base64.b64encode(bytes.fromhex(card.sha256)).decode("ascii")
    headers = {"ETag": f'"{card.sha256}"', "Repr-Digest": f"sha-256=:{digest}:"}
    return FileResponse(path, filename=card.file, media_type="application/octet-stream", headers=headers)


@router.get("/models/{model_id}/zip", response_class=FileResponse)
def download_bundle(model: OwnedModel, studio: TheStudio) -> FileResponse:
    """All of it to pass on, as a zip: the adapter file, the card as a text, the show pictures."""
    folder = studio.folder.model(model.folder)
    if not (folder / read_card(folder).file).is_file():
        raise _missing("model_id")
    made = pack_model(model.name, folder, studio.folder.uploads)
    name = f"{Path(read_card(folder).file).stem}.zip"
    return FileResponse(made, filename=name, media_type="application/zip", background=BackgroundTask(made.unlink))


@router.post("/models/{model_id}/pictures")
def add_pictures(
    *,
    model: OwnedModel,
    studio: TheStudio,
    owner: Owner,
    request: Request,
    files: Annotated[list[UploadFile], File(description="Pictures to show.")],
) -> PicturesTaken:
    """Add show pictures. They are decoded and drawn anew, 2048 px a side at most; 30 in all."""
    require_length(request)
    if len(files) > _MOST_PICTURES:
        text = Text(
            f"A model has {_MOST_PICTURES} showcase images at most.", f"一个模型最多 {_MOST_PICTURES} 张展示图。"
        )
        raise ProblemError(413, "too_large", text, field="files")
    folder = studio.folder.model(model.folder)
    with kept_aside(studio.folder.uploads, files) as aside:
        pictures, left_out = keep_uploads(folder, aside)
    return PicturesTaken(model=_with(studio, owner, model, pictures), left_out=left_out)


@router.post("/models/{model_id}/previews")
def add_previews(order: MorePreviews, model: OwnedModel, studio: TheStudio, owner: Owner) -> ModelDetail:
    """Add previews of the model's run to its show pictures."""
    if model.run_id is None:
        text = Text(
            "The training of this model is gone: upload pictures instead.", "该模型的训练已不存在：请上传图片。"
        )
        raise ProblemError(422, "invalid", text, field="previews")
    run = require_run(studio, owner, model.run_id)
    chosen = previews_of(run_folder(studio, run), order.previews)
    folder = studio.folder.model(model.folder)
    return _with(studio, owner, model, keep_previews(folder, chosen, Path(read_card(folder).file).stem))


@router.get("/models/{model_id}/pictures/{name}", response_class=FileResponse)
def get_show_picture(model: OwnedModel, studio: TheStudio, name: str) -> FileResponse:
    """A show picture."""
    path = picture_path(studio, model, name)
    if path is None or not path.is_file():
        raise _missing("name")
    return FileResponse(path, headers=immutable())


@router.get("/models/{model_id}/thumbnails/{name}", response_class=FileResponse)
def get_show_thumbnail(model: OwnedModel, studio: TheStudio, name: str) -> FileResponse:
    """A show picture, small."""
    path = picture_path(studio, model, name)
    if path is None or not path.is_file():
        raise _missing("name")
    return FileResponse(thumbnail_of(path), media_type="image/jpeg", headers=immutable())


def _with(studio: Studio, owner: str, model: ModelRecord, pictures: list[CardPicture]) -> ModelDetail:
    """The model with further pictures on its card."""
    folder = studio.folder.model(model.folder)
    with changing(folder) as card:
        try:
            write_card(folder, card.model_copy(update={"pictures": together(card.pictures, pictures)}))
        except ProblemError:
            forget_others(folder, card.pictures)
            raise
    return show_model(studio, require_model(studio, owner, model.id))


def _missing(field: str) -> ProblemError:
    return ProblemError(404, "missing", Text("The model has no such file.", "该模型没有这个文件。"), field=field)
