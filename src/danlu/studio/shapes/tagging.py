"""Tagging from stored scores, as it is sent and received."""

from typing import Annotated, Literal

from pydantic import Field

from danlu.studio.shapes.common import Said, Shape
from danlu.studio.shapes.datasets import PictureName, Version
from danlu.studio.shapes.tags import CaptionChangeShape, Tag


class TaggingTry(Shape):
    """How tags are to be chosen from the scores that a tagger has given before."""

    version: Version
    tagger: Annotated[str, Field(max_length=200)] = "danlu-mini-tagger"
    """Id of the tagger."""
    trigger: Tag | None = None
    """Put first in every caption; null keeps the one that is set."""
    threshold: Annotated[float, Field(gt=0, lt=1)] | None = None
    """Tags below this score are left out; null is as usual for the tagger."""
    absorb: bool = True
    """Leave out tags that hold for the whole concept, so that the trigger takes them over."""
    existing: Literal["keep", "replace", "append"] = "keep"
    """What happens to captions that are there."""
    pictures: Annotated[list[PictureName], Field(default_factory=list, max_length=1000)]
    """None are all."""
    dry_run: bool = True
    """Only tell what the captions would be."""


class TraitsShape(Shape):
    """What a trigger word takes over."""

    trigger: str
    traits: list[str]


class TaggingTried(Shape):
    """What the captions are with these options, or would be."""

    version: int
    usual: float
    """The threshold that is usual for the tagger."""
    unseen: int
    """Pictures that the tagger hasn't looked at yet: a `tag` job does, which with `dry_run` writes nothing."""
    captions: list[CaptionChangeShape]
    """Of every picture whose caption the tagging is about, also where it stays the same."""
    kept: int
    """Pictures whose captions are left alone."""
    traits: list[TraitsShape]
    caution: Said | None
    """Why the tagger's tags can't be trusted for these pictures; null if it knows them."""
    applied: bool
