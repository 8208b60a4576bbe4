"""What there is to say of a base beside its place, for every command that draws with one."""

from collections.abc import Callable
from typing import Any

import click

from danlu.cli.speech import option
from danlu.kit.language import Text

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
