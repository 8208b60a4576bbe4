"""Tags and trigger words, as they are sent and received."""

from typing import Annotated, Literal

from pydantic import Field

from danlu.studio.shapes.common import Said, Shape
from danlu.studio.shapes.datasets import PictureName, Version

Tag = Annotated[str, Field(min_length=1, max_length=500)]
Tags = Annotated[list[Tag], Field(min_length=1, max_length=200)]
Where = Annotated[str, Field(min_length=1, max_length=2000)]
End = Literal["head", "tail"]


class AddTags(Shape):
    """Put tags at the head or the tail, where a caption doesn't have them."""

    kind: Literal["add"]
    tags: Tags
    end: End = "tail"


class DeleteTags(Shape):
    """Take tags out; `*` in a tag stands for anything."""

    kind: Literal["delete"]
    tags: Tags


class ReplaceTag(Shape):
    """Write other tags where one is; none deletes it."""

    kind: Literal["replace"]
    tag: Tag
    by: Annotated[list[Tag], Field(max_length=200)]


class MoveTags(Shape):
    """Bring tags to the head or the tail."""

    kind: Literal["move"]
    tags: Tags
    end: End


class SortTags(Shape):
    """Bring tags into an order."""

    kind: Literal["sort"]
    by: Literal["alphabetical", "frequency"]


class DedupeTags(Shape):
    """Keep each tag once."""

    kind: Literal["dedupe"]


TagOperation = Annotated[
    AddTags | DeleteTags | ReplaceTag | MoveTags | SortTags | DedupeTags, Field(discriminator="kind")
]


class TagEdit(Shape):
    """Operations, one after the other, on the captions of pictures that fulfil each condition that is given."""

    version: Version
    operations: Annotated[list[TagOperation], Field(min_length=1, max_length=50)]
    pictures: Annotated[list[PictureName], Field(default_factory=list, max_length=1000)]
    """None are all."""
    where: Where | None = None
    """As in `smile AND NOT *hat`."""
    concept: str | None = None
    trigger_too: bool = False
    dry_run: bool = False
    """Only tell what would change."""


class CaptionChangeShape(Shape):
    """What a caption becomes."""

    picture: str
    before: str | None
    after: str


class TagEdited(Shape):
    """What was done, or would be."""

    version: int
    title: Said
    captions: list[CaptionChangeShape]
    applied: bool


class TagCountShape(Shape):
    """How often a tag is there."""

    tag: str
    pictures: int
    shares: dict[str, float]
    """In which part of each concept's pictures, 0 to 1."""
    zh: str | None
    """What it means in Chinese, if that is known."""


class TagTableShape(Shape):
    """The tags of a dataset, the most frequent first."""

    version: int
    pictures: int
    without_caption: int
    with_sentences: int
    tags: list[TagCountShape]


class KnownTag(Shape):
    """A tag that taggers here know."""

    tag: str
    zh: str | None


class OfferedTag(Shape):
    """A tag that a trigger word could take over."""

    tag: str
    pictures: int


class TriggerShape(Shape):
    """How things stand with a concept's trigger word."""

    concept: str
    trigger: str | None
    pictures: int
    led: int
    """Pictures whose caption begins with it."""
    traits: list[str]
    """What it has taken over."""
    offered: list[OfferedTag]
    """What it could take over."""
    conflicts: list[Said]


class TriggersShape(Shape):
    """The trigger words of a dataset."""

    version: int
    concepts: list[TriggerShape]


class TriggerChange(Shape):
    """A trigger word to set, and tags that it takes over."""

    version: Version
    concept: str | None = None
    """Null: the only one."""
    word: Tag | None = None
    """Null: the one that is set."""
    absorb: Annotated[list[Tag], Field(default_factory=list, max_length=200)]
    dry_run: bool = False


class TriggerWarnings(Shape):
    """What is to be said against a trigger word."""

    conflicts: list[Said]
