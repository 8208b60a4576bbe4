"""Ordering a cropping."""

from danlu.jobs.kinds.crop import CropOrder
from danlu.studio.bases import find_base_of
from danlu.studio.context import Studio
from danlu.studio.orders.base import NewJob, Placed, require_pictures


class NewCrop(CropOrder, NewJob):
    """Pictures to crop.
    中文: 要裁剪的图片。
    """

    dataset_id: str

    def place(self, studio: Studio, owner: str) -> Placed:
        """For a base that is here."""
        require_pictures(studio, owner, self.dataset_id, self.pictures)
        base = find_base_of(studio, owner, self.base)
        values = self.model_dump(exclude={"dataset_id"})
        return Placed(CropOrder.model_validate({**values, "base": base.path}), self.dataset_id)
