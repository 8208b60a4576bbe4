"""Pictures come into a dataset: files and zips are kept aside, then imported as `danlu dataset import` does."""

from typing import Annotated

from fastapi import APIRouter, File, Request, UploadFile

from danlu.studio.changes import advance, alone
from danlu.studio.context import OwnedDataset, TheStudio
from danlu.studio.shapes.common import said
from danlu.studio.shapes.datasets import RefusedFile, UploadedPicture, UploadReport
from danlu.studio.uploading import import_files, kept_aside, plain_text, require_length, source_name

router = APIRouter(tags=["pictures"])


@router.post("/datasets/{dataset_id}/pictures")
def upload_pictures(
    dataset: OwnedDataset,
    studio: TheStudio,
    request: Request,
    files: Annotated[list[UploadFile], File(description="Pictures, captions beside them, or zips of both.")],
) -> UploadReport:
    """Add pictures, with captions of the same name, or zips of them. Each file is told about in the answer.

    A dataset holds 1,000 pictures at most; a file may have 256 MiB, a request 2 GiB and 1,000 files: more go in parts.
    """
    require_length(request)
    with kept_aside(studio.folder.uploads, files) as aside, alone(studio, dataset, None) as now:
        version = advance(studio, now)
        report, refused = import_files(aside, studio.folder.dataset(now.folder))
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
                RefusedFile(source=source_name(one.source), why=one.why, text=said(plain_text(one.text)))
                for one in (report.left_out if report else ())
            ),
        ],
        captions=list(report.captions) if report else [],
        notices=[said(plain_text(one)) for one in (report.notices if report else ())],
    )
