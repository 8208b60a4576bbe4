"""Curves of a run in as many points as a chart can show: each is the mean of its steps, with the least and the most."""

from collections.abc import Sequence
from itertools import pairwise

from danlu.rundir.events import Step
from danlu.studio.journals import SMOOTHING, RunJournal
from danlu.studio.shapes.runs import BandShape, CurveShape

TIMESTEPS, BANDS = 1000, 4


def curve_of(journal: RunJournal, points: int, after: int = 0) -> CurveShape:
    """The steps after a step, in `points` parts of (nearly) the same length."""
    steps = [one for number, one in sorted(journal.steps.items()) if number > after]
    parts = _parts(steps, points)
    smooth = _smooth(steps)
    names = list(dict.fromkeys(name for part in parts for name in part[-1].rates))
    validations = [one for number, one in sorted(journal.validations.items()) if number >= after]
    return CurveShape(
        steps=[part[-1].step for part in parts],
        loss=[_mean([one.loss for one in part]) for part in parts],
        low=[min(one.loss for one in part) for part in parts],
        high=[max(one.loss for one in part) for part in parts],
        smooth=[smooth[part[-1].step] for part in parts],
        epochs=[part[-1].epoch for part in parts],
        rates={name: [part[-1].rates.get(name, 0.0) for part in parts] for name in names},
        seconds=[_mean([one.seconds for one in part]) for part in parts],
        images_per_second=[_pace(part) for part in parts],
        gradient_norm=[_known([one.gradient_norm for one in part]) for part in parts],
        bands=_bands(parts),
        validation_steps=[one.step for one in validations],
        validation_loss=[one.loss for one in validations],
        next_step=steps[-1].step if steps else after,
    )


def _parts(steps: list[Step], points: int) -> list[list[Step]]:
    count = min(points, len(steps))
    edges = [round(index * len(steps) / count) for index in range(count + 1)] if count else [0]
    return [steps[left:right] for left, right in pairwise(edges)]


def _smooth(steps: list[Step]) -> dict[int, float]:
    """Exponential moving averages, begun at the first step and without its bias."""
    mean = weight = 0.0
    found: dict[int, float] = {}
    for one in steps:
        mean = (1 - SMOOTHING) * mean + SMOOTHING * one.loss
        weight = (1 - SMOOTHING) * weight + SMOOTHING
        found[one.step] = mean / weight
    return found


def _bands(parts: Sequence[Sequence[Step]]) -> list[BandShape]:
    """The loss by how much noise there was, in equal bands of timesteps; those that nothing fell into are left out."""
    size = TIMESTEPS // BANDS
    bands: list[BandShape] = []
    for first in range(0, TIMESTEPS, size):
        last = first + size - 1
        losses = [_known(_losses(part, first, last)) for part in parts]
        if any(loss is not None for loss in losses):
            bands.append(BandShape(first=first, last=last, loss=losses))
    return bands


def _losses(part: Sequence[Step], first: int, last: int) -> list[float]:
    """Of the pictures whose timestep lies in a band."""
    both = [pair for one in part for pair in zip(one.timesteps, one.losses, strict=True)]
    return [loss for timestep, loss in both if first <= timestep <= last]


def _pace(part: Sequence[Step]) -> float:
    seconds = sum(one.seconds for one in part)
    return sum(one.images for one in part) / seconds if seconds else 0.0


def _known(values: Sequence[float | None]) -> float | None:
    """The mean of what is known."""
    known = [value for value in values if value is not None]
    return _mean(known) if known else None


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)
