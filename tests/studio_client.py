"""What tests of the studio do again and again: make a dataset, upload, wait for a job."""

import io
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from fastapi.testclient import TestClient
from PIL import Image


def png(seed: int = 0, size: tuple[int, int] = (48, 32)) -> bytes:
    """A picture that no other seed has."""
    pixels = np.random.default_rng(seed).integers(0, 255, (size[1], size[0], 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def make(client: TestClient, name: str = "角色", **captions: str) -> dict[str, Any]:
    """A dataset with a picture for each caption (`a="x, y"` is a.png); three without any."""
    dataset = client.post("/api/datasets", json={"name": name}).json()
    captions = captions or {"a": "", "b": "", "c": ""}
    files = [("files", (f"{stem}.png", png(number))) for number, stem in enumerate(captions)]
    files += [("files", (f"{stem}.txt", text.encode())) for stem, text in captions.items() if text]
    report = send(client, dataset["id"], files)
    assert len(report["taken"]) == len(captions), report
    return client.get(f"/api/datasets/{dataset['id']}").json()


def send(client: TestClient, dataset: str, files: list[Any]) -> dict[str, Any]:
    """Upload files; the report."""
    answer = client.post(f"/api/datasets/{dataset}/pictures", files=files)
    assert answer.status_code == 200, answer.text
    return answer.json()


def ended(client: TestClient, job: str, seconds: float = 120) -> dict[str, Any]:
    """A job once it is over."""
    until = time.monotonic() + seconds
    while (found := client.get(f"/api/jobs/{job}").json())["state"] in ("queued", "starting", "running", "stopping"):
        assert time.monotonic() < until, found
        time.sleep(0.1)
    return found


def recipe_for(client: Any, dataset: str, base: Path, length: str) -> dict[str, Any]:
    """A recipe of a few steps on the tiny base, which is found in a folder of the settings."""
    settings = {"base_folders": [str(base.parent)], "tagger_folders": []}
    assert client.put("/api/settings", json=settings).status_code == 200
    found = next(one for one in client.get("/api/bases").json()["bases"] if one["name"] == base.name)
    order = {"dataset_id": dataset, "base": found["id"], "theme": "standard"}
    recipe = client.post("/api/recipes/draft", json=order).json()["recipe"]
    recipe["training"] |= {"length": length, "batch_size": 1, "precision": "fp32", "device": "cpu"}
    recipe["adapter"] |= {"rank": 2, "alpha": 2}
    recipe["dataset"]["repeats"] = 1
    recipe["previews"] |= {"every": "2 epochs", "steps": 1, "prompts": ["zq", "a"]}
    return recipe


def events_in(lines: Iterator[str]) -> list[dict[str, str]]:
    """Server-sent events, each as its fields."""
    events: list[dict[str, str]] = [{}]
    for line in lines:
        name, _, value = line.partition(": ")
        if line:
            events[-1][name] = value
        else:
            events.append({})
    return [one for one in events if "event" in one]
