"""What the studio asks of processes beside it: the newest question only."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from danlu.recipe import parse_recipe, render_recipe
from danlu.store.folder import StudioFolder
from danlu.studio import subprocesses


def test_only_the_newest_recipe_waits_for_its_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go_on = Event(), Event()

    def slow(_: list[str]) -> Any:
        begun.set()
        assert go_on.wait(20)
        names = ("weights", "adapter", "optimizer", "activations", "program", "total")
        return {"memory_bytes": dict.fromkeys(names, 1)}

    monkeypatch.setattr(subprocesses, "run_json", slow)
    recipes = [parse_recipe({"name": name, "dataset": {"path": "/x"}}, "") for name in ("a", "b", "c", "c")]
    with ThreadPoolExecutor() as pool:
        first = pool.submit(subprocesses.plan_memory, StudioFolder(tmp_path), recipes[0])
        assert begun.wait(20)
        waiting = [pool.submit(subprocesses.plan_memory, StudioFolder(tmp_path), recipes[1])]
        while subprocesses.newest.get("/x") != render_recipe(recipes[1]):
            time.sleep(0.01)
        waiting += [pool.submit(subprocesses.plan_memory, StudioFolder(tmp_path), one) for one in recipes[2:]]
        while subprocesses.newest.get("/x") != render_recipe(recipes[2]):
            time.sleep(0.01)
        go_on.set()
        assert first.result()["total"] == 1 and isinstance(waiting[0].exception(), subprocesses.SupersededError)
        assert [one.result()["total"] for one in waiting[1:]] == [1, 1]
