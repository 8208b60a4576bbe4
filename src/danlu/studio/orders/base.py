"""What clients order: ids become what lies here, and no other place is ever read. A kind is one file in `kinds/`."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from danlu.jobs.base import Order
from danlu.kit.language import Text
from danlu.kit.variants import Variant
from danlu.studio.context import Studio, require_dataset
from danlu.studio.library import contents_of
from danlu.studio.problems import ProblemError


@dataclass(frozen=True)
class Placed:
    """A job to put in the queue."""

    order: Order
    dataset_id: str | None
    run_name: str | None = None
    """What the run that it makes is called; None if it makes none."""


class NewJob(Variant, ABC):
    """A job as a client orders it. One file in `kinds/` each.
    中文: 客户端提交的任务，每种一个文件。
    """

    @abstractmethod
    def place(self, studio: Studio, owner: str) -> Placed:
        """What the queue takes. Raises `UserError` or `ProblemError` for what can't be."""


def require_pictures(studio: Studio, owner: str, dataset_id: str, pictures: Sequence[str] = ()) -> None:
    """Raise `ProblemError` if the dataset isn't the owner's, or a picture isn't there or is left out; `UserError` if
    there is nothing in it.
    """
    dataset = require_dataset(studio, owner, dataset_id)
    known = {one.name for one in contents_of(studio.folder.dataset(dataset.folder)).require().files}
    for name in pictures:
        if name not in known:
            text = Text(
                f"There is no picture '{name[:100]}' in this dataset, or it is left out.",
                f"数据集中没有图片“{name[:100]}”，或已被排除。",
            )
            raise ProblemError(422, "invalid", text, field="pictures")
