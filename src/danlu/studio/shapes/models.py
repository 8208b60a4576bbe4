"""Published models, as they are sent and received."""

from typing import Annotated, Literal

from pydantic import Field

from danlu.kit.forms import form
from danlu.pipeline.privacy import Privacy
from danlu.studio.licences import LicenceId
from danlu.studio.shapes.common import Page, Said, Shape
from danlu.studio.shapes.uploads import RefusedFile

Name = Annotated[str, Field(min_length=1, max_length=100)]
Trigger = Annotated[str, Field(min_length=1, max_length=200)]
Triggers = Annotated[list[Trigger], Field(max_length=50)]
Description = Annotated[str, Field(max_length=10_000)]
LicenceWords = Annotated[str, Field(max_length=20_000)]
PictureFile = Annotated[str, Field(min_length=1, max_length=200)]


class NewModel(Shape):
    """A checkpoint of a run to publish. It is copied: the run may be deleted later."""

    run_id: Annotated[str, Field(max_length=64, pattern=form("^[0-9a-f]+$", "the id of a training", "是训练的 id"))]
    checkpoint: Annotated[str, Field(min_length=1, max_length=300)]
    """Its file's name, as the run's list of checkpoints has it."""
    name: Name
    triggers: Triggers | None = None
    """The words that call it; null takes those that the run knows."""
    description: Description = ""
    licence: LicenceId = "unstated"
    licence_text: LicenceWords = ""
    """With `custom`: its words."""
    privacy: Privacy = "shareable"
    """How much the file says of itself. `full`: all; `shareable`: no paths, names of folders, or prompts of previews;
    `minimal`: what it takes to load and to call it."""
    previews: Annotated[list[PictureFile], Field(default_factory=list, max_length=30)]
    """Previews of the run to show, as POSIX paths in it (`previews/003/1.png`)."""
    listed: bool = False
    """Whether it is shown among the models; that takes at least one show picture."""


class ModelChange(Shape):
    """What is to change on a model's card. What isn't given stays. The file itself stays as it was published."""

    name: Name | None = None
    triggers: Triggers | None = None
    description: Description | None = None
    licence: LicenceId | None = None
    licence_text: LicenceWords | None = None
    pictures: Annotated[list[PictureFile], Field(max_length=30)] | None = None
    """The show pictures that stay, in their order, by `file`; the first is the cover."""
    listed: bool | None = None


class MorePreviews(Shape):
    """Previews of the model's run to show too."""

    previews: Annotated[list[PictureFile], Field(min_length=1, max_length=30)]


class ShowPicture(Shape):
    """A show picture."""

    file: str
    url: str
    thumbnail: str
    prompt: str
    parameters: str
    """All that it was drawn with, as A1111 writes it; empty if that isn't known."""
    width: int
    height: int


class ModelShape(Shape):
    """A model in a list."""

    id: str
    name: str
    source: Literal["run", "imported"]
    listed: bool
    run_id: str | None
    """Null if it was imported, or its run was deleted."""
    created_at: float
    changed_at: float
    triggers: list[str]
    cover: str | None
    """URL of its first show picture's thumbnail."""
    pictures: int
    kind: str
    """lora, locon, loha, …"""
    rank: list[int]
    family: str | None
    """The family of bases that it is for."""
    base: str | None
    file: str
    size_bytes: int


class ModelDetail(ModelShape):
    """A model on its own page."""

    run_name: str | None
    checkpoint: str | None
    description: str
    licence: LicenceId
    licence_text: str
    privacy: Privacy | None
    """Null: the file is as it came."""
    sha256: str
    url: str
    """To download it."""
    bundle: str
    """To download it as a zip with the card and the show pictures."""
    alpha: list[float]
    layout: str
    precision: str | None
    shown: list[ShowPicture]
    metadata: dict[str, str]
    """What the file says of itself."""
    programs: dict[str, str]
    """What each other program does with the file: `whole`, `partly` or `refused`; empty if that isn't known."""
    losses: list[Said]
    """What is lost there."""
    only_for: Said | None
    """The sentence about a file that no released base takes: one to learn with."""


class ModelPage(Page):
    """Models, the newest first."""

    models: list[ModelShape]


class ModelDraft(Shape):
    """What publishing a run begins with."""

    name: str
    triggers: list[str]
    checkpoint: str | None
    """The one that was picked as best, or the last; null if there is none yet."""
    published: list[ModelShape]
    """Models that were made of this run before."""


class PicturesTaken(Shape):
    """What became of uploaded show pictures."""

    model: ModelDetail
    left_out: list[RefusedFile]


class LicenceShape(Shape):
    """A licence to choose."""

    id: LicenceId
    title: Said
    url: str | None
