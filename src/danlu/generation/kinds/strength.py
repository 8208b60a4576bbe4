"""The strength of all adapters together along a side: 0 is the base alone."""

from dataclasses import replace
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from danlu.generation.axis import MOST_VALUES, Axis, Cell, Stacked
from danlu.generation.prompts import LARGEST_WEIGHT
from danlu.kit.errors import UserError
from danlu.kit.language import Text


class StrengthAxis(Axis):
    """The weights of all adapters times a factor: 1 and 0 lay the base's own picture beside it.
    中文: 所有 LoRA 的权重乘以同一系数：取 1 和 0 即可与底模本身对比。
    """

    kind: Literal["strength"] = "strength"
    values: tuple[Annotated[float, Field(ge=-LARGEST_WEIGHT, le=LARGEST_WEIGHT)], ...] = Field(
        min_length=1, max_length=MOST_VALUES
    )
    """The factors; 0 is the base alone.
    中文: 系数；0 即只用底模。"""
    title: ClassVar[Text] = Text("Strength", "强度")

    @property
    def labels(self) -> tuple[Text, ...]:
        """The factors, and what 0 means."""
        return tuple(Text(f"{one:g}", f"{one:g}") if one else Text("0: base", "0：底模") for one in self.values)

    def change(self, cell: Cell, place: int) -> Cell:
        """With all weights times the factor."""
        if not cell.adapters:
            raise UserError(
                "there are no adapters whose strength could change: add one, or leave this axis out.",
                "没有可以调整强度的 LoRA：请先添加，或去掉这条轴。",
                field="values",
            )
        factor = self.values[place]
        return replace(cell, adapters=tuple(Stacked(one.file, one.weight * factor) for one in cell.adapters))
