"""What lies on the disk, cleaned up without touching what is needed; and the folders of the settings."""

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from danlu.jobs.worker import Worker
from danlu.rundir.control import at_work
from danlu.store.folder import StudioFolder
from danlu.store.jobs import add_job, change_job
from danlu.store.records import LOCAL_OWNER, OVER
from danlu.studio import machine, storage
from danlu.studio.app import make_app
from studio_client import make
from studio_runs import finished_run, place_of

HERE = "http://127.0.0.1:8288"
EVERYTHING = ["states", "latents", "thumbnails", "logs", "leftovers"]


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """A studio whose worker doesn't begin, with a cache of its own."""
    monkeypatch.setattr(Worker, "start", lambda _: None)
    monkeypatch.setenv("DANLU_CACHE", str(tmp_path / "cache"))
    with TestClient(make_app(StudioFolder(tmp_path / "studio")), base_url=HERE) as asked:
        yield asked


def clean(client: TestClient, *kinds: str, days: int = 0, dry_run: bool = False) -> dict[str, dict[str, Any]]:
    body = {"kinds": kinds or EVERYTHING, "older_than_days": days, "dry_run": dry_run}
    answer = client.post("/api/storage/clean", json=body)
    assert answer.status_code == 200, answer.text
    return {one["kind"]: one for one in answer.json()["kinds"]}


def everything_in(*roots: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for root in roots for path in root.rglob("*") if path.is_file()}


def age(path: Path, days: float) -> None:
    then = time.time() - days * 86_400
    os.utime(path, (then, then))


def test_only_what_is_not_needed_goes_and_is_told_first(client: TestClient, base_folder: Path, tmp_path: Path) -> None:
    make(client, a="mei")
    done, folder = finished_run(place_of(client), base_folder, name="done")
    _, stopped = finished_run(place_of(client), base_folder, name="stopped", state="interrupted")
    _, waiting = finished_run(place_of(client), base_folder, name="waiting", state="queued")
    _, young = finished_run(place_of(client), base_folder, name="young", ended_at=time.time())
    broken = tmp_path / "studio" / "uploads" / "aside" / "half.png"
    broken.parent.mkdir(parents=True)
    broken.write_bytes(b"12345")
    for path in (broken, broken.parent):
        age(path, 2)
    latents = tmp_path / "cache" / "latents" / "ab" / "abc.safetensors"
    latents.parent.mkdir(parents=True)
    latents.write_bytes(b"latents")
    needed = everything_in(tmp_path / "studio" / "datasets", tmp_path / "studio" / "runs")
    told = clean(client, days=1, dry_run=True)
    assert told["states"]["bytes"] == 1000 and told["states"]["examples"] == ["done"]
    assert told["latents"]["files"] == 0 and "Jobs wait" in told["latents"]["kept"]["en"]
    assert (told["logs"]["files"], told["leftovers"]["bytes"]) == (2, 5)
    assert everything_in(tmp_path / "studio" / "runs").items() <= needed.items() and broken.exists()
    gone = clean(client, days=1)
    assert {kind: one["bytes"] for kind, one in gone.items()} == {kind: one["bytes"] for kind, one in told.items()}
    left = everything_in(tmp_path / "studio" / "datasets", tmp_path / "studio" / "runs")
    assert set(needed) - set(left) == {str(folder.state)} and stopped.state.exists() and waiting.state.exists()
    assert young.state.exists() and not broken.parent.exists() and latents.exists()
    assert client.get(f"/api/jobs/{done.job_id}/log").json()["text"] == ""
    assert client.get(f"/api/runs/{done.id}/checkpoints").json()["checkpoints"]
    assert sum(one["files"] for one in clean(client, days=1).values()) == 0


def test_the_cache_goes_when_nothing_needs_it(client: TestClient, base_folder: Path, tmp_path: Path) -> None:
    dataset = make(client, a="mei", b="mei")
    picture = client.get(f"/api/datasets/{dataset['id']}/pictures").json()["pictures"][0]
    scores = tmp_path / "cache" / "scores" / "one"
    scores.parent.mkdir()
    scores.write_text("dear")
    gone = clean(client, "thumbnails", "latents")
    assert gone["thumbnails"]["files"] >= 2 and scores.exists() and gone["latents"]["kept"] is None
    assert client.get(picture["thumbnail"]).headers["content-type"] == "image/jpeg"


