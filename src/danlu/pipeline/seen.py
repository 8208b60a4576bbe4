"""What the model will see of a picture: the exact pixels in its bucket, in each way in which it is shown, and captions
as they are after shuffle and dropout, with the same random numbers as in training, cut into CLIP's portions.
"""

import base64
import io
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from danlu.composition.named import picture_named
from danlu.datasets.augmentation import AugmentationConfig, Rendition, plain_rendition, render_picture, renditions
from danlu.datasets.buckets import enlargement
from danlu.datasets.captions import possible_captions
from danlu.datasets.fitting import shown_box
from danlu.datasets.pictures import Concept, Dataset, Picture, Size
from danlu.encoders.clip import PORTION
from danlu.kit.files import write_atomically
from danlu.kit.language import Text, language, pick
from danlu.pipeline.showings import shown_at
from danlu.pipeline.survey import Survey, survey_recipe
from danlu.recipe import Recipe

if TYPE_CHECKING:
    from PIL.Image import Image

MOST_RENDITIONS = 12
"""More than this no page shows."""


@dataclass(frozen=True)
class SeenCaption:
    """One caption as it is shown."""

    epoch: int
    """0 for a picture that is only measured."""
    step: int
    rendition: Rendition
    portions: tuple[tuple[str, int], ...]
    """The text in portions of at most 75 tokens, and how many each has."""
    read: int
    """How many of the portions are read; the rest is cut."""

    @property
    def tokens(self) -> int:
        """Of the whole caption."""
        return sum(count for _, count in self.portions)


@dataclass(frozen=True)
class Seen:
    """What the model sees of a picture."""

    picture: Picture
    concept: Concept
    bucket: Size
    held_out: bool
    captions: tuple[SeenCaption, ...]
    """The first showings of the run."""
    renditions: tuple[Rendition, ...]
    """All ways in which it may be shown."""

    @property
    def box(self) -> tuple[float, float, float, float]:
        """The part of the file's picture that fills the bucket, in its pixels."""
        return shown_box(self.picture.size, self.picture.crop, self.bucket)

    @property
    def scale(self) -> float:
        """By how much that part is scaled; above 1 it is enlarged."""
        return enlargement(self.picture.framed_size, self.bucket)

    def render(self, rendition: Rendition) -> "Image":
        """The pixels as the base's encoder gets them."""
        return render_picture(self.picture, self.bucket, rendition)


def see_picture(recipe: Recipe, name: str, *, count: int = 5) -> Seen:
    """What a run of this recipe sees of the picture or view of this name, in its first `count` showings.

    Raises `UserError` for an unknown picture and for everything that couldn't be trained.
    """
    survey = survey_recipe(recipe)
    everything = Dataset(
        survey.dataset.root,
        survey.dataset.concepts,
        (*survey.dataset.pictures, *survey.held_out),
        (),
    )
    picture = picture_named(everything, name)
    place = everything.pictures.index(picture)
    trained = len(survey.dataset.pictures)
    held_out = place >= trained
    bucket = survey.held_out_buckets[place - trained] if held_out else survey.arrangement.buckets[place]
    augmentation = AugmentationConfig() if held_out else recipe.dataset.augmentation
    ways = (plain_rendition(picture),) if held_out else tuple(renditions(augmentation, picture.mirror))
    captions = _measured(survey, picture) if held_out else _trained(survey, place, count)
    return Seen(picture, everything.concepts[picture.concept], bucket, held_out, captions, ways)


def _trained(survey: Survey, index: int, count: int) -> tuple[SeenCaption, ...]:
    places = (
        (planned, planned.place + offset)
        for planned in survey.order.steps_after(0)
        for offset, item in enumerate(planned.group.items)
        if item == index
    )
    found = [(planned, shown_at(survey, index, planned, place)) for planned, place in islice(places, count)]
    portions = _portions(survey, [shown.caption for _, shown in found])
    return tuple(
        SeenCaption(planned.epoch, planned.number, shown.rendition, cut, _read(survey))
        for (planned, shown), cut in zip(found, portions, strict=True)
    )


def _measured(survey: Survey, picture: Picture) -> tuple[SeenCaption, ...]:
    caption = possible_captions(picture.caption or "", survey.recipe.dataset.captions)[0]
    (cut,) = _portions(survey, [caption])
    return (SeenCaption(0, 0, plain_rendition(picture), cut, _read(survey)),)


def _portions(survey: Survey, captions: list[str]) -> list[tuple[tuple[str, int], ...]]:
    split = survey.family.split_captions(survey.facts, captions, survey.recipe.reading.emphasis)
    return [tuple(one) for one in split]


def _read(survey: Survey) -> int:
    return survey.recipe.base.max_tokens // PORTION


def tell_rendition(rendition: Rendition) -> Text:
    """A way of showing in words."""
    side = Text("mirrored", "镜像") if rendition.flipped else Text("as it is", "原样")
    if not rendition.colours:
        return side
    return Text(f"{side.en}, colouring {rendition.colours}", f"{side.zh}，颜色变化 {rendition.colours}")


def write_page(seen: Seen, out: Path) -> None:
    """Write a page that shows all of it, with the pictures within."""
    from jinja2 import Environment, PackageLoader

    from danlu.pipeline.gallery import draw_box

    environment = Environment(loader=PackageLoader("danlu.pipeline", "."), autoescape=True)
    page = environment.get_template("seen.html.jinja").render(
        lang="zh-CN" if language() == "zh" else "en",
        pick=pick,
        seen=seen,
        svg=draw_box(seen.picture),
        shown=[
            {"text": str(tell_rendition(one)), "source": png_of(seen.render(one))}
            for one in seen.renditions[:MOST_RENDITIONS]
        ],
        hidden=len(seen.renditions[MOST_RENDITIONS:]),
        captions=[{"one": one, "rendition": str(tell_rendition(one.rendition))} for one in seen.captions],
    )
    write_atomically(out, page)


def png_of(picture: "Image") -> str:
    """A picture as a data address, each pixel as it is."""
    content = io.BytesIO()
    picture.save(content, "PNG")
    return "data:image/png;base64," + base64.b64encode(content.getvalue()).decode()
