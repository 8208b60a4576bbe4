"""Recipes: what can be set, a draft to begin with, and the plan of one."""

from fastapi import APIRouter

from danlu.kit.language import Text
from danlu.pipeline.plan import make_plan
from danlu.pipeline.start import draft_recipe
from danlu.recipe import render_recipe
from danlu.studio.bases import find_base_of
from danlu.studio.context import Owner, TheStudio, require_dataset
from danlu.studio.library import contents_of
from danlu.studio.recipe_schema import recipe_schema
from danlu.studio.recipes import recipe_of
from danlu.studio.shapes.common import Said, said
from danlu.studio.shapes.recipes import DraftOrder, DraftShape, MemoryShape, PlanOrder, PlanShape, RecipeSchema
from danlu.studio.subprocesses import plan_memory

router = APIRouter(tags=["recipes"])


@router.get("/recipe/schema")
def get_recipe_schema() -> RecipeSchema:
    """Every setting of a recipe, in the order in which data flows, with its help in both languages."""
    return recipe_schema()


@router.post("/recipes/draft")
def draft(order: DraftOrder, studio: TheStudio, owner: Owner) -> DraftShape:
    """A recipe that suits a dataset, a base and a theme."""
    dataset = require_dataset(studio, owner, order.dataset_id)
    root = studio.folder.dataset(dataset.folder)
    contents_of(root).require()
    notices: list[Said] = []
    base = find_base_of(studio, owner, order.base)
    recipe = draft_recipe(
        root,
        root / "recipe.toml",
        base=base.path,
        theme=order.theme,
        on_notice=lambda text: notices.append(said(_without_commands(text))),
    )
    return DraftShape(recipe=recipe.model_dump(mode="json"), notices=notices)


@router.post("/recipes/plan")
def plan(order: PlanOrder, studio: TheStudio, owner: Owner) -> PlanShape:
    """What a recipe will do, in milliseconds: steps with their arithmetic, buckets, time, file size."""
    recipe = recipe_of(studio, owner, order.dataset_id, order.recipe)
    made = make_plan(recipe)
    return PlanShape.model_validate(
        {
            **made.model_dump(mode="json", exclude={"warnings"}),
            "warnings": [one._asdict() for one in made.warnings],
            "arithmetic": made.arithmetic._asdict(),
            "toml": render_recipe(recipe),
        }
    )


@router.post("/recipes/memory")
def memory(order: PlanOrder, studio: TheStudio, owner: Owner) -> MemoryShape:
    """How much memory a step of a recipe takes; it goes through one, which takes seconds."""
    recipe = recipe_of(studio, owner, order.dataset_id, order.recipe)
    return MemoryShape.model_validate(plan_memory(studio.folder, recipe))


def _without_commands(text: Text) -> Text:
    """A notice whose way out is a command ends before it: here it is a button."""
    return Text(text.en.partition(" To have both:")[0], text.zh.partition("如需两者")[0])
