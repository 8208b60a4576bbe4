"""The workbench over the API: adapters of runs stacked, drawn, looked at, told apart by owner, deleted."""

import io
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from PIL import Image

from adapter_making import make_adapter
from danlu.adapters.kinds.lora import LoRA
from danlu.families.find import find_base
from danlu.generation.pngtext import KEY
from danlu.rundir.control import at_work
from danlu.rundir.events import AnyEvent, Checkpoint
from danlu.rundir.layout import RunFolder
from danlu.store.folder import StudioFolder
from danlu.store.jobs import add_job, change_job, find_job
from danlu.store.runs import find_run, run_of_job
from studio_client import ended


@pytest.fixture
def base(client: TestClient, base_folder: Path) -> str:
    """The id of the tiny base, which is found in a folder of the settings."""
    client.put("/api/settings", json={"base_folders": [str(base_folder.parent)], "tagger_folders": []})
    return next(one["id"] for one in client.get("/api/bases").json()["bases"] if one["name"] == base_folder.name)


def add_run(client: TestClient, base: Path, *, name: str = "小梅", family: str = "sd15") -> str:
    """A run as training leaves it, with two checkpoints."""
    studio = client.app.state.studio
    order = {"kind": "train", "recipe": {}}
    job = add_job(studio.database, "local", "train", order, dataset_id=None, run_name=name)
    run = run_of_job(studio.database, job.id)
    assert run is not None
    change_job(studio.database, job.id, ("queued", "starting"), state="succeeded", ended_at=1.0)
    folder = RunFolder(studio.folder.run(run.folder))
    folder.checkpoints.mkdir(parents=True)
    folder.plan.write_text(f'{{"family": "{family}", "concepts": [{{"trigger": "zq"}}]}}', "utf-8")
    events: list[AnyEvent] = []
    for epoch, final in ((1, False), (2, True)):
        path = folder.checkpoints / f"zq{'' if final else '-000001'}.safetensors"
        make_adapter(find_base(str(base))[1], LoRA(rank=2), path, seed=epoch)
        events.append(Checkpoint(step=epoch, epoch=epoch, path=f"checkpoints/{path.name}", final=final))
    folder.journal.write_text("".join(f"{one.model_dump_json()}\n" for one in events), "utf-8")
    return run.id


def order(client: TestClient, **values: Any) -> Any:
    asked = {"kind": "draw", "prompt": "zq, a", "size": "32x32", "steps": 1, **values}
    return client.post("/api/jobs", json=asked)


def test_two_adapters_stacked_and_a_grid_looked_at(client: TestClient, base_folder: Path, base: str) -> None:
    runs = [add_run(client, base_folder, name=name) for name in ("小梅", "style")]
    adapters = client.get("/api/adapters").json()
    assert {one["id"]: one["name"] for one in adapters} == dict(zip(runs, ("小梅", "style"), strict=True))
    assert adapters[0]["triggers"] == ["zq"] and [one["epoch"] for one in adapters[0]["files"]] == [1, 2]
    stack = [{"file": one["files"][-1]["file"], "weight": 0.5} for one in adapters]
    first = [one["file"] for one in adapters[0]["files"]]
    x = {"kind": "checkpoint", "adapter": 1, "files": [*first, ""]}
    sent = order(client, base=base, adapters=stack, x=x, y={"kind": "strength", "values": [1, 0]})
    assert sent.status_code == 201, sent.text
    job = sent.json()
    assert (job["kind"], job["title"]) == ("draw", "zq, a")
    assert ended(client, job["id"])["state"] == "succeeded"
    shown = client.get(f"/api/drawings/{job['id']}").json()
    assert (shown["drawn"], shown["total"], shown["width"], shown["height"]) == (6, 6, 32, 32)
    assert (
        shown["drawing"]["adapters"] == stack and str(base_folder) not in client.get(f"/api/drawings/{job['id']}").text
    )
    assert [one["en"] for one in shown["x"]["labels"]] == ["zq-000001", "zq", "without it"]
    assert [one["zh"] for one in shown["y"]["labels"]] == ["1", "0：底模"]
    look_at(client, job["id"], shown)


