"""Recipes: what can be set, a draft to begin with, and the plan of one."""

from fastapi import APIRouter

from danlu.kit.language import Text
from danlu.pipeline.start import draft_recipe
from danlu.recipe import render_recipe
from danlu.studio.bases import find_base_of
from danlu.studio.context import OwnedRun, Owner, TheStudio, require_dataset
from danlu.studio.library import contents_of
from danlu.studio.problems import ProblemError
from danlu.studio.recipe_schema import recipe_schema
from danlu.studio.recipe_sources import import_settings, is_dataset_changed, read_toml, recipe_of_run
from danlu.studio.recipes import plan_of, recipe_of, shown_recipe, with_reference
from danlu.studio.shapes.common import Said, said
from danlu.studio.shapes.imports import ImportedShape, KohyaText
from danlu.studio.shapes.plans import MemoryShape, PlanOrder, PlanShape
from danlu.studio.shapes.recipes import (
    DraftOrder,
    DraftShape,
    RecipeSchema,
    RecipeText,
    RunRecipe,
    SeenOrder,
    SeenShape,
)
from danlu.studio.subprocesses import SupersededError, plan_memory, see_picture
from danlu.studio.wording import for_browser

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
        on_notice=lambda text: notices.append(said(for_browser(studio.folder, _without_ways(text)))),
    )
    return DraftShape(recipe=shown_recipe(studio, owner, recipe), notices=notices)


@router.post("/recipes/read")
def read_recipe(order: RecipeText, studio: TheStudio, owner: Owner) -> DraftShape:
    """A recipe's TOML as values: all settings, those that it leaves at their defaults too."""
    recipe = recipe_of(studio, owner, order.dataset_id, read_toml(order.toml))
    return DraftShape(recipe=shown_recipe(studio, owner, recipe), notices=[])


@router.post("/recipes/import")
def import_recipe(order: KohyaText, studio: TheStudio, owner: Owner) -> ImportedShape:
    """A recipe from kohya's settings, and what became of each of them."""
    return import_settings(studio, owner, order)


@router.get("/runs/{run_id}/recipe")
def get_run_recipe(run: OwnedRun, studio: TheStudio, owner: Owner) -> RunRecipe:
    """What a run was trained by, or will be, to train it again."""
    return RunRecipe(
        run_name=run.name,
        recipe=shown_recipe(studio, owner, recipe_of_run(studio, run)),
        dataset_changed=is_dataset_changed(studio, run),
    )


@router.post("/recipes/plan")
def plan(order: PlanOrder, studio: TheStudio, owner: Owner) -> PlanShape:
    """What a recipe will do, in milliseconds: steps with their arithmetic, buckets, time, file size."""
    recipe = recipe_of(studio, owner, order.dataset_id, order.recipe)
    made = plan_of(recipe)
    return PlanShape.model_validate(
        {
            **made.model_dump(mode="json", exclude={"warnings", "cautions", "start"}),
            "warnings": [for_browser(studio.folder, one)._asdict() for one in made.warnings],
            "cautions": [for_browser(studio.folder, one)._asdict() for one in made.cautions],
            "arithmetic": made.arithmetic._asdict(),
            "toml": render_recipe(with_reference(recipe, order.recipe)),
        }
    )


@router.post("/recipes/memory")
def memory(order: PlanOrder, studio: TheStudio, owner: Owner) -> MemoryShape:
    """How much memory a step of a recipe takes; it goes through one, which takes seconds. One at a time: of those that
    wait for a dataset only the last is answered, the others are told so (409).
    """
    recipe = recipe_of(studio, owner, order.dataset_id, order.recipe)
    try:
        return MemoryShape.model_validate(plan_memory(studio.folder, recipe))
    except SupersededError as error:
        text = Text("Another recipe was asked about in the meantime.", "其间又查询了另一份配方。")
        raise ProblemError(409, "conflict", text) from error


@router.post("/recipes/seen")
def seen(order: SeenOrder, studio: TheStudio, owner: Owner) -> SeenShape:
    """What the model will see of a picture: exact pixels, and captions after shuffle and dropout. It takes seconds."""
    dataset = require_dataset(studio, owner, order.dataset_id)
    root = studio.folder.dataset(dataset.folder)
    contents_of(root).require()
    values = order.recipe
    if values is None:
        base = find_base_of(studio, owner, order.base)
        values = draft_recipe(root, root / "recipe.toml", base=base.path).model_dump(mode="json")
    recipe = recipe_of(studio, owner, order.dataset_id, values)
    return SeenShape.model_validate(
        see_picture(studio.folder, recipe, dataset=root, picture=order.picture, count=order.count)
    )


def _without_ways(text: Text) -> Text:
    """A notice whose way out is a command ends before it: here it is a button."""
    return Text(text.en.partition(" To have both:")[0], text.zh.partition("如需两者")[0])
