"""Searching for the learning rate of a recipe."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from danlu.jobs.base import Order, Workplace
from danlu.kit.files import write_atomically
from danlu.recipe import parse_recipe, render_recipe
from danlu.rundir.layout import RunFolder

_SEARCH = "search"
"""The run of the search, in the job's folder."""
_FOUND = "rate"
"""The found recipes are called rate-adamw.toml and rate-lion.toml."""


class FindRateOrder(Order):
    """Train with D-Adaptation for a while, to find the learning rate that suits the pictures.
    中文: 用 D-Adaptation 训练一段时间，为这批图片寻找合适的学习率。
    """

    kind: Literal["find_rate"] = "find_rate"
    recipe: dict[str, Any]
    steps: Annotated[int, Field(ge=20, le=10_000)] = 200
    """How long to search."""

    def command(self, place: Workplace) -> list[str]:
        """`danlu find-rate`, which goes on if it was interrupted."""
        place.require_dataset()
        file = place.folder / "recipe.toml"
        write_atomically(file, render_recipe(parse_recipe(self.recipe, "recipe")))
        made = ["-o", place.result(_FOUND), "--overwrite"]
        return ["find-rate", str(file), "--steps", str(self.steps), "--run", str(place.folder / _SEARCH), *made]

    def expected(self) -> float | None:
        """Not known before its first steps."""
        return None

    def run_in(self, folder: Path) -> RunFolder:
        """The search is a run."""
        return RunFolder(folder / _SEARCH)

    def results(self, folder: Path) -> list[Path]:
        """The chart, and a recipe for each of AdamW and Lion."""
        chart = self.run_in(folder).rate_chart
        return [*([chart] if chart.is_file() else []), *super().results(folder)]
