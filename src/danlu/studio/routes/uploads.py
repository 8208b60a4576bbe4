"""Pictures come into a dataset: files and zips are kept aside, then imported as `danlu dataset import` does.

Small files come many in a request. Large ones come in parts, as in the core of the tus protocol (tus.io): announce it
(POST), send what isn't there yet from its offset on (PATCH), ask for the offset after a break (GET), finish (POST).
"""

from contextlib import suppress
from typing import Annotated, Any

from fastapi import APIRouter, File, Header, Path, Request, Response, UploadFile
from starlette.requests import ClientDisconnect

from danlu.kit.language import Text
from danlu.store.records import DatasetRecord
from danlu.studio import parcels
from danlu.studio.changes import advance, alone
from danlu.studio.context import OwnedDataset, Studio, TheStudio
from danlu.studio.parcels import Parcel
from danlu.studio.shapes.common import Said, said
from danlu.studio.shapes.uploads import (
    NewUpload,
    RefusedFile,
    UploadedPicture,
    UploadFinish,
    UploadReport,
    UploadShape,
)
from danlu.studio.uploading import import_files, kept_aside, plain_text, require_length, source_name
from danlu.studio.wording import for_browser

router = APIRouter(tags=["pictures"])
Folder = Annotated[str, Path(max_length=64)]
_BYTES: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/offset+octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.post("/datasets/{dataset_id}/pictures")
def upload_pictures(
    dataset: OwnedDataset,
    studio: TheStudio,
    request: Request,
    files: Annotated[list[UploadFile], File(description="Pictures, captions beside them, or zips of both.")],
) -> UploadReport:
    """Add pictures, with captions of the same name, or zips of them. Each file is told about in the answer.

    A dataset holds 1,000 pictures at most; a file may have 256 MB, a request 2 GB and 2,500 files: more go in parts.
    """
    require_length(request)
    with kept_aside(studio.folder.uploads, files) as aside:
        return _import(studio, dataset, aside)


@router.get("/datasets/{dataset_id}/uploads")
def get_uploads(dataset: OwnedDataset, studio: TheStudio) -> list[UploadShape]:
    """Files of which parts have arrived, the oldest first. After a day without a new part they are thrown away."""
    return [_shape(one) for one in parcels.open_parcels(studio.folder, dataset.id)]


@router.post("/datasets/{dataset_id}/uploads", status_code=201)
def begin_upload(order: NewUpload, dataset: OwnedDataset, studio: TheStudio) -> UploadShape:
    """Announce a file that is to arrive in parts. The same file (by its key) is the same upload, with its offset."""
    return _shape(parcels.announce(studio.folder, dataset.id, **order.model_dump()))


@router.post("/datasets/{dataset_id}/uploads/finish")
def finish_uploads(order: UploadFinish, dataset: OwnedDataset, studio: TheStudio) -> UploadReport:
    """Take in files that have arrived whole. Asked again, it answers the same."""
    if known := parcels.remembered(studio.folder, dataset.id, order.uploads):
        return UploadReport.model_validate_json(known)
    whole = [parcels.find_parcel(studio.folder, dataset.id, one) for one in dict.fromkeys(order.uploads)]
    with parcels.gathered(studio.folder, whole) as aside:
        report = _import(studio, dataset, aside)
    parcels.remember(studio.folder, dataset.id, order.uploads, report.model_dump_json())
    for one in whole:
        parcels.drop(one)
    return report


@router.get("/datasets/{dataset_id}/uploads/{upload_id}")
def get_upload(dataset: OwnedDataset, studio: TheStudio, upload_id: Folder) -> UploadShape:
    """How much of a file has arrived."""
    return _shape(parcels.find_parcel(studio.folder, dataset.id, upload_id))


@router.patch("/datasets/{dataset_id}/uploads/{upload_id}", openapi_extra=_BYTES)
async def send_part(
    dataset: OwnedDataset,
    studio: TheStudio,
    request: Request,
    upload_id: Folder,
    *,
    offset: Annotated[int, Header(alias="Upload-Offset", ge=0)],
) -> UploadShape:
    """Send bytes of a file from `Upload-Offset` on. Bytes that are there already may come again; gaps are refused."""
    parcel = parcels.find_parcel(studio.folder, dataset.id, upload_id)
    with suppress(ClientDisconnect):  # what came is kept; nobody hears the answer
        await parcels.append(parcel, offset, request.stream())
    return _shape(parcel)


@router.delete("/datasets/{dataset_id}/uploads/{upload_id}", status_code=204, response_class=Response)
def drop_upload(dataset: OwnedDataset, studio: TheStudio, upload_id: Folder) -> None:
    """Throw away what has arrived of a file."""
    parcels.drop(parcels.find_parcel(studio.folder, dataset.id, upload_id))


def _import(studio: Studio, dataset: DatasetRecord, aside: Any) -> UploadReport:
    with alone(studio, dataset, None) as now:
        version = advance(studio, now)
        report, refused = import_files(aside, studio.folder.dataset(now.folder))

    def told(text: Text) -> Said:
        return said(for_browser(studio.folder, plain_text(text)))

    return UploadReport(
        version=version,
        taken=[
            UploadedPicture(
                source=source_name(one.source),
                name=one.name,
                width=one.size.width,
                height=one.size.height,
                has_caption=one.has_caption,
            )
            for one in (report.taken if report else ())
        ],
        left_out=[
            *refused,
            *(
                RefusedFile(source=source_name(one.source), why=one.why, text=told(one.text))
                for one in (report.left_out if report else ())
            ),
        ],
        captions=list(report.captions) if report else [],
        notices=[told(one) for one in (report.notices if report else ())],
    )


def _shape(parcel: Parcel) -> UploadShape:
    return UploadShape(
        id=parcel.id,
        name=parcel.name,
        size=parcel.size,
        offset=parcel.offset,
        key=parcel.key,
        expires_at=parcel.expires_at,
    )
