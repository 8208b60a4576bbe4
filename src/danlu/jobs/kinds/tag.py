"""Tagging a dataset."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from danlu.jobs.base import Order, PictureName, Workplace


class TagOrder(Order):
    """Write a caption of tags beside every picture.
    中文: 为每张图片写一份由标签组成的描述。
    """

    changes_dataset: ClassVar[bool] = True

    kind: Literal["tag"] = "tag"
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

    dry_run: bool = False
    """Only look at the pictures, so that thresholds can be tried; no caption is written."""
    pictures: Annotated[tuple[PictureName, ...], Field(max_length=1000)] = ()
    """These alone; none are all."""

    def command(self, place: Workplace) -> list[str]:
        """`danlu tag`."""
        return [
            "tag",
            place.require_dataset(),
            "--tagger",
            self.tagger,
            *(["--threshold", str(self.threshold)] if self.threshold is not None else []),
            "--absorb" if self.absorb else "--keep-all",
            "--existing",
            self.existing,
            *([f"--trigger={self.trigger}"] if self.trigger else []),
            *place.only(self.pictures),
            *(["--dry-run"] if self.dry_run else []),
        ]
