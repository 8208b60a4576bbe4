"""What needs heavy libraries is asked of `danlu` commands, whose JSON is read; nothing of it is loaded here."""

import json
import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

from danlu.kit.errors import UserError
from danlu.kit.language import Text
from danlu.kit.telling import MISTAKE, VARIABLE
from danlu.recipe import Recipe, render_recipe
from danlu.store.folder import StudioFolder

_SECONDS = 180
_ONE_AT_A_TIME = Lock()
"""Each takes a processor and some hundred MB: whoever changes a recipe quickly waits."""


def plan_memory(folder: StudioFolder, recipe: Recipe) -> dict[str, int]:
    """Bytes of memory by part, by `danlu plan --memory`. Raises `UserError` with what it says."""
    with _written(folder, recipe) as file, _ONE_AT_A_TIME:
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


def inspect_file(file: Path) -> dict[str, Any]:
    """What `danlu inspect` finds in an adapter file. Raises `UserError` with what it says."""
    return run_json(["inspect", "--json", "--", str(file)])


def run_json(arguments: list[str], *, may_fail: bool = False) -> Any:
    """The JSON that a command prints. Raises `UserError` with the sentence that it says instead."""
    with tempfile.TemporaryDirectory(prefix="danlu-") as told:
        command = [sys.executable, "-m", "danlu", *arguments]
        environment = {**os.environ, "DANLU_LANG": "en", "PYTHONIOENCODING": "utf-8", VARIABLE: told}
        done = subprocess.run(
            command, capture_output=True, encoding="utf-8", timeout=_SECONDS, env=environment, check=False
        )
        if done.returncode and not (may_fail and done.stdout):
            raise UserError(*(_mistake(Path(told)) or _last_line(done.stderr)))
        return json.loads(done.stdout)


def _mistake(told: Path) -> Text | None:
    """The user's mistake in both languages, if the command told one."""
    try:
        return Text(**json.loads((told / MISTAKE).read_text("utf-8")))
    except FileNotFoundError:
        return None


def _last_line(stderr: str) -> Text:
    said = stderr.strip().splitlines()[-1:] or ["danlu ended without a word"]
    sentence = said[0].removeprefix("Error: ")
    return Text(sentence, sentence)
