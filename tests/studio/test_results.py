"""What jobs make for whoever asked: merged, smaller and converted LoRAs, a found rate, a page of captions."""

from pathlib import Path
from typing import Any

import click
import pytest
from fastapi.testclient import TestClient

from adapter_making import make_adapter
from danlu.adapters.files import read_adapter
from danlu.adapters.kinds.lora import LoRA
from danlu.cli.main import make_program
from danlu.families.find import find_base
from danlu.jobs.base import RESULTS, Workplace, read_order
from danlu.store.jobs import add_job, change_job
from studio_client import ended


@pytest.fixture
def base(client: TestClient, base_folder: Path) -> str:
    """The id of the tiny base, which is found in a folder of the settings."""
    client.put("/api/settings", json={"base_folders": [str(base_folder.parent)], "tagger_folders": []})
    return next(one["id"] for one in client.get("/api/bases").json()["bases"] if one["name"] == base_folder.name)


def bring_in(client: TestClient, base_folder: Path, path: Path, *, seed: int) -> str:
    """The reference of a LoRA of rank 4 on the tiny base."""
    make_adapter(find_base(str(base_folder))[1], LoRA(rank=4), path, seed=seed)
    answer = client.post("/api/models/import", files={"file": (path.name, path.read_bytes())})
    assert answer.status_code == 201, answer.text
    return f"model:{answer.json()['id']}"


def submit(client: TestClient, **order: Any) -> dict[str, Any]:
    answer = client.post("/api/jobs", json=order)
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_two_loras_are_merged_and_the_file_is_kept_as_a_model(
    client: TestClient, base_folder: Path, base: str, tmp_path: Path
) -> None:
    files = [bring_in(client, base_folder, tmp_path / f"{name}.safetensors", seed=at) for at, name in enumerate("ab")]
    adapters = [{"file": files[0], "weight": 0.5}, {"file": files[1], "weight": -1}]
    job = submit(client, kind="merge", name="两个 一起", adapters=adapters, base=base)
    assert (job["title"], job["has_results"]) == ("a + b", False)
    assert client.get(f"/api/jobs/{job['id']}/results").json() == {"files": [], "rates": []}
    job = ended(client, job["id"])
    assert (job["state"], job["has_results"]) == ("succeeded", True), job
    (file,) = client.get(f"/api/jobs/{job['id']}/results").json()["files"]
    assert file["name"] == "两个-一起.safetensors"
    content = client.get(file["url"]).content
    assert len(content) == file["size_bytes"]
    (tmp_path / "merged.safetensors").write_bytes(content)
    merged = read_adapter(tmp_path / "merged.safetensors")
    assert {tensors["lora_down.weight"].shape[0] for tensors in merged.layers.values()} == {8}  # ranks add up
    kept = client.post(f"{file['url']}/model")
    assert kept.status_code == 201 and kept.json()["name"] == "两个-一起" and kept.json()["rank"] == [8], kept.text
    assert client.get(file["url"]).content == content, "it stays with the job"


ORDERS: tuple[dict[str, Any], ...] = (
    {"kind": "resize", "stem": "s", "path": "/a.safetensors", "rank": 2, "keep": 0.9, "base_path": "/b"},
    {"kind": "convert", "stem": "s", "path": "/a.safetensors", "to": "diffusers"},
    {"kind": "extract", "stem": "s", "tuned_path": "/a", "base_path": "/b", "rank": 8, "targets": "full"},
    {"kind": "captions", "base_path": "/b", "tagger": "/t", "adapter": "/a:b.safetensors", "seeds": 1},
    {"kind": "find_rate", "recipe": {"name": "n", "dataset": {"path": "/d"}, "training": {"length": "9 steps"}}},
)


@pytest.mark.parametrize("order", ORDERS, ids=lambda one: one["kind"])
def test_an_order_is_a_command_that_danlu_understands(order: dict[str, Any], tmp_path: Path) -> None:
    words = read_order(order).command(Workplace(tmp_path / "job", tmp_path, None))
    command: click.Command | None = make_program()
    rest = list(words)
    while isinstance(command, click.Group):
        command = command.get_command(click.Context(command), rest.pop(0))
    assert command is not None
    command.make_context("danlu", rest)  # it raises for what the command doesn't take
    assert str(tmp_path / "job" / RESULTS) in " ".join(words)


def test_what_cannot_be_ordered_is_told_at_its_field(client: TestClient, base: str) -> None:
    gone = client.post("/api/jobs", json={"kind": "convert", "name": "x", "file": "model:gone", "to": "kohya"})
    assert (gone.status_code, gone.json()["field"]) == (422, "file")
    same = client.post("/api/jobs", json={"kind": "extract", "name": "x", "tuned": base, "base": base})
    assert (same.status_code, same.json()["field"]) == (422, "base")
    other = client.post("/api/jobs", json={"kind": "extract", "name": "x", "tuned": base, "base": "/etc"})
    assert (other.status_code, other.json()["field"]) == (422, "base")


def finished(client: TestClient, order: dict[str, Any], **files: str) -> str:
    """The id of a job that has ended well and left these files."""
    studio = client.app.state.studio
    job = add_job(studio.database, "local", str(order["kind"]), order, dataset_id=None, run_name=None)
    change_job(studio.database, job.id, ("queued", "starting"), state="succeeded", ended_at=1.0)
    folder = studio.folder.job(job.id) / RESULTS
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text, "utf-8")
    return job.id


def test_a_found_rate_is_told(client: TestClient) -> None:
    made = {
        f"rate-{kind}__toml": f"[optimizer]\nkind = '{kind}'\nlr = {lr}"
        for kind, lr in (("adamw", 3e-4), ("lion", 1e-4))
    }
    job = finished(client, {"kind": "find_rate", "recipe": {}}, **made)
    results = client.get(f"/api/jobs/{job}/results").json()
    assert [(one["kind"], one["lr"], one["optimizer"]["kind"]) for one in results["rates"]] == [
        ("adamw", 3e-4, "adamw"),
        ("lion", 1e-4, "lion"),
    ]
    assert [one["name"] for one in results["files"]] == ["rate-adamw.toml", "rate-lion.toml"]


def test_a_page_does_nothing_and_no_other_file_is_opened(client: TestClient) -> None:
    order = {"kind": "captions", "base_path": "danlu-mini", "tagger": "danlu-mini-tagger"}
    job = finished(client, order, captions__html="<script>1</script>")
    page = client.get(f"/api/jobs/{job}/results/captions.html")
    assert page.status_code == 200 and "sandbox" in page.headers["content-security-policy"]
    assert client.post(f"/api/jobs/{job}/results/captions.html/model").status_code == 422
    for name in ("token", "..%2Ftoken", "output.txt"):
        assert client.get(f"/api/jobs/{job}/results/{name}").status_code == 404
