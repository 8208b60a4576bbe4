"""What commands that draw ask of their base and adapters."""

from collections.abc import Callable
from typing import Any

import click

from danlu.cli.speech import option
from danlu.kit.language import Text
from danlu.kit.places import EMBEDDED_BASE

PREDICTIONS = ("epsilon", "v_prediction")


def base_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command `--vae` and `--prediction`."""
    vae = option("--vae", text=Text("Another VAE for the base: a file or a folder.", "替换底模的 VAE：文件或文件夹。"))
    prediction = option(
        "--prediction",
        type=click.Choice(PREDICTIONS),
        text=Text("What the base predicts, if it doesn't tell.", "底模的预测目标（底模未标明时使用）。"),
    )
    return vae(prediction(command))


def drawn_with_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command that draws `--base`, with what belongs to it, and `--adapter`, which may be repeated."""
    base = option("--base", default=EMBEDDED_BASE, show_default=True, text=Text("Base to draw with.", "底模。"))
    adapter = option(
        "--adapter",
        "adapters",
        multiple=True,
        metavar="FILE[:WEIGHT]",
        text=Text("Adapter file, with its weight; may be repeated.", "LoRA 文件及权重，可重复。"),
    )
    return base(base_options(adapter(command)))
