"""Trainings that go on from an adapter, over the API."""

from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from danlu.jobs.worker import Worker
from danlu.kit.places import EMBEDDED_BASE
from danlu.store.folder import StudioFolder
from danlu.studio.app import make_app
from studio_client import make
from studio_runs import finished_run, place_of


def test_a_training_goes_on_from_a_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Named by its reference, there and back; files of the server are neither named nor asked for."""
    monkeypatch.setattr(Worker, "start", lambda _: None)
    client = TestClient(make_app(StudioFolder(tmp_path)), base_url="http://127.0.0.1:8288")
    dataset = make(client, a="zq, a", b="zq, b")["id"]
    run, folder = finished_run(place_of(client), EMBEDDED_BASE)
    drafted = client.post("/api/recipes/draft", json={"dataset_id": dataset, "base": EMBEDDED_BASE}).json()["recipe"]
    recipe: dict[str, Any] = drafted
    reference = f"run:{run.id}/mei.safetensors"
    order = {"dataset_id": dataset, "recipe": {**recipe, "adapter": {**recipe["adapter"], "start_from": reference}}}
    toml = client.post("/api/recipes/plan", json=order).json()["toml"]
    read = client.post("/api/recipes/read", json={"dataset_id": dataset, "toml": toml}).json()["recipe"]
    assert read["adapter"]["start_from"] == reference
    job = client.post("/api/jobs", json={"kind": "train", **order}).json()
    again = client.get(f"/api/runs/{job['run_id']}/recipe")
    assert again.json()["recipe"]["adapter"]["start_from"] == reference and str(folder.root) not in again.text
    for wrong in (str(folder.checkpoints / "mei.safetensors"), f"run:{run.id}/other.safetensors"):
        order["recipe"]["adapter"]["start_from"] = wrong
        answer = client.post("/api/recipes/plan", json=order)
        assert answer.status_code == 422 and answer.json()["field"] == "adapter.start_from", answer.text
    client.post(f"/api/jobs/{job['id']}/cancel")
