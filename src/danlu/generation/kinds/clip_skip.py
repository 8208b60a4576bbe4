"""Clip skip along a side."""

from dataclasses import replace
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from danlu.generation.axis import MOST_VALUES, Axis, Cell, number_labels
from danlu.generation.prompts import MOST_CLIP_SKIP
from danlu.kit.language import Text


class ClipSkipAxis(Axis):
    """Another layer of the text encoder.
    中文: 不同的 Clip skip。
    """

    kind: Literal["clip_skip"] = "clip_skip"
    values: tuple[Annotated[int, Field(ge=1, le=MOST_CLIP_SKIP)], ...] = Field(min_length=1, max_length=MOST_VALUES)
    """1 is the last layer that the base uses.
    中文: 1 为底模默认使用的最后一层。"""
    title: ClassVar[Text] = Text("Clip skip", "Clip skip")

    @property
    def labels(self) -> tuple[Text, ...]:
        """The numbers."""
        return number_labels(self.values)

    def change(self, cell: Cell, place: int) -> Cell:
        """With another layer."""
        return replace(cell, prompt=replace(cell.prompt, clip_skip=self.values[place]))