def look_at(client: TestClient, job: str, shown: dict[str, Any]) -> None:
    """Pictures, what they say of themselves, the sheet; then it is deleted."""
    picture = client.get(shown["pictures"][2]["url"])
    with Image.open(io.BytesIO(picture.content)) as image:
        assert image.format == "PNG" and "<lora:zq:0.5>" in image.info[KEY]
        text = image.info[KEY]
    assert "immutable" in picture.headers["cache-control"]
    about = client.get(f"{shown['pictures'][2]['url']}/about").json()
    assert about["text"] == text and about["adapters"] == [{"name": "zq", "weight": 0.5}] and about["prompt"] == "zq, a"
    assert client.get(shown["pictures"][0]["thumbnail"]).headers["content-type"] == "image/jpeg"
    sheets = [client.get(f"/api/drawings/{job}/sheet", params={"language": one}) for one in ("en", "zh")]
    assert all(one.headers["content-type"] == "image/png" for one in sheets)
    assert "attachment" in sheets[0].headers["content-disposition"] and sheets[0].content != sheets[1].content
    listed = client.get("/api/drawings").json()
    assert [one["id"] for one in listed["drawings"]] == [job] and not listed["more"]
    assert listed["drawings"][0]["cover"] == shown["pictures"][0]["thumbnail"]
    assert client.get(f"/api/drawings/{job}/pictures/6").status_code == 404
    assert client.delete(f"/api/drawings/{job}").status_code == 204
    assert client.get(f"/api/drawings/{job}").status_code == client.get(shown["pictures"][0]["url"]).status_code == 404


REFUSED: tuple[tuple[dict[str, Any], str, str], ...] = (
    ({"adapters": [{"file": "/etc/passwd"}]}, "adapters.0.file", "isn't there any more"),
    ({"adapters": [{"file": "run:../x/y"}]}, "adapters.0.file", "isn't there any more"),
    ({"adapters": [{"file": "RUN/../../../x"}]}, "adapters.0.file", "isn't there any more"),
    ({"adapters": [{"file": "RUN/zq.safetensors", "weight": 11}]}, "adapters.0.weight", "at most 10"),
    ({"base": "/etc"}, "base", "isn't among those found"),
    ({"vae": "/etc/passwd"}, "vae", "can't be chosen here"),
    ({"size": "33x32"}, "size", "multiples of"),
    ({"clip_skip": 12}, "clip_skip", "doesn't exist"),
    ({"x": {"kind": "seed", "values": ["a"]}}, "x.values.0", "a whole number"),
    ({"x": {"kind": "seeds", "values": [1]}}, "x", "did you mean 'seed'?"),
    ({"y": {"kind": "weight", "adapter": 1, "values": [1]}}, "y.adapter", "there is no adapter 1"),
    ({"z": {"kind": "checkpoint", "files": ["run:1/2"]}}, "z.files", "isn't there any more"),
    (
        {"x": {"kind": "seed", "values": list(range(21))}, "y": {"kind": "cfg", "values": list(range(1, 21))}},
        "x",
        "= 420 pictures, and 400 is the most",
    ),
)


def test_what_cannot_be_drawn_is_refused_at_its_field(client: TestClient, base_folder: Path, base: str) -> None:
    run = add_run(client, base_folder)
    for values, field, said in REFUSED:
        stack = [{**one, "file": one["file"].replace("RUN", f"run:{run}")} for one in values.get("adapters", [])]
        refused = order(client, **{"base": base, **values, "adapters": stack})
        problem = refused.json()
        assert (refused.status_code, problem["field"]) == (422, field)
        assert said in problem["text"]["en"] and problem["text"]["zh"]
    assert client.get("/api/drawings").json()["drawings"] == []


def test_an_adapter_of_another_family_is_refused(client: TestClient, base_folder: Path, base: str) -> None:
    run = add_run(client, base_folder, family="sdxl")
    problem = order(client, base=base, adapters=[{"file": f"run:{run}/zq.safetensors"}]).json()
    assert problem["field"] == "adapters.0.file"
    assert "was made for Stable Diffusion XL" in problem["text"]["en"] and "系列" in problem["text"]["zh"]


