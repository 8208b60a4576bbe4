"""What needs heavy libraries is asked of `danlu` commands, whose JSON is read; nothing of it is loaded here."""

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from danlu.kit.errors import UserError
from danlu.kit.language import Text
from danlu.recipe import Recipe, render_recipe
from danlu.store.folder import StudioFolder

_SECONDS = 180


def plan_memory(folder: StudioFolder, recipe: Recipe) -> dict[str, int]:
    """Bytes of memory by part, by `danlu plan --memory`. Raises `UserError` with what it says."""
    with _written(folder, recipe) as file:
        made = run_json(["plan", str(file), "--memory", "--json"])
    told = made["memory_bytes"]
    return {name: int(told[name]) for name in ("weights", "adapter", "optimizer", "activations", "program", "total")}


def see_picture(folder: StudioFolder, recipe: Recipe, *, dataset: Path, picture: str, count: int) -> dict[str, Any]:
    """What the model will see of a picture, by `danlu dataset show`. Raises `UserError` with what it says."""
    asked = ["--count", str(count), "--json", "--pixels"]
    with _written(folder, recipe) as file:
        return run_json(["dataset", "show", str(dataset), "--recipe", str(file), *asked, "--", picture])


@contextmanager
def _written(folder: StudioFolder, recipe: Recipe) -> Generator[Path]:
    """A file that holds a recipe for a while."""
    folder.uploads.mkdir(parents=True, exist_ok=True)
    file = folder.uploads / f"{secrets.token_hex(8)}.toml"
    try:
        file.write_text(render_recipe(recipe), "utf-8")
        yield file
    finally:
        file.unlink(missing_ok=True)


def doctor() -> list[dict[str, Any]]:
    """What `danlu doctor` finds."""
    return run_json(["doctor", "--json"], may_fail=True)


def run_json(arguments: list[str], *, may_fail: bool = False) -> Any:
    """The JSON that a command prints. Raises `UserError` with the sentence that it says instead."""
    command = [sys.executable, "-m", "danlu", *arguments]
    environment = {**os.environ, "DANLU_LANG": "en"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, env=environment, check=False)
    if done.returncode and not (may_fail and done.stdout):
        said = done.stderr.strip().splitlines()[-1:] or ["danlu ended without a word"]
        sentence = said[0].removeprefix("Error: ")
        raise UserError(*Text(sentence, sentence))
    return json.loads(done.stdout)
