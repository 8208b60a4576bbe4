"""Samplers along a side."""

from dataclasses import replace
from typing import ClassVar, Literal

from pydantic import Field

from danlu.generation.axis import MOST_VALUES, Axis, Cell
from danlu.generation.prompts import SamplerName
from danlu.kit.language import Text


class SamplerAxis(Axis):
    """Another sampler for each place.
    中文: 不同的采样器。
    """

    kind: Literal["sampler"] = "sampler"
    values: tuple[SamplerName, ...] = Field(min_length=1, max_length=MOST_VALUES)
    """Names as in A1111.
    中文: 采样器名称，与 A1111 相同。"""
    title: ClassVar[Text] = Text("Sampler", "采样器")

    @property
    def labels(self) -> tuple[Text, ...]:
        """The names."""
        return tuple(Text(name, name) for name in self.values)

    def change(self, cell: Cell, place: int) -> Cell:
        """With another sampler."""
        return replace(cell, prompt=replace(cell.prompt, sampler=self.values[place]))
