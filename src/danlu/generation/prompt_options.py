"""sd-scripts' options behind a prompt (`smile --n lowres --w 512 --h 768 --d 42`), read in one place wherever somebody
writes a prompt: recipes, `danlu generate`, the web app, kohya's files.

An option that isn't known is an error: it is never drawn as if it were words.
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from danlu.datasets.pictures import Size
from danlu.generation.prompts import (
    LARGEST_SIDE_PX,
    MOST_GUIDANCE,
    MOST_STEPS,
    SAMPLER_NAMES,
    SEEDS,
    Prompt,
    SamplerName,
)
from danlu.kit.errors import UserError

SAMPLERS: dict[str, SamplerName] = {
    "euler": "Euler",
    "k_euler": "Euler",
    "euler_a": "Euler a",
    "k_euler_a": "Euler a",
    "dpmsolver++": "DPM++ 2M",
    "dpmsolver": "DPM++ 2M",
    "ddim": "DDIM",
}
"""Samplers by sd-scripts' names."""
NEAREST_SAMPLERS: dict[str, SamplerName] = {
    "pndm": "DPM++ 2M",
    "lms": "DPM++ 2M",
    "k_lms": "DPM++ 2M",
    "heun": "Euler",
    "dpm_2": "DPM++ 2M",
    "k_dpm_2": "DPM++ 2M",
    "dpm_2_a": "Euler a",
    "k_dpm_2_a": "Euler a",
    "dpmsingle": "DPM++ 2M",
}
"""Samplers of sd-scripts that Danlu hasn't, and which of its own comes nearest."""


class PromptLine(NamedTuple):
    """A prompt and its options by letter, as somebody wrote them."""

    text: str
    options: dict[str, str]


def split_options(line: str) -> PromptLine:
    """A line's prompt and options; ` --` before a word begins an option."""
    text, *options = re.split(r"(?:^|\s+)--(?=[A-Za-z])", line.strip())
    pairs = (option.strip().partition(" ") for option in options)
    return PromptLine(text.strip(), {key.lower(): value.strip() for key, _, value in pairs})


def join_options(line: PromptLine) -> str:
    """The line that says it."""
    return " ".join([line.text, *(f"--{key} {value}" for key, value in line.options.items())]).strip()


def with_options(prompt: Prompt) -> Prompt:
    """The picture that a prompt's text with its options describes; what they leave open stays as it is. Raises
    `UserError` for an option that doesn't exist, or a value that makes no sense.
    """
    line = split_options(prompt.text)
    if not line.options:
        return prompt
    changes: dict[str, Any] = {"text": line.text}
    width, height = prompt.size
    for key, value in line.options.items():
        found = read_option(key, value)
        if key == "w":
            width = found
        elif key == "h":
            height = found
        else:
            changes[OPTIONS[key].field] = found
    return replace(prompt, **changes, size=Size(width, height))


def read_option(key: str, value: str) -> Any:
    """What an option says. Raises `UserError` if there is none of this name, or it makes no sense."""
    if key not in OPTIONS:
        known = ", ".join(f"--{name} ({option.what})" for name, option in OPTIONS.items())
        raise UserError(
            f"--{key} is no option of a prompt here: choose from {known}, or take the dashes away if they are words.",
            f"提示词没有 --{key} 这个参数：可用 {known}；如果它本来就是提示词，请去掉前面的“--”。",
        )
    try:
        return OPTIONS[key].read(value)
    except ValueError as error:
        shown = value.replace("|", "/")
        raise UserError(
            f"--{key} '{shown}' makes no sense: it is {OPTIONS[key].what}.",
            f"--{key} 的值“{shown}”不正确：它表示 {OPTIONS[key].what}。",
        ) from error


class Option(NamedTuple):
    """An option of a prompt."""

    field: str
    """Of `Prompt`."""
    what: str
    read: Callable[[str], Any]


def _within(least: float, most: float, read: Callable[[str], float] = int) -> Callable[[str], float]:
    def checked(text: str) -> float:
        found = read(text)
        if not math.isfinite(found) or not least <= found <= most:
            raise ValueError(text)
        return found

    return checked


def _sampler(text: str) -> SamplerName:
    by_name: Mapping[str, SamplerName] = {name.lower(): name for name in SAMPLER_NAMES}
    found = by_name.get(text.lower()) or SAMPLERS.get(text.lower())
    if found is None:
        raise ValueError(text)
    return found


OPTIONS = {
    "n": Option("negative", "negative", str),
    "w": Option("size", "width", _within(1, LARGEST_SIDE_PX)),
    "h": Option("size", "height", _within(1, LARGEST_SIDE_PX)),
    "d": Option("seed", "seed", _within(0, SEEDS - 1)),
    "s": Option("steps", "steps", _within(1, MOST_STEPS)),
    "l": Option("cfg", "CFG", _within(0, MOST_GUIDANCE, float)),
    "ss": Option("sampler", "sampler", _sampler),
}
"""By letter, as in sd-scripts."""
