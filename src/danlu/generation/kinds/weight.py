"""The weight of one adapter along a side."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from danlu.generation.axis import MOST_VALUES, Axis, Cell, number_labels
from danlu.generation.prompts import LARGEST_WEIGHT
from danlu.kit.language import Text


class WeightAxis(Axis):
    """More or less of one adapter.
    中文: 其中一个 LoRA 的不同权重。
    """

    kind: Literal["weight"] = "weight"
    adapter: int = Field(default=1, ge=1)
    """Which adapter of the stack, from 1.
    中文: 第几个 LoRA，从 1 开始。"""
    values: tuple[Annotated[float, Field(ge=-LARGEST_WEIGHT, le=LARGEST_WEIGHT)], ...] = Field(
        min_length=1, max_length=MOST_VALUES
    )
    """Its weights; 0 is without it.
    中文: 权重；0 即不使用。"""
    title: ClassVar[Text] = Text("Weight", "权重")

    @property
    def labels(self) -> tuple[Text, ...]:
        """The numbers."""
        return number_labels(self.values)

    @property
    def subject(self) -> str:
        """Axes may each change another adapter."""
        return f"weight {self.adapter}"

    def change(self, cell: Cell, place: int) -> Cell:
        """With another weight."""
        return cell.with_adapter(self.adapter, weight=self.values[place])
