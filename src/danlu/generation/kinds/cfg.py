"""Guidance along a side."""

from dataclasses import replace
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from danlu.generation.axis import MOST_VALUES, Axis, Cell, number_labels
from danlu.generation.prompts import MOST_GUIDANCE
from danlu.kit.language import Text


class CfgAxis(Axis):
    """The prompt followed more or less strictly.
    中文: 不同的提示词引导系数（CFG）。
    """

    kind: Literal["cfg"] = "cfg"
    values: tuple[Annotated[float, Field(ge=0, le=MOST_GUIDANCE)], ...] = Field(min_length=1, max_length=MOST_VALUES)
    """The guidance of each place.
    中文: 引导系数。"""
    title: ClassVar[Text] = Text("CFG", "CFG")

    @property
    def labels(self) -> tuple[Text, ...]:
        """The numbers."""
        return number_labels(self.values)

    def change(self, cell: Cell, place: int) -> Cell:
        """With other guidance."""
        return replace(cell, prompt=replace(cell.prompt, cfg=self.values[place]))
