"""Ordering a tagging."""

from danlu.jobs.kinds.tag import TagOrder
from danlu.studio.bases import find_tagger_of
from danlu.studio.context import Studio
from danlu.studio.orders.base import NewJob, Placed, require_pictures


class NewTagging(TagOrder, NewJob):
    """Pictures to tag.
    中文: 要打标的图片。
    """

    dataset_id: str

    def place(self, studio: Studio, owner: str) -> Placed:
        """With a tagger that is here."""
        require_pictures(studio, owner, self.dataset_id, self.pictures)
        tagger = find_tagger_of(studio, owner, self.tagger)
        values = self.model_dump(exclude={"dataset_id"})
        return Placed(TagOrder.model_validate({**values, "tagger": tagger.path}), self.dataset_id)
