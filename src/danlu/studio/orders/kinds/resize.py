"""Ordering a smaller adapter."""

from typing import Literal

from danlu.jobs.kinds.merge import Rank
from danlu.jobs.kinds.resize import ResizeOrder, Share
from danlu.store.folder import file_stem
from danlu.studio.bases import find_base_of
from danlu.studio.context import Studio
from danlu.studio.orders.base import NewJob, Placed
from danlu.studio.orders.kinds.merge import FileName, Reference, find_fitting


class NewResize(NewJob):
    """An adapter to make smaller.
    中文: 要缩小的 LoRA。
    """

    kind: Literal["resize"] = "resize"
    name: FileName
    """What the new file is called."""
    file: Reference
    base: str | None = None
    """Id of its base: needed for kinds other than LoRA."""
    rank: Rank
    """At most so much in each layer."""
    keep: Share | None = None
    """The lowest rank that keeps this share of each layer's change."""

    def place(self, studio: Studio, owner: str) -> Placed:
        """Of an adapter that is here."""
        base = find_base_of(studio, owner, self.base, field="base") if self.base is not None else None
        order = ResizeOrder(
            stem=file_stem(self.name, "resized"),
            path=find_fitting(studio, owner, self.file, base, field="file"),
            base_path=base.path if base else None,
            rank=self.rank,
            keep=self.keep,
        )
        return Placed(order, None)
