"""Ordering a training."""

import tomllib
from typing import Literal

from danlu.jobs.kinds.train import TrainOrder
from danlu.recipe import render_recipe
from danlu.studio.context import Studio
from danlu.studio.orders.base import NewJob, Placed
from danlu.studio.recipes import plan_of, recipe_of
from danlu.studio.shapes.common import Name
from danlu.studio.shapes.recipes import Values


class NewTraining(NewJob):
    """A recipe to train. What it says of `dataset.path` is ignored: the dataset is `dataset_id`.
    中文: 要训练的配方。
    """

    kind: Literal["train"] = "train"
    dataset_id: str
    recipe: Values
    name: Name | None = None
    """What the run is called; null takes the recipe's name."""

    def place(self, studio: Studio, owner: str) -> Placed:
        """A training that can begin."""
        recipe = recipe_of(studio, owner, self.dataset_id, self.recipe)
        values = tomllib.loads(render_recipe(recipe))
        order = TrainOrder(recipe=values, expected_seconds=plan_of(recipe).expected_seconds)
        return Placed(order, self.dataset_id, self.name or recipe.name)
