"""Uploads, as they are sent and received."""

from typing import Annotated, Literal

from pydantic import Field

from danlu.kit.forms import form
from danlu.studio.shapes.common import Said, Shape

UploadId = Annotated[str, Field(pattern=form("^[0-9a-f]{16}$", "the id of an upload", "是上传的 id"))]


class UploadedPicture(Shape):
    """A picture that was taken."""

    source: str
    name: str
    width: int
    height: int
    has_caption: bool


class RefusedFile(Shape):
    """A file that wasn't taken, and why."""

    source: str
    why: Literal["damaged", "duplicate", "outside", "unread", "caption", "manifest", "type"]
    text: Said


class UploadReport(Shape):
    """What became of each uploaded file."""

    version: int
    taken: list[UploadedPicture]
    left_out: list[RefusedFile]
    captions: list[str]
    """Pictures that were there and now have a caption."""
    notices: list[Said]


class NewUpload(Shape):
    """A file that is to arrive in parts."""

    name: Annotated[str, Field(min_length=1, max_length=1000)]
    """Its path as the sender has it: `folder/a.png`."""
    size: Annotated[int, Field(ge=0)]
    """In bytes."""
    key: Annotated[str, Field(min_length=1, max_length=500)]
    """What the sender knows the file by, as its path, size and time: announced again, it goes on where it was."""


class UploadShape(Shape):
    """A file of which parts have arrived."""

    id: str
    name: str
    size: int
    offset: int
    """How many bytes have arrived: the next part begins here."""
    key: str
    expires_at: float
    """When it is thrown away if no more comes; seconds since the epoch."""


class UploadFinish(Shape):
    """Uploads that have arrived whole and belong together, as a picture and its caption."""

    uploads: Annotated[list[UploadId], Field(min_length=1, max_length=200)]
