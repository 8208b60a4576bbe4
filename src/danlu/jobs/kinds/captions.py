"""Checking captions by drawing them."""

from typing import Annotated, Literal

from pydantic import Field

from danlu.jobs.base import Order, Workplace


class CaptionsOrder(Order):
    """Draw a picture from every caption, and rank the captions by how far it is from the picture.
    中文: 用每条标注生成图片，按与原图的距离给标注排名。
    """

    kind: Literal["captions"] = "captions"
    base_path: str
    tagger: str
    """Folder of the tagger that compares."""
    adapter: str | None = None
    """File of an adapter to draw with."""
    seeds: Annotated[int, Field(ge=1, le=8)] = 2
    """Drawings of each caption."""

    def command(self, place: Workplace) -> list[str]:
        """`danlu dataset captions`; drawings that are there are taken from the cache."""
        return [
            "dataset",
            "captions",
            place.require_dataset(),
            "--base",
            self.base_path,
            *(["--adapter", f"{self.adapter}:1"] if self.adapter is not None else []),
            "--tagger",
            self.tagger,
            "--seeds",
            str(self.seeds),
            "--html",
            place.result("captions.html"),
        ]

    def expected(self) -> float | None:
        """It depends on the base and the machine: not known before it draws."""
        return None
