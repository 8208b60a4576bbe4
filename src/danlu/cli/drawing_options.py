"""How pictures are to be drawn, for every command that draws them for the user."""

from collections.abc import Callable
from typing import Any

import click

from danlu.cli.speech import option
from danlu.generation.prompts import DEFAULT_SAMPLER, MOST_GUIDANCE, MOST_STEPS, SAMPLER_NAMES, SEEDS
from danlu.kit.language import Text

_OPTIONS = (
    option("--negative", default="", text=Text("What not to draw.", "反向提示词。")),
    option(
        "--steps",
        type=click.IntRange(1, MOST_STEPS),
        default=20,
        show_default=True,
        text=Text("Sampling steps.", "采样步数。"),
    ),
    option(
        "--cfg",
        type=click.FloatRange(0, MOST_GUIDANCE),
        default=7.0,
        show_default=True,
        text=Text("Guidance.", "提示词引导系数。"),
    ),
    option(
        "--sampler",
        type=click.Choice(SAMPLER_NAMES),
        default=DEFAULT_SAMPLER,
        show_default=True,
        text=Text("Sampler, named as in A1111.", "采样器（与 A1111 同名）。"),
    ),
    option(
        "--seed",
        type=click.IntRange(0, SEEDS - 1),
        default=0,
        show_default=True,
        text=Text("Seed of the first.", "首张的种子。"),
    ),
    option("--size", metavar="WxH", text=Text("Size; default: the base's own.", "尺寸；默认为底模原生尺寸。")),
)


def drawing_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command `--negative`, `--steps`, `--cfg`, `--sampler`, `--seed` and `--size`."""
    for add in reversed(_OPTIONS):
        command = add(command)
    return command
