"""Seeds along a side."""

from dataclasses import replace
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from danlu.generation.axis import MOST_VALUES, Axis, Cell
from danlu.generation.prompts import LARGEST_SEED
from danlu.kit.language import Text


class SeedAxis(Axis):
    """Another seed for each place: pictures that differ in nothing else.
    中文: 每格换一个种子，其余不变。
    """

    kind: Literal["seed"] = "seed"
    values: tuple[Annotated[int, Field(ge=0, le=LARGEST_SEED)], ...] = Field(min_length=1, max_length=MOST_VALUES)
    """The seeds.
    中文: 种子。"""
    title: ClassVar[Text] = Text("Seed", "种子")

    @property
    def labels(self) -> tuple[Text, ...]:
        """The seeds."""
        return tuple(Text(str(seed), str(seed)) for seed in self.values)

    def change(self, cell: Cell, place: int) -> Cell:
        """With another seed."""
        return replace(cell, prompt=replace(cell.prompt, seed=self.values[place]))
