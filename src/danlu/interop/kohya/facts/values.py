"""How one value of a kohya setting reads in a recipe, and how it is written back: each way in one place."""

import math
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from danlu.generation.prompt_options import NEAREST_SAMPLERS
from danlu.generation.prompt_options import SAMPLERS as SAMPLERS_BY_NAME


class Way(NamedTuple):
    """How a value comes over from kohya, and how it goes back."""

    read: Callable[[Any], Any]
    write: Callable[[Any], Any] = lambda value: value


def number(value: Any) -> float:
    """A finite number, also from text."""
    found = float(value)
    if not math.isfinite(found):
        raise ValueError(value)
    return found


def whole(value: Any) -> int:
    """A whole number, also from "12" or 12.0."""
    found = number(value)
    if found != int(found):
        raise ValueError(value)
    return int(found)


def positive(value: Any) -> float:
    """A number above zero."""
    found = number(value)
    if found <= 0:
        raise ValueError(value)
    return found


def span(value: Any) -> str:
    """A part of the run, from a number of steps or, below 1, a share."""
    found = number(value)
    return f"{found * 100:.10g}%" if 0 < found < 1 else f"{whole(value)} steps"


def steps_or_share(text: str) -> float:
    """A part of the run as sd-scripts writes it: a whole number of steps, or a share as a fraction below 1.

    100% is written as a hair less, because 1.0 would be one step.
    """
    if text.endswith("%"):
        return min(float(text[:-1]) / 100, 0.999999)
    return int(text.partition(" ")[0])


def truth(value: Any) -> bool:
    """True or false, also from "true", 1."""
    if isinstance(value, str):
        return {"true": True, "false": False, "1": True, "0": False}[value.lower()]
    return bool(value)


def sides(value: Any) -> tuple[int, int]:
    """Width and height of "512", 512, "512,768", "512x768", "(512, 768)" or [512, 768]."""
    given = value if isinstance(value, list) else re.findall(r"\d+(?:\.\d+)?", str(value))
    found = [whole(one) for one in given]
    if len(found) not in (1, 2) or min(found) < 32:
        raise ValueError(value)
    return found[0], found[-1]


def square(value: Any) -> int:
    """The side of the square that has the area of these sides; if they differ, in steps of 64."""
    width, height = sides(value)
    return width if width == height else round(math.sqrt(width * height) / 64) * 64


_NAME = re.compile(r'[/\\:*?"<>|\x00-\x1f]')


def file_name(value: Any) -> str:
    """A name that a file can have: characters that none can hold become `_`."""
    found = _NAME.sub("_", str(value)).strip().lstrip(".") or "lora"
    return found if found.strip("_ ") else "lora"


def _portions(value: Any) -> int:
    """A length in tokens as sd-scripts reads it: whole portions of 75, three at most."""
    return min(225, max(75, whole(value) // 75 * 75))


def one_of(names: Mapping[str, Any]) -> Way:
    """Names for names. Several of theirs may stand for one of ours, of which the first is written."""
    return Way(
        lambda value: names[str(value)], {ours: theirs for theirs, ours in reversed(list(names.items()))}.__getitem__
    )


COLOURINGS = 4
"""sd-scripts draws colours anew each time, which no cache could hold: as many stand for them."""

TEXT = Way(str)
WHOLE = Way(whole)
NUMBER = Way(number)
POSITIVE = Way(positive)
TRUTH = Way(truth)
NEGATED = Way(lambda value: not truth(value), lambda ours: not ours)
NAME = Way(file_name)
SPAN = Way(span, steps_or_share)
SQUARE = Way(square, lambda side: f"{side},{side}")
PORTIONS = Way(_portions, lambda tokens: tokens if tokens > 75 else None)
COLOURS = Way(lambda value: COLOURINGS if truth(value) else 0, bool)
FACTOR = Way(lambda value: None if whole(value) < 1 else whole(value), lambda factor: factor or -1)
"""LoKr's factor; -1 is their word for "as even as possible"."""
LIMIT = Way(number, lambda limit: limit or 0.0)
"""A limit that is always on unless it is 0."""
PREDICTION = Way(lambda value: "v_prediction" if truth(value) else "auto", lambda told: told == "v_prediction")
SAVED = one_of({"fp16": "fp16", "bf16": "bf16", "float": "fp32", "fp32": "fp32"})
COMPUTED = one_of({"no": "fp32", "bf16": "bf16", "fp16": "fp16"})
_SAMPLERS: dict[str, Any] = {**SAMPLERS_BY_NAME, **NEAREST_SAMPLERS}
SAMPLERS = Way(lambda value: _SAMPLERS[str(value).lower()], one_of(SAMPLERS_BY_NAME).write)
TARGETS = one_of({"full": "full", "attn-mlp": "attention+mlp", "attn-only": "attention"})
"""LyCORIS' presets."""
