"""Ordering regularization pictures."""

from danlu.jobs.kinds.regularize import RegularizeOrder
from danlu.studio.bases import find_base_of
from danlu.studio.context import Studio
from danlu.studio.orders.base import NewJob, Placed, require_pictures


class NewRegularization(RegularizeOrder, NewJob):
    """Pictures of a class to draw.
    中文: 要出的正则化图片。
    """

    dataset_id: str

    def place(self, studio: Studio, owner: str) -> Placed:
        """With a base that is here."""
        require_pictures(studio, owner, self.dataset_id)
        base = find_base_of(studio, owner, self.base)
        values = self.model_dump(exclude={"dataset_id"})
        return Placed(RegularizeOrder.model_validate({**values, "base": base.path}), self.dataset_id)
