"""Which epoch of a run is best: judged by a job and told with its reason; the owner's pick; logs; losses by noise."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from danlu.store.folder import StudioFolder
from danlu.studio.app import make_app
from studio_client import ended, events_in, make, png, recipe_for
from studio_runs import place_of
from tiny_tagger import make_tagger


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    app = make_app(StudioFolder(tmp_path_factory.mktemp("studio")), lease_seconds=1)
    with TestClient(app, base_url="http://127.0.0.1:8288") as asked:
        yield asked


@pytest.fixture(scope="module")
def job(client: TestClient, base_folder: Path) -> dict[str, Any]:
    """A training of two epochs, whose trigger word is the head of all captions."""
    dataset = make(client, a="zq, solo, red hair", b="zq, solo, blue hair", c="zq, solo")["id"]
    recipe = recipe_for(client, dataset, base_folder, "2 epochs")
    recipe["previews"]["every"] = "never"
    recipe["validation"] = {"pictures": 1}
    job = client.post("/api/jobs", json={"kind": "train", "dataset_id": dataset, "recipe": recipe}).json()
    assert ended(client, job["id"])["state"] == "succeeded"
    return job


def test_the_loss_is_told_by_noise(client: TestClient, job: dict[str, Any]) -> None:
    curve = client.get(f"/api/runs/{job['run_id']}/loss", params={"points": 2}).json()
    assert len(curve["images_per_second"]) == len(curve["gradient_norm"]) == 2
    bands = curve["bands"]
    assert bands and all((band["last"] - band["first"], len(band["loss"])) == (249, 2) for band in bands)
    whole = client.get(f"/api/runs/{job['run_id']}/loss", params={"points": 1}).json()
    low, high = whole["low"][0], whole["high"][0]
    assert all(low - 1e-9 <= band["loss"][0] <= high + 1e-9 for band in whole["bands"])  # one picture a step


def test_before_it_is_judged_the_held_out_loss_speaks(client: TestClient, job: dict[str, Any]) -> None:
    judgement = client.get(f"/api/runs/{job['run_id']}/judgement").json()
    assert judgement["best_epoch"] is None and judgement["epochs"] == [] and judgement["evidence"]


def test_a_job_judges_the_epochs(client: TestClient, job: dict[str, Any], base_folder: Path, tmp_path: Path) -> None:
    tagger = make_tagger(tmp_path / "打标 tagger")
    folders = {"base_folders": [str(base_folder.parent)], "tagger_folders": [str(tagger.parent)]}
    assert client.put("/api/settings", json=folders).status_code == 200
    found = next(one["id"] for one in client.get("/api/taggers").json() if one["name"] == tagger.name)
    order = {"kind": "judge", "run_id": job["run_id"], "tagger": found, "seeds": 4}
    judging = client.post("/api/jobs", json=order).json()
    assert (judging["kind"], judging["run_id"], judging["run_name"]) == ("judge", job["run_id"], job["run_name"])
    busy = client.delete(f"/api/runs/{job['run_id']}")
    assert busy.json()["code"] == "busy", busy.text
    over = ended(client, judging["id"])
    assert over["state"] == "succeeded", client.get(f"/api/jobs/{judging['id']}/log").json()["text"]
    judgement = client.get(f"/api/runs/{job['run_id']}/judgement").json()
    files = client.get(f"/api/runs/{job['run_id']}/checkpoints").json()["checkpoints"]
    assert [one["checkpoint"] for one in judgement["epochs"]] == [one["name"] for one in files]
    assert judgement["best_checkpoint"] in {one["name"] for one in files} and judgement["reason"]["zh"]
    assert judgement["fit"] in ("good", "under", "over", "both") and judgement["evidence"][0]["en"]
    assert client.get(judgement["sheet"]).headers["content-type"] == "image/png"
    (sheet,) = (place_of(client).folder.root / "runs").rglob("evaluation.png")
    sheet.write_bytes(png(1))  # judged again
    again = client.get(f"/api/runs/{job['run_id']}/judgement").json()["sheet"]
    assert again != judgement["sheet"] and client.get(again).content == png(1)


def test_the_pick_is_kept_and_must_be_there(client: TestClient, job: dict[str, Any]) -> None:
    place = f"/api/runs/{job['run_id']}"
    name = client.get(f"{place}/checkpoints").json()["checkpoints"][0]["name"]
    assert client.put(f"{place}/pick", json={"checkpoint": name}).json() == {"checkpoint": name}
    assert client.get(place).json()["pick"] == name
    assert client.get(f"{place}/model").json()["checkpoint"] == name
    assert client.get("/api/adapters").json()[0]["take"] == f"run:{job['run_id']}/{name}"
    wrong = client.put(f"{place}/pick", json={"checkpoint": "../../studio.db"})
    assert (wrong.status_code, wrong.json()["field"]) == (404, "checkpoint")
    assert client.put(f"{place}/pick", json={"checkpoint": None}).status_code == 200
    assert client.get(place).json()["pick"] is None


def test_what_cannot_be_judged(client: TestClient, job: dict[str, Any]) -> None:
    missing = client.post("/api/jobs", json={"kind": "judge", "run_id": "0" * 12})
    assert (missing.status_code, missing.json()["field"]) == (404, "run_id")
    few = client.post("/api/jobs", json={"kind": "judge", "run_id": job["run_id"], "seeds": 1})
    assert few.status_code == 422


def test_a_log_is_told_in_whole_lines_and_from_a_place_on(client: TestClient, job: dict[str, Any]) -> None:
    address = f"/api/jobs/{job['id']}/log/events"
    with client.stream("GET", address) as stream:
        events = events_in(stream.iter_lines())
    assert [one["event"] for one in events] == ["log", "over"]
    assert "2/2" in events[0]["data"]
    with client.stream("GET", address, headers={"Last-Event-ID": events[0]["id"]}) as stream:
        assert [one["event"] for one in events_in(stream.iter_lines())] == ["over"]
