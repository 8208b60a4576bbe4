"""Drawing regularization pictures for a dataset."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from danlu.jobs.base import Order, Workplace
from danlu.kit.forms import form


class RegularizeOrder(Order):
    """Draw pictures of a class with the base, so that training keeps what the base knows of it.
    中文: 用底模出某一类别的正则化图片，训练时防止污染底模。
    """

    changes_dataset: ClassVar[bool] = True

    kind: Literal["regularize"] = "regularize"
    prompt: Annotated[str, Field(max_length=2000, pattern=form(r"\S", "more than blanks", "不为空白"))]
    """The class, without what is to be learnt; of {a|b}, one is drawn each time."""
    negative: Annotated[str, Field(max_length=2000)] = ""
    """What not to draw."""
    base: str = "danlu-mini"
    """Id of the base that will be trained on."""
    count: Annotated[int, Field(ge=1, le=1000)] | None = None
    """How many; null: as many as an epoch shows."""
    seed: Annotated[int, Field(ge=0, le=2**31)] = 0
    """Of the first picture."""

    def command(self, place: Workplace) -> list[str]:
        """`danlu dataset regularize`."""
        return [
            "dataset",
            "regularize",
            place.require_dataset(),
            f"--prompt={self.prompt}",
            *([f"--negative={self.negative}"] if self.negative else []),
            "--base",
            self.base,
            "--count",
            "auto" if self.count is None else str(self.count),
            "--seed",
            str(self.seed),
        ]
