"""Datasets and their pictures, as they are sent and received. Pictures are called by their path in the dataset."""

from typing import Annotated, Literal

from pydantic import Field

from danlu.datasets.extension import EXTEND_PATTERN
from danlu.studio.shapes.common import Name, Page, Said, Shape

Version = Annotated[int, Field(ge=1)]
PictureName = Annotated[str, Field(min_length=1, max_length=500)]
Mirror = bool | Literal["always"]
Edge = Annotated[int, Field(ge=-1_000_000, le=1_000_000)]
Extend = Annotated[str, Field(pattern=EXTEND_PATTERN)]


class NewDataset(Shape):
    """A dataset to make."""

    name: Name
    sample: bool = False
    """Put the sample character's pictures into it, which ship with the program."""


class DatasetChange(Shape):
    """What a dataset is to be called."""

    name: Name


class ConceptShape(Shape):
    """A concept of a dataset."""

    name: str
    repeats: int
    trigger: str | None
    traits: list[str]
    regularization: bool
    pictures: int
    """Views count as pictures."""


class DatasetShape(Shape):
    """A dataset."""

    id: str
    name: str
    version: int
    """Give it with every change: if somebody else has changed the dataset since, the change is refused (409)."""
    created_at: float
    changed_at: float
    pictures: int
    without_caption: int
    excluded: int
    cover: list[str]
    """URLs of up to four thumbnails."""
    busy: bool
    """A crop or tag job is at work on it: changes are refused until it is over."""


class DatasetDetail(DatasetShape):
    """A dataset with what a scan says of it."""

    concepts: list[ConceptShape]
    notices: list[Said]
    problems: list["PictureProblem"]
    can_undo: bool
    can_redo: bool


class PictureProblem(Shape):
    """A picture that can't be used."""

    name: str
    text: Said


class ViewShape(Shape):
    """A further view of a picture."""

    name: str
    crop: list[int] | None
    repeats: int
    mirror: Mirror | None
    caption: str | None


class PictureShape(Shape):
    """A picture."""

    name: str
    concept: str
    width: int
    """Upright, in pixels."""
    height: int
    caption: str | None
    tags: list[str]
    crop: list[int] | None
    """left, top, right, bottom in pixels of the upright picture; null is all of it."""
    extend: str | None
    """How the box is filled where it lies outside: `edge`, `blur`, or a colour as `#rrggbb`."""
    repeats: int
    """As trained, whoever says so."""
    own_repeats: int | None
    """What the picture itself says; null follows its concept."""
    mirror: Mirror | None
    excluded: bool
    held_out: bool
    regularization: bool
    views: list[ViewShape]
    thumbnail: str
    """URL; it changes with the content, so it may be cached for ever."""
    url: str
    """URL of the file itself; also changes with the content."""


class PicturePage(Page):
    """A part of a dataset's pictures."""

    version: int
    pictures: list[PictureShape]


class PictureChange(Shape):
    """What is to become of pictures; what isn't given stays, null takes it away."""

    version: Version
    pictures: Annotated[list[PictureName], Field(min_length=1, max_length=1000)]
    caption: Annotated[str, Field(max_length=20_000)] | None = None
    """The whole caption; for one picture only. It can't be taken away, but may be empty."""
    crop: Annotated[list[Edge], Field(min_length=4, max_length=4)] | None = None
    """For one picture only, if it isn't null."""
    extend: Extend | None = None
    """How a crop box is filled where it lies outside of the picture; without it, the box must lie within."""
    repeats: Annotated[int, Field(ge=1, le=10_000)] | None = None
    mirror: Mirror | None = None
    excluded: bool | None = None


class ViewChange(Shape):
    """A further view of a picture to train on, a close-up for example. What isn't given stays as it is."""

    version: Version
    picture: PictureName
    name: Annotated[str, Field(min_length=1, max_length=60)]
    crop: Annotated[list[Edge], Field(min_length=4, max_length=4)] | None = None
    """What it shows; null is the whole picture."""
    repeats: Annotated[int, Field(ge=1, le=10_000)] | None = None
    mirror: Mirror | None = None
    remove: bool = False
    """Take the view away instead."""


class Changed(Shape):
    """A change that was made."""

    version: int
    title: Said | None
    """What was done; null if everything was so already."""
    files: int


class Deletion(Shape):
    """Pictures whose files are to be deleted, which can't be undone; `excluded` can."""

    version: Version
    pictures: Annotated[list[PictureName], Field(min_length=1, max_length=1000)]


class ChangeShape(Shape):
    """Something that was done to a dataset."""

    number: int
    title: Said
    time: float
    files: int


class HistoryShape(Shape):
    """What was done to a dataset, oldest first."""

    version: int
    changes: list[ChangeShape]
    can_undo: bool
    can_redo: bool


class Versioned(Shape):
    """The version that the sender has seen."""

    version: Version
