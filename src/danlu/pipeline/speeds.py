"""How fast this machine trains: remembered from earlier runs, so that a plan can tell how long it will take.

A rate is seconds per image and pixel, kept in the user's cache by what it depends on most.
"""

import json
import statistics
from collections.abc import Mapping
from pathlib import Path

from danlu.kit.cache_files import keep
from danlu.kit.places import cache_folder
from danlu.kit.variants import kind_name
from danlu.recipe import Recipe
from danlu.rundir.events import Step
from danlu.rundir.journal import read_journal
from danlu.rundir.layout import RunFolder

WARM_STEPS = 2
"""The first steps of a process are slower than the rest."""


def remember_speed(recipe: Recipe, run: RunFolder, mean_pixels: float) -> None:
    """Keep the median rate of a run; `mean_pixels` is the mean bucket area of its images."""
    rates = [event.seconds / event.images for event in read_journal(run.journal) if isinstance(event, Step)]
    if len(rates) <= WARM_STEPS:
        return
    known = _known()
    known[_key(recipe)] = statistics.median(rates[WARM_STEPS:]) / mean_pixels
    keep(_path(), json.dumps(known, indent=1).encode())


def expected_seconds(recipe: Recipe, images: int, mean_pixels: float) -> float | None:
    """The training time of `images` images; None before the first run on this base, on this machine.

    Other settings than those that were measured (batch, precision, kind of adapter) change the rate less than having no
    figure harms: the run that is most like this one stands in, and `is_rough_time` says so.
    """
    known, key = _known(), _key(recipe)
    like = [other for other in known if other.split(" ")[:2] == key.split(" ")[:2]]
    if key not in known and not like:
        return None
    rate = known[key] if key in known else known[max(like, key=lambda other: _likeness(other, key))]
    return rate * images * mean_pixels


def is_rough_time(recipe: Recipe) -> bool:
    """Whether the expected time is that of a run with other settings."""
    return _key(recipe) not in _known()


def _likeness(one: str, other: str) -> list[bool]:
    """By how many parts two keys agree; the rate depends most on the last ones."""
    return [a == b for a, b in zip(reversed(one.split(" ")), reversed(other.split(" ")), strict=False)]


def _key(recipe: Recipe) -> str:
    parts = (
        Path(recipe.base.path).name.replace(" ", "_"),
        recipe.training.device,
        recipe.training.precision,
        recipe.training.batch_size,
        kind_name(type(recipe.adapter)),
        recipe.adapter.text_encoder,
        recipe.objective.preservation > 0,
    )
    return " ".join(map(str, parts))


def _path() -> Path:
    return cache_folder() / "speeds.json"


def _known() -> dict[str, float]:
    try:
        values = json.loads(_path().read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(k): float(v) for k, v in values.items()} if isinstance(values, Mapping) else {}
