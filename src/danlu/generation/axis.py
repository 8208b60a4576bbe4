"""One side of a grid: what changes along it, and the values that it takes. One kind is one file in `kinds/`.

Flow: a drawing's own settings are a `Cell`; each axis changes it by one of its values; the changed cell is drawn.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar, Self

from danlu.generation.prompts import Prompt
from danlu.kit.errors import UserError
from danlu.kit.language import Text
from danlu.kit.variants import Variant

MOST_VALUES = 400


@dataclass(frozen=True)
class Stacked:
    """One adapter of a stack."""

    file: str
    """Empty: nothing in its place."""
    weight: float


@dataclass(frozen=True)
class Cell:
    """All that one picture is drawn with, beside the base."""

    prompt: Prompt
    adapters: tuple[Stacked, ...] = ()

    def with_adapter(self, number: int, *, file: str | None = None, weight: float | None = None) -> "Cell":
        """The same with another file or weight for the adapter of a number (from 1). Raises `UserError` if it has no
        such adapter.
        """
        if number > len(self.adapters):
            raise UserError(
                f"there is no adapter {number}: the stack has {len(self.adapters)}.",
                f"没有第 {number} 个 LoRA：一共叠加了 {len(self.adapters)} 个。",
                field="adapter",
            )
        known = self.adapters[number - 1]
        changed = Stacked(known.file if file is None else file, known.weight if weight is None else weight)
        return replace(self, adapters=(*self.adapters[: number - 1], changed, *self.adapters[number:]))


class Axis(Variant, ABC):
    """What changes along one side of a grid.
    中文: 网格的一条轴：沿这条轴变化的内容。
    """

    title: ClassVar[Text]

    @property
    @abstractmethod
    def labels(self) -> tuple[Text, ...]:
        """What each value is called beside its row or column."""

    @property
    def subject(self) -> str:
        """What it changes: two axes of a grid can't change the same."""
        return type(self).__name__

    def with_files(self, place: Callable[[str], str]) -> Self:
        """The same with each adapter file that it brings in as `place` gives it."""
        return self

    @abstractmethod
    def change(self, cell: Cell, place: int) -> Cell:
        """The cell with the value at a place (from 0). Raises `UserError` if that has no effect or can't be."""


def number_labels(values: tuple[float, ...]) -> tuple[Text, ...]:
    """Labels of numbers."""
    return tuple(Text(f"{value:g}", f"{value:g}") for value in values)
