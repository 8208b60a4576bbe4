"""Sampling steps along a side."""

from dataclasses import replace
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from danlu.generation.axis import MOST_VALUES, Axis, Cell, number_labels
from danlu.generation.prompts import MOST_STEPS
from danlu.kit.language import Text


class StepsAxis(Axis):
    """More or fewer sampling steps.
    中文: 不同的采样步数。
    """

    kind: Literal["steps"] = "steps"
    values: tuple[Annotated[int, Field(ge=1, le=MOST_STEPS)], ...] = Field(min_length=1, max_length=MOST_VALUES)
    """The numbers of steps.
    中文: 采样步数。"""
    title: ClassVar[Text] = Text("Steps", "步数")

    @property
    def labels(self) -> tuple[Text, ...]:
        """The numbers."""
        return number_labels(self.values)

    def change(self, cell: Cell, place: int) -> Cell:
        """With other steps."""
        return replace(cell, prompt=replace(cell.prompt, steps=self.values[place]))