def test_an_adapter_of_other_widths_is_refused_before_a_job_is_made(
    client: TestClient, base_folder: Path, base: str
) -> None:
    run = add_run(client, base_folder)
    assert client.get("/api/adapters").json()[0]["bases"] == [base]
    problem = order(client, base="danlu-mini", adapters=[{"file": f"run:{run}/zq.safetensors"}]).json()
    assert problem["field"] == "adapters.0.file" and "'zq' doesn't fit 'danlu-mini'" in problem["text"]["en"]
    assert "不匹配" in problem["text"]["zh"]


def test_a_published_model_is_stacked_by_its_own_reference(client: TestClient, base_folder: Path, base: str) -> None:
    run = add_run(client, base_folder)
    named = {"run_id": run, "checkpoint": "zq.safetensors", "name": "小梅", "triggers": ["zq"]}
    model = client.post("/api/models", json=named).json()
    found = next(one for one in client.get("/api/adapters").json() if one["kind"] == "model")
    assert (found["id"], found["name"], found["triggers"], found["family"]) == (model["id"], "小梅", ["zq"], "sd15")
    [file] = found["files"]
    sent = order(client, base=base, adapters=[{"file": file["file"]}])
    assert sent.status_code == 201, sent.text
    assert order(client, base=base, adapters=[{"file": "model:0"}]).json()["field"] == "adapters.0.file"
    files = client.app.state.studio.folder.root / "models"
    stored = find_job(client.app.state.studio.database, None, sent.json()["id"])
    assert stored is not None and Path(stored.order["files"][file["file"]]).is_relative_to(files)


def test_a_waiting_drawing_is_cancelled_before_it_is_deleted(client: TestClient, base: str, monkeypatch) -> None:
    monkeypatch.setattr(client.app.state.studio.worker, "look", lambda: None)
    job = order(client, base=base).json()["id"]
    shown = client.get(f"/api/drawings/{job}").json()
    assert shown["pictures"] == [None] and shown["cover"] is None and shown["job"]["state"] == "queued"
    assert client.get(f"/api/drawings/{job}/sheet").status_code == 404
    assert client.delete(f"/api/drawings/{job}").json()["code"] == "busy"
    client.post(f"/api/jobs/{job}/cancel")
    assert client.delete(f"/api/drawings/{job}").status_code == 204


def test_a_run_stays_while_a_drawing_needs_it_or_somebody_trains_in_it(
    client: TestClient, base_folder: Path, base: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    studio = client.app.state.studio
    monkeypatch.setattr(studio.worker, "look", lambda: None)
    run = add_run(client, base_folder)
    place, file = f"/api/runs/{run}", client.get("/api/adapters").json()[0]["files"][0]["file"]
    job = order(client, base=base, adapters=[{"file": file}]).json()["id"]
    assert "Another job" in client.delete(place).json()["text"]["en"]
    client.post(f"/api/jobs/{job}/cancel")
    record = find_run(studio.database, "local", run)
    assert record is not None
    with at_work(RunFolder(studio.folder.run(record.folder))):  # `danlu resume` on the command line
        assert "training in this run now" in client.delete(place).json()["text"]["en"]
    change_job(studio.database, record.job_id, ("succeeded",), state="queued")
    assert "waits or runs" in client.delete(place).json()["text"]["en"]
    assert RunFolder(studio.folder.run(record.folder)).journal.exists()
    change_job(studio.database, record.job_id, ("queued",), state="succeeded")
    assert client.delete(place).status_code == 204


def test_only_drawings_of_ones_own_are_shown(client: TestClient, base_folder: Path) -> None:
    studio = client.app.state.studio
    assert isinstance(studio.folder, StudioFolder)
    run = add_run(client, base_folder)
    training = next(one["id"] for one in client.get("/api/jobs").json()["jobs"] if one["run_id"] == run)
    for call in (client.get, client.delete):
        assert call(f"/api/drawings/{training}").json()["code"] == "missing"
    assert client.get(f"/api/jobs/{training}").status_code == 200
