"""Drawings of the workbench and the adapters for them, as they are sent and received."""

from typing import Literal

from danlu.generation.drawing import Drawing
from danlu.studio.shapes.common import Said, Shape
from danlu.studio.shapes.jobs import JobShape


class AdapterFileShape(Shape):
    """A file of an adapter."""

    file: str
    """Its reference, as a drawing takes it."""
    name: str
    epoch: int | None
    step: int | None
    final: bool


class SuggestedShape(Shape):
    """How an adapter's own previews were drawn."""

    base: str | None
    """Id of the base that it was trained on; null if that isn't here."""
    prompt: str | None
    negative: str
    steps: int
    cfg: float
    sampler: str
    size: str | None


class AdapterShape(Shape):
    """Something that can be stacked on a base."""

    kind: Literal["run", "model"]
    id: str
    """Of the run or the model."""
    name: str
    family: str | None
    """Of the bases that it fits, if that is known."""
    bases: list[str]
    """Ids of the bases here that nothing speaks against."""
    triggers: list[str]
    """Words that call what it has learnt."""
    files: list[AdapterFileShape]
    """Oldest first."""
    take: str | None = None
    """Reference of the file to take: the owner's pick, else the one that was judged best; null is the last."""
    suggested: SuggestedShape | None


class DrawnShape(Shape):
    """A picture of a drawing."""

    url: str
    thumbnail: str
    """URL of a small rendition."""


class AxisShape(Shape):
    """What changes along one side of a grid."""

    title: Said
    labels: list[Said]


class DrawingItem(Shape):
    """A drawing in a list."""

    id: str
    """Also that of its job."""
    created_at: float
    prompt: str
    drawn: int
    """Pictures that are there."""
    total: int
    cover: str | None
    """URL of a small rendition of the first."""


class DrawingList(Shape):
    """Drawings, the newest first."""

    drawings: list[DrawingItem]
    more: bool
    """Whether there are older ones."""


class DrawingShape(DrawingItem):
    """A drawing with all that its page shows."""

    job: JobShape
    drawing: Drawing
    """As it was asked for."""
    x: AxisShape | None
    y: AxisShape | None
    z: AxisShape | None
    width: int
    height: int
    """Of each picture."""
    pictures: list[DrawnShape | None]
    """Of each cell: column by column, row by row, grid by grid; null if it isn't drawn."""


class StackedShape(Shape):
    """An adapter that a picture was drawn with."""

    name: str
    weight: float


class PictureAbout(Shape):
    """All that a picture was drawn with."""

    prompt: str
    negative: str
    seed: int
    steps: int
    cfg: float
    sampler: str
    size: str
    clip_skip: int
    max_tokens: int
    adapters: list[StackedShape]
    text: str
    """The same as A1111 writes it, as it stands in the file."""
