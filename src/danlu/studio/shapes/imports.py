"""Settings of other programs, as they are sent, and what became of each of them."""

from typing import Annotated, Any

from pydantic import Field

from danlu.studio.shapes.common import Said, Shape
from danlu.studio.shapes.recipes import Values


class KohyaText(Shape):
    """Settings of kohya's GUI (JSON) or of sd-scripts (TOML). No file that they name is opened."""

    dataset_id: str
    base: str
    """A base's id, for settings that name none that is here."""
    text: Annotated[str, Field(max_length=1_000_000)]
    further: Annotated[tuple[Annotated[str, Field(max_length=1_000_000)], ...], Field(max_length=4)] = ()
    """What belongs to it, such as its dataset config."""
    name: Annotated[str, Field(max_length=200)] = "kohya"
    """What the file is called."""


class FateShape(Shape):
    """What became of one setting."""

    key: str
    value: Any
    """What the file says; null if it doesn't hold the setting."""
    unsaid: bool
    """Whether the file doesn't hold it: what kohya does by itself."""
    place: str | None
    """The setting of the recipe; null if it wasn't carried over."""
    found: Any
    """What the recipe says there."""
    reason: Said | None
    """Why it wasn't carried over or, with a place, why the recipe says something else than the file."""


class ImportedShape(Shape):
    """A recipe from other settings, and what became of each of them."""

    recipe: Values
    fates: list[FateShape]
