"""What needs heavy libraries is asked of `danlu` commands, whose JSON is read; nothing of it is loaded here."""

import json
import os
import secrets
import subprocess
import sys
from threading import Lock
from typing import Any

from danlu.kit.errors import UserError
from danlu.kit.language import Text
from danlu.recipe import Recipe, render_recipe
from danlu.store.folder import StudioFolder

_SECONDS = 180
_ONE_AT_A_TIME = Lock()
"""Each takes a processor and some hundred MB."""
_newest: dict[str, object] = {}
"""By dataset: the question that waits last. Whoever changes a recipe quickly only wants to know of the last one."""


class SupersededError(Exception):
    """A newer question took the place of one that waited."""


def plan_memory(folder: StudioFolder, recipe: Recipe) -> dict[str, int]:
    """Bytes of memory by part, by `danlu plan --memory`. Raises `UserError` with what it says, and `SupersededError` if
    the same was asked for another recipe of that dataset while this one waited.
    """
    folder.uploads.mkdir(parents=True, exist_ok=True)
    file = folder.uploads / f"{secrets.token_hex(8)}.toml"
    try:
        file.write_text(render_recipe(recipe), "utf-8")
        question = _newest[recipe.dataset.path] = object()
        with _ONE_AT_A_TIME:
            if _newest.get(recipe.dataset.path) is not question:
                raise SupersededError
            made = run_json(["plan", str(file), "--memory", "--json"])
    finally:
        file.unlink(missing_ok=True)
    told = made["memory_bytes"]
    return {name: int(told[name]) for name in ("weights", "adapter", "optimizer", "activations", "program", "total")}


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
