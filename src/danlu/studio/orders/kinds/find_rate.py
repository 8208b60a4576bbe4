"""Ordering a search for the learning rate."""

import tomllib
from typing import Annotated, Literal

from pydantic import Field

from danlu.jobs.kinds.find_rate import FindRateOrder
from danlu.recipe import render_recipe
from danlu.studio.context import Studio
from danlu.studio.orders.base import NewJob, Placed
from danlu.studio.recipes import plan_of, recipe_of
from danlu.studio.shapes.recipes import Values


class NewRateSearch(NewJob):
    """A recipe to find the learning rate for. The dataset is `dataset_id`, whatever the recipe says.
    中文: 要为其寻找学习率的配方。
    """

    kind: Literal["find_rate"] = "find_rate"
    dataset_id: str
    recipe: Values
    steps: Annotated[int, Field(ge=20, le=10_000)] = 200
    """How long to search: more steps are surer."""

    def place(self, studio: Studio, owner: str) -> Placed:
        """Of a recipe that could be trained."""
        recipe = recipe_of(studio, owner, self.dataset_id, self.recipe)
        plan_of(recipe)
        return Placed(FindRateOrder(recipe=tomllib.loads(render_recipe(recipe)), steps=self.steps), self.dataset_id)