def test_a_run_that_is_resumed_meanwhile_keeps_its_state(
    client: TestClient, base_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done, folder = finished_run(place_of(client), base_folder)
    with at_work(folder):  # by `danlu resume` in a terminal
        assert clean(client, "states")["states"]["files"] == 0
    database = client.app.state.studio.database  # type: ignore[attr-defined]
    real = storage.held

    def resumed_first(*asked: Any) -> Any:
        change_job(database, done.job_id, OVER, state="queued")
        return real(*asked)

    monkeypatch.setattr(storage, "held", resumed_first)
    assert clean(client, "states")["states"]["files"] == 0 and folder.state.exists()


def test_storage_is_told_by_kind(client: TestClient, base_folder: Path) -> None:
    make(client, a="mei")
    finished_run(place_of(client), base_folder)
    told = client.get("/api/storage").json()
    uses = {one["kind"]: one for one in told["uses"]}
    assert uses["states"] == {"kind": "states", "files": 1, "bytes": 1000}
    assert uses["datasets"]["files"] >= 2 and uses["runs"]["bytes"] > 1000 and uses["models"]["bytes"] == 0
    assert told["disk_free_bytes"] > 0 and told["cache_folder"].endswith("cache")


@pytest.mark.parametrize("field", ["base_folders", "tagger_folders"])
def test_folders_that_cannot_be_looked_through_are_refused_at_once(
    client: TestClient, field: str, tmp_path: Path
) -> None:
    file = tmp_path / "a.txt"
    file.write_text("")
    kept = {"base_folders": [], "tagger_folders": [], field: [f' "{tmp_path}" ', str(tmp_path)]}
    assert client.put("/api/settings", json=kept).json()[field] == [str(tmp_path)]
    for bad, why in (
        (str(tmp_path / "没有"), "doesn't exist"),
        (".", "whole path"),
        (str(file), "is a file"),
        ("\0", ""),
    ):
        told = client.put("/api/settings", json={**kept, field: [bad]})
        assert told.status_code == 422 and told.json()["field"] == field and why in told.json()["text"]["en"]
    assert client.get("/api/settings").json()[field] == [str(tmp_path)]


def test_folders_are_looked_through_with_reasons(client: TestClient, base_folder: Path, tmp_path: Path) -> None:
    broken = tmp_path / "bases" / "broken"
    broken.mkdir(parents=True)
    (broken / "model_index.json").write_text("{}")
    tagger = tmp_path / "taggers" / "half"
    tagger.mkdir(parents=True)
    (tagger / "model.onnx").write_bytes(b"")
    whole = tmp_path / "taggers" / "ml"
    whole.mkdir()
    (whole / "some.onnx").write_bytes(b"")
    (whole / "classes.json").write_text("[]")
    folders = {
        "base_folders": [str(base_folder.parent), str(broken.parent)],
        "tagger_folders": [str(tagger.parent)],
    }
    assert client.put("/api/settings", json=folders).status_code == 200
    good, bad, taggers = client.get("/api/settings/folders").json()
    assert [one["family_title"] for one in good["found"]] == ["Stable Diffusion 1.x"] and not good["unusable"]
    assert [one["name"] for one in bad["unusable"]] == ["broken"] and bad["unusable"][0]["text"]["zh"]
    assert ([one["name"] for one in taggers["found"]], taggers["unusable"][0]["name"]) == (["ml"], "half")
    assert [one["name"] for one in client.get("/api/taggers").json()] == ["danlu-mini-tagger", "ml"]


def test_a_base_that_was_seen_half_copied_is_found_once_it_is_whole(
    client: TestClient, base_folder: Path, tmp_path: Path
) -> None:
    copied = tmp_path / "bases" / "copied"
    shutil.copytree(base_folder, copied)
    (weights,) = (copied / "unet").glob("*.safetensors")
    whole = weights.read_bytes()
    settings = {"base_folders": [str(copied.parent)], "tagger_folders": []}
    assert client.put("/api/settings", json=settings).status_code == 200
    for part in (whole[:1000], whole):
        weights.write_bytes(part)
        seen = client.get("/api/bases").json()
        assert ("copied" in [one["name"] for one in seen["bases"]]) == (part == whole)
        assert [one["name"] for one in seen["unusable"]] == ([] if part == whole else ["copied"])


def test_a_device_has_a_name_and_a_note(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    text = {"en": "cpu, bf16: fast here", "zh": "cpu，bf16：本机较快"}
    monkeypatch.setattr(machine, "doctor", lambda: [{"name": "device", "text": text}])
    monkeypatch.setattr(machine._Known, "device", None)
    monkeypatch.setattr(machine._Known, "looking", None)
    until = time.monotonic() + 10
    while (device := client.get("/api/machine").json()["device"]) is None:
        assert time.monotonic() < until
        time.sleep(0.01)
    assert device["kind"] == "cpu" and device["name"] and device["name"] != "cpu"
    assert device["note"] == {"en": "bf16: fast here", "zh": "bf16：本机较快"}


def test_a_forgotten_job_leaves_nothing_a_known_one_all(client: TestClient, tmp_path: Path) -> None:
    database = client.app.state.studio.database  # type: ignore[attr-defined]
    known = add_job(database, LOCAL_OWNER, "crop", {"kind": "crop"}, dataset_id=None)
    for name in (known.id, "0123456789ab"):
        place = tmp_path / "studio" / "jobs" / name
        place.mkdir(parents=True)
        (place / "token").write_text("1")
        for path in (place / "token", place):
            age(path, 3)
    assert clean(client, "leftovers", days=1)["leftovers"]["files"] == 1
    assert [one.name for one in (tmp_path / "studio" / "jobs").iterdir()] == [known.id]
