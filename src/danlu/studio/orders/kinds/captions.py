"""Ordering a check of captions."""

from typing import Annotated, Literal

from pydantic import Field

from danlu.jobs.kinds.captions import CaptionsOrder
from danlu.studio.bases import find_base_of, find_tagger_of
from danlu.studio.context import Studio
from danlu.studio.orders.base import NewJob, Placed, require_pictures
from danlu.studio.orders.kinds.merge import Reference, find_fitting


class NewCaptionCheck(NewJob):
    """A dataset whose captions are drawn and compared with their pictures.
    中文: 要检查标注的数据集。
    """

    kind: Literal["captions"] = "captions"
    dataset_id: str
    base: str = "danlu-mini"
    """Id of the base that draws."""
    tagger: str = "danlu-mini-tagger"
    """Id of the tagger that compares."""
    adapter: Reference | None = None
    """An adapter to draw with, as one that was trained on the dataset; null draws with the base alone."""
    seeds: Annotated[int, Field(ge=1, le=8)] = 2
    """Drawings of each caption: more take longer and tell more surely."""

    def place(self, studio: Studio, owner: str) -> Placed:
        """With a base and a tagger that are here."""
        require_pictures(studio, owner, self.dataset_id)
        base = find_base_of(studio, owner, self.base, field="base")
        tagger = find_tagger_of(studio, owner, self.tagger)
        adapter = None if self.adapter is None else find_fitting(studio, owner, self.adapter, base, field="adapter")
        order = CaptionsOrder(base_path=base.path, tagger=tagger.path, adapter=adapter, seeds=self.seeds)
        return Placed(order, self.dataset_id)
