"""What a job is asked to do: kept with the job, and turned into the arguments of a `danlu` command."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

_CONFIG = ConfigDict(extra="forbid", use_attribute_docstrings=True)
_SIZE = Annotated[str, Field(pattern=r"^[1-9]\d{1,4}x[1-9]\d{1,4}$")]


class CropOrder(BaseModel):
    """Choose which part of each picture is trained on."""

    model_config = _CONFIG

    kind: Literal["crop"]
    mode: Literal["focus", "centre"] = "focus"
    """Around the subject, or the middle."""
    base: str = "danlu-mini"
    """Id of the base to crop for."""
    sizes: Annotated[list[_SIZE], Field(max_length=50)] = []
    """To choose from, as 512x768; none are the base's own."""
    overwrite: bool = False
    """Also replace boxes that are there."""


class TagOrder(BaseModel):
    """Write a caption of tags beside every picture."""

    model_config = _CONFIG

    kind: Literal["tag"]
    tagger: str = "danlu-mini-tagger"
    """Id of the tagger."""
    trigger: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    """Put first in every caption; null keeps the one that is set."""
    threshold: Annotated[float, Field(ge=0, le=1)] | None = None
    """Tags below this score are left out; null is as usual for the tagger."""
    absorb: bool = True
    """Leave out tags that hold for the whole concept, so that the trigger takes them over."""
    existing: Literal["keep", "replace", "append"] = "keep"
    """What happens to captions that are there."""


class TrainOrder(BaseModel):
    """Train a recipe."""

    model_config = _CONFIG

    kind: Literal["train"]
    recipe: dict[str, Any]
    extend: str | None = None
    """How much longer than planned, if it goes on after its end."""
    expected_seconds: float | None = None


Order = Annotated[CropOrder | TagOrder | TrainOrder, Field(discriminator="kind")]
ORDER: TypeAdapter[CropOrder | TagOrder | TrainOrder] = TypeAdapter(Order)
