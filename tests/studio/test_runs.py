"""A training over the API, from draft to download; and the studio killed while it trains."""

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
import pytest
from fastapi.testclient import TestClient

from danlu.rundir.events import Started, Step
from danlu.rundir.journal import read_journal
from danlu.studio.jobs import still_expected
from studio_client import ended, events_in, make, recipe_for

HEAVY = ("libtorch", "site-packages/diffusers/", "site-packages/ray/")


def test_from_draft_to_download(client: TestClient, base_folder: Path) -> None:
    dataset = make(client, a="zq, a", b="zq, b")["id"]
    recipe = recipe_for(client, dataset, base_folder, "2 epochs")
    plan = client.post("/api/recipes/plan", json={"dataset_id": dataset, "recipe": recipe}).json()
    assert plan["total_steps"] == 4 and plan["arithmetic"]["zh"] and "rank = 2" in plan["toml"]
    wrong = client.post(
        "/api/recipes/plan", json={"dataset_id": dataset, "recipe": {**recipe, "optimizer": {"lr": -1}}}
    ).json()
    assert wrong["field"] == "optimizer.lr" and wrong["status"] == 422
    elsewhere = {**recipe, "base": {"path": "/etc"}}
    assert client.post("/api/recipes/plan", json={"dataset_id": dataset, "recipe": elsewhere}).status_code == 422
    order = {"kind": "train", "dataset_id": dataset, "recipe": recipe, "name": "第一个"}
    job = client.post("/api/jobs", json=order, headers={"Idempotency-Key": "only once"}).json()
    again = client.post("/api/jobs", json=order, headers={"Idempotency-Key": "only once"}).json()
    assert again["id"] == job["id"] and len(client.get("/api/jobs").json()["jobs"]) == 1
    done = ended(client, job["id"])
    assert done["state"] == "succeeded" and done["progress"] == {"done": 4, "total": 4}, done
    place = f"/api/runs/{job['run_id']}"
    run = client.get(place).json()
    assert run["cautions"] == plan["cautions"]
    assert run["name"] == "第一个" and run["step"] == 4 and run["recipe"]["adapter"]["rank"] == 2
    curve = client.get(f"{place}/loss", params={"points": 2}).json()
    assert curve["steps"] == [2, 4] and curve["next_step"] == 4 and list(curve["rates"]) == ["unet", "text_encoder"]
    matrix = client.get(f"{place}/previews").json()
    assert [row["epoch"] for row in matrix["rows"]] == [None, 2] and matrix["prompts"] == ["zq", "a"]
    assert client.get(matrix["rows"][1]["pictures"][0]["url"]).headers["content-type"] == "image/png"
    final = client.get(f"{place}/checkpoints").json()["checkpoints"][-1]
    download = client.get(final["url"])
    assert final["final"] and len(download.content) == final["size_bytes"]
    assert "attachment" in download.headers["content-disposition"]
    assert client.get(f"{place}/files/report.html").headers["content-security-policy"].startswith("default-src 'none'")
    for name in ("journal.jsonl", "checkpoints/state/training.pt", "../../studio.db", "%2e%2e/%2e%2e/studio.db"):
        assert client.get(f"{place}/files/{name}").status_code in (404, 422)
    check_events(client, place)
    assert client.post(f"{place}/save").json()["code"] == "conflict"
    assert client.delete(place).status_code == 204 and client.get("/api/runs").json() == []


def check_events(client: TestClient, place: str) -> None:
    with client.stream("GET", f"{place}/events") as stream:
        events = events_in(stream.iter_lines())
    names = [one["event"] for one in events]
    assert names[0] == "job" and names[-1] == "over" and names.count("step") == 4
    second = [one for one in events if one["event"] == "step"][1]
    with client.stream("GET", f"{place}/events", headers={"Last-Event-ID": second["id"]}) as stream:
        rest = [json.loads(one["data"]) for one in events_in(stream.iter_lines()) if one["event"] == "step"]
    assert [one["step"] for one in rest] == [3, 4]


@contextmanager
def studio_at(folder: Path) -> Iterator[tuple["subprocess.Popen[bytes]", httpx.Client]]:
    """A real studio on a free port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "danlu", "studio", "--no-browser", "--data", str(folder), "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None and process.stdout.readline()
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            yield process, client
    finally:
        process.kill()
        process.communicate()


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_a_killed_studio_finds_its_training_again(tmp_path: Path, base_folder: Path) -> None:
    with studio_at(tmp_path) as (process, client):
        dataset = make(client, a="zq, a", b="zq, b")["id"]  # type: ignore[arg-type]
        recipe = recipe_for(client, dataset, base_folder, "150 steps")
        recipe["previews"]["every"] = "never"
        recipe["checkpoints"]["every"] = "never"
        job = client.post("/api/jobs", json={"kind": "train", "dataset_id": dataset, "recipe": recipe}).json()
        until = time.monotonic() + 120
        while not client.get(f"/api/runs/{job['run_id']}").json()["step"]:
            assert time.monotonic() < until
            time.sleep(0.1)
        mapped = [one.path for one in psutil.Process(process.pid).memory_maps()]
        assert not any(heavy in path for path in mapped for heavy in HEAVY)
        process.kill()
    with studio_at(tmp_path) as (_, client):
        done = ended(client, job["id"])  # type: ignore[arg-type]
        assert (done["state"], done["attempts"]) == ("succeeded", 1), done
    (journal,) = tmp_path.glob("runs/*/journal.jsonl")
    events = list(read_journal(journal))
    assert sum(isinstance(event, Started) for event in events) == 1
    assert [event.step for event in events if isinstance(event, Step)] == list(range(1, 151))


def test_a_taken_port_is_told(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        command = [sys.executable, "-m", "danlu", "studio", "--no-browser", "--data", str(tmp_path), "--port", port]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2 and "choose another port" in done.stderr


@pytest.mark.parametrize(("expected", "left"), [(None, None), (90.0, 60.0), (30.0, None), (20.0, None)])
def test_an_expectation_that_ran_out_is_none(expected: float | None, left: float | None) -> None:
    """It isn't "less than a second left" for minutes."""
    assert still_expected(expected, 30.0) == left
