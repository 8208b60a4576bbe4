"""Bases, themes, recipes and plans, as they are sent and received."""

from typing import Annotated, Any, Literal

from pydantic import Field

from danlu.studio.shapes.common import Name, Said, Shape

Values = dict[str, Any]


class BaseShape(Shape):
    """A base that was found on this machine."""

    id: str
    name: str
    family: str
    family_title: str
    native_px: int
    size_bytes: int
    embedded: bool
    clip_skips: int
    """The greatest clip skip that has an effect."""
    sizes: list[str]
    """Picture sizes that it is trained at, as 512x768."""
    usual_sizes: list[str]
    """Those three that are usual for crops: upright, square, lying."""


class UnusableBase(Shape):
    """A file or folder that looks like a base and isn't one."""

    name: str
    text: Said


class BasesShape(Shape):
    """What was found."""

    bases: list[BaseShape]
    unusable: list[UnusableBase]


class TaggerShape(Shape):
    """A tagger that was found on this machine."""

    id: str
    name: str
    embedded: bool
    knows: Said
    """What it knows, as the end of a sentence."""


class ThemeShape(Shape):
    """A preset of settings."""

    id: str
    title: Said
    values: Values
    """What it sets, as in a recipe."""


class PresetShape(Shape):
    """Settings that somebody saved under a name."""

    name: Name
    settings: Annotated[Values, Field(max_length=50)]
    """The part of a recipe that they chose themselves."""


class SeenOrder(Shape):
    """A picture of which is asked what the model will see."""

    dataset_id: str
    picture: Annotated[str, Field(min_length=1, max_length=600)]
    """A picture, or a view as `a.png#face`."""
    base: Annotated[str, Field(max_length=200)] = "danlu-mini"
    """Id of the base, without a recipe."""
    recipe: Values | None = None
    """Null takes a first recipe for this base."""
    count: Annotated[int, Field(ge=1, le=100)] = 8
    """How many showings."""


class RenditionShape(Shape):
    """One way in which a picture is shown."""

    flipped: bool
    colours: int
    """The number of the colouring; 0 is its own."""


class SeenCaptionShape(RenditionShape):
    """A caption as it is shown at one place of the run."""

    epoch: int
    """0 for a picture that is only measured."""
    step: int
    tokens: int
    portions: list[str]
    """Of at most 75 tokens each."""
    portions_read: int
    """How many of them are read; the rest is cut."""


class SeenShape(Shape):
    """What the model will see of a picture."""

    name: str
    concept: str
    repeats: int
    size: list[int]
    box: list[float]
    """The part of the picture that fills the bucket: left, top, right, bottom in its pixels."""
    bucket: list[int]
    scale: float
    """Above 1 it is enlarged."""
    held_out: bool
    renditions: list[RenditionShape]
    pixels: list[str]
    """The first renditions as `data:` addresses, each pixel as the model gets it."""
    captions: list[SeenCaptionShape]
    """The first showings of the run."""


class SettingShape(Shape):
    """One setting of a recipe."""

    key: str
    """As in `optimizer.lr`."""
    title: str
    """Its own part of the key: `lr`."""
    label: Said
    """What people call it."""
    elsewhere: list[str]
    """What kohya's programs call it."""
    help: Said
    value: Annotated[Values, Field(alias="schema")]
    """JSON schema of its value."""
    default: Any
    required: bool


class KindShape(Shape):
    """One of several ways to do something, with settings of its own."""

    kind: str
    help: Said
    settings: list[SettingShape]


class SectionShape(Shape):
    """A table of a recipe."""

    key: str
    """As in `optimizer`; empty for the recipe's own settings."""
    title: Said
    elsewhere: list[str]
    """What kohya's programs call the choice of its kind."""
    help: Said
    settings: list[SettingShape]
    """Without those of its kinds."""
    kinds: list[KindShape]
    """Empty if there is but one."""
    default_kind: str | None


class RecipeSchema(Shape):
    """Every setting of a recipe, in the order in which data flows."""

    sections: list[SectionShape]


class DraftOrder(Shape):
    """What to write a recipe for."""

    dataset_id: str
    base: str
    """A base's id."""
    theme: Literal["anime", "real", "2.5d", "standard"] = "standard"


class DraftShape(Shape):
    """A recipe to begin with."""

    recipe: Values
    notices: list[Said]


class RunRecipe(Shape):
    """The recipe of a run, to train it again."""

    run_name: str
    recipe: Values
    dataset_changed: bool
    """Whether the dataset was changed since that training began."""


class RecipeText(Shape):
    """A recipe as a file. What it says of `dataset.path` is ignored: the dataset is `dataset_id`."""

    dataset_id: str
    toml: Annotated[str, Field(max_length=200_000)]
