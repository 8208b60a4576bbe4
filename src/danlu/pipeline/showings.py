"""How a picture is shown at one place of a run: its caption after shuffle and dropout, its side and its colours.

A function of the recipe, the picture and the place: training and `danlu dataset show` both ask here.
"""

from typing import NamedTuple

from danlu.datasets.augmentation import Rendition
from danlu.datasets.captions import Moment, final_caption
from danlu.pipeline.survey import Survey
from danlu.training.order import PlannedStep
from danlu.training.randomness import caption_random, draw_rendition


class Shown(NamedTuple):
    """One showing of a picture."""

    caption: str
    rendition: Rendition


def shown_at(survey: Survey, index: int, planned: PlannedStep, place: int) -> Shown:
    """The showing of a picture, by its index, at `place` of the epoch of a planned step."""
    recipe, picture = survey.recipe, survey.dataset.pictures[index]
    seed, epoch = recipe.training.seed, planned.epoch
    rng = caption_random(seed=seed, epoch=epoch, place=place)
    moment = Moment(epoch, planned.number - 1, survey.order.total_steps)
    caption = final_caption(picture.caption or "", recipe.dataset.captions, rng, moment)
    rendition = draw_rendition(recipe.dataset.augmentation, picture.mirror, seed=seed, epoch=epoch, place=place)
    return Shown(caption, rendition)
