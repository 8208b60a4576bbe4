"""Models over the API: published from a run, shown, edited, downloaded, unpublished; and brought in from elsewhere."""

import base64
import hashlib
import io
import json
import pickle
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from PIL import Image

from danlu.adapters.files import read_adapter
from danlu.jobs.worker import Worker
from danlu.pipeline.inspection import inspect_path
from danlu.rundir.layout import RunFolder
from danlu.store.folder import StudioFolder
from danlu.store.records import RunRecord
from danlu.studio import publishing
from danlu.studio.app import make_app
from danlu.studio.subprocesses import inspect_file
from danlu.weights.headers import read_header
from studio_client import png
from studio_runs import finished_run, place_of

HERE = "http://127.0.0.1:8288"
PREVIEW = "previews/002/1.png"


def inspect_here(file: Path) -> dict[str, Any]:
    """As `danlu inspect` would, without a process of its own."""
    found = inspect_path(file)
    return {"kind": found.kind, **{fact.key: fact.value for fact in found.facts}}


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """A studio whose worker doesn't begin."""
    monkeypatch.setattr(Worker, "start", lambda _: None)
    monkeypatch.setattr(publishing, "inspect_file", inspect_here)
    with TestClient(make_app(StudioFolder(tmp_path / "studio")), base_url=HERE) as asked:
        yield asked


@pytest.fixture
def run(client: TestClient, base_folder: Path) -> tuple[RunRecord, RunFolder]:
    return finished_run(place_of(client), base_folder)


def order(run: RunRecord, **others: Any) -> dict[str, Any]:
    return {"run_id": run.id, "checkpoint": "mei.safetensors", "name": "梅 Mei", **others}


def publish(client: TestClient, run: RunRecord, **others: Any) -> dict[str, Any]:
    answer = client.post("/api/models", json=order(run, **others))
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_a_run_is_published_and_outlived(client: TestClient, run: tuple[RunRecord, RunFolder], tmp_path: Path) -> None:
    record, folder = run
    draft = client.get(f"/api/runs/{record.id}/model").json()
    assert (draft["name"], draft["triggers"], draft["checkpoint"]) == ("梅 Mei", ["mei"], "mei.safetensors")
    client.put(f"/api/runs/{record.id}/pick", json={"checkpoint": "mei-000001.safetensors"})
    assert client.get(f"/api/runs/{record.id}/model").json()["checkpoint"] == "mei-000001.safetensors"
    model = publish(client, record, previews=[PREVIEW], listed=True, licence="cc0-1.0", description="A *girl*.")
    assert "aren't those of the released" in model["only_for"]["en"] and "仅适用于" in model["only_for"]["zh"]
    assert (model["kind"], model["rank"], model["family"]) == ("lora", [2], "Stable Diffusion 1.x")
    assert model["run_name"] == "梅 Mei" and model["file"] == "梅-Mei.safetensors" and model["privacy"] == "shareable"
    assert [one["prompt"] for one in model["shown"]] == ["mei, smile 2"] and "Seed: 7" in model["shown"][0][
        "parameters"
    ]
    assert client.get(f"/api/runs/{record.id}/model").json()["published"][0]["id"] == model["id"]
    assert client.delete(f"/api/runs/{record.id}").status_code == 204 and not folder.root.exists()
    kept = client.get(f"/api/models/{model['id']}").json()
    assert kept["run_id"] is None and kept["checkpoint"] == "mei.safetensors"
    for url in (kept["shown"][0]["url"], kept["cover"]):
        assert client.get(url).headers["content-type"].startswith("image/")
    shown = Image.open(io.BytesIO(client.get(kept["shown"][0]["url"]).content))
    assert shown.info["parameters"].startswith("mei, smile 2 <lora:梅-Mei:1>") and kept["shown"][0]["prompt"]
    packed = zipfile.ZipFile(io.BytesIO(client.get(kept["bundle"]).content))
    assert packed.namelist() == ["梅-Mei.safetensors", "README.txt", "pictures/01.png"]
    assert all(word in packed.read("README.txt").decode() for word in ("mei", "CC0", "仅适用于", "A *girl*."))
    assert not list((tmp_path / "studio" / "uploads").glob("*.zip"))
    download = client.get(model["url"])
    assert hashlib.sha256(download.content).hexdigest() == model["sha256"]
    assert download.headers["etag"] == f'"{model["sha256"]}"'
    digest = base64.b64encode(bytes.fromhex(model["sha256"])).decode()
    assert download.headers["repr-digest"] == f"sha-256=:{digest}:"
    assert "%E6%A2%85-Mei.safetensors" in download.headers["content-disposition"]
    (tmp_path / "got.safetensors").write_bytes(download.content)
    assert len(read_adapter(tmp_path / "got.safetensors").layers) > 5


@pytest.mark.parametrize("privacy", ["full", "shareable", "minimal"])
def test_the_file_tells_no_more_than_it_may(
    client: TestClient, run: tuple[RunRecord, RunFolder], privacy: str, tmp_path: Path
) -> None:
    record, folder = run
    model = publish(client, record, privacy=privacy, triggers=["mei", "red hair"], licence="cc-by-4.0")
    file = tmp_path / "got.safetensors"
    file.write_bytes(client.get(model["url"]).content)
    source, got = read_header(folder.checkpoints / "mei.safetensors"), read_header(file)
    assert got.metadata["modelspec.trigger_phrase"] == "mei, red hair"
    assert (got.metadata["modelspec.title"], got.metadata["modelspec.license"]) == ("梅 Mei", "CC BY 4.0")
    assert got.metadata["sshs_model_hash"] == source.metadata["sshs_model_hash"]
    assert {name: got.read_bytes(name) for name in got.entries} == {
        name: source.read_bytes(name) for name in got.entries
    }
    told = json.dumps(dict(got.metadata), ensure_ascii=False)
    private = ["/home/anna", "Secret Folder", "a private wish", "not for others", "a note"]
    assert [word in told for word in private] == [privacy == "full"] * len(private)
    assert ("ss_tag_frequency" in got.metadata) == (privacy != "minimal")
    if privacy == "shareable":
        assert got.metadata["ss_vae_name"] == "nice vae.safetensors"
        assert json.loads(got.metadata["ss_tag_frequency"]) == {"10_concept-1": {"mei": 3, "smile": 2}}
        assert got.metadata["modelspec.implementation"].startswith("https://github.com/Stability-AI/")
        assert json.loads(got.metadata["danlu_recipe"])["optimizer"] == {"lr": 1}


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"listed": True}, "listed"),
        ({"checkpoint": "../../studio.db"}, "checkpoint"),
        ({"checkpoint": "state/training.pt"}, "checkpoint"),
        ({"previews": ["../../../etc/passwd"]}, "previews"),
        ({"previews": ["checkpoints/mei.safetensors"]}, "previews"),
        ({"name": "\u200b \n"}, "name"),
        ({"licence": "custom"}, "licence_text"),
        ({"licence": "cc0-1.0", "licence_text": "but not you"}, "licence_text"),
        ({"run_id": "abc"}, "run_id"),
        ({"privacy": "none"}, "privacy"),
    ],
)
def test_what_cannot_be_published_is_told_and_leaves_nothing(
    client: TestClient, run: tuple[RunRecord, RunFolder], wrong: dict[str, Any], field: str, tmp_path: Path
) -> None:
    answer = client.post("/api/models", json=order(run[0], **wrong))
    assert answer.status_code in (404, 422), answer.text
    assert answer.json()["field"] == field and answer.json()["text"]["zh"]
    assert client.get("/api/models").json()["total"] == 0
    assert not list((tmp_path / "studio").glob("models/*")) and not list((tmp_path / "studio").glob("uploads/*"))


def test_a_card_is_edited_and_searched(client: TestClient, run: tuple[RunRecord, RunFolder]) -> None:
    model = publish(client, run[0])
    place = f"/api/models/{model['id']}"
    assert client.patch(place, json={"listed": True}).json()["field"] == "listed"
    shown = client.post(f"{place}/previews", json={"previews": ["previews/001/1.png", PREVIEW]}).json()["shown"]
    names = [one["file"] for one in shown]
    change = {"listed": True, "pictures": names[::-1], "triggers": [" mei ", "mei", "a，b"], "name": "New"}
    changed = client.patch(place, json=change).json()
    assert changed["listed"] and changed["triggers"] == ["mei", "a,b"] and changed["name"] == "New"
    assert [one["file"] for one in changed["shown"]] == names[::-1] and changed["sha256"] == model["sha256"]
    assert client.patch(place, json={"pictures": []}).json()["field"] == "listed"
    assert client.patch(place, json={"pictures": ["../card.json"]}).json()["field"] == "pictures"
    one = client.patch(place, json={"pictures": names[:1], "licence": "custom", "licence_text": "Ask me."}).json()
    assert one["pictures"] == 1 and client.get(shown[1]["url"]).status_code == 404
    assert client.patch(place, json={"licence": "cc0-1.0"}).json()["licence_text"] == ""
    for search, total in (("new lora", 1), ("MEI", 1), ("nothing", 0)):
        assert client.get("/api/models", params={"search": search}).json()["total"] == total
    assert client.get("/api/models", params={"listed": False}).json()["total"] == 0


def test_uploaded_pictures_are_drawn_anew(client: TestClient, run: tuple[RunRecord, RunFolder]) -> None:
    model = publish(client, run[0])
    exif = Image.Exif()
    exif[0x010E] = "taken at my home"
    photo = io.BytesIO()
    Image.open(io.BytesIO(png(1, (2500, 100)))).save(photo, "JPEG", exif=exif)
    files = [
        ("files", ("../../a 猫.jpg", photo.getvalue())),
        ("files", ("lie.png", b"<html><script>alert(1)</script></html>")),
        ("files", ("run.exe", b"MZ")),
    ]
    report = client.post(f"/api/models/{model['id']}/pictures", files=files).json()
    assert {one["source"]: one["why"] for one in report["left_out"]} == {"lie.png": "damaged", "run.exe": "type"}
    assert "upload" not in json.dumps(report["left_out"])
    (shown,) = report["model"]["shown"]
    content = client.get(shown["url"]).content
    assert b"my home" not in content and (shown["width"], shown["height"]) == (2048, 82)
    with Image.open(io.BytesIO(content)) as kept:
        assert kept.format == "WEBP" and not kept.getexif()


def test_a_lora_made_elsewhere_is_brought_in_as_it_is(
    client: TestClient, run: tuple[RunRecord, RunFolder], base_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "inspect_file", inspect_file)
    content = (run[1].checkpoints / "mei-000001.safetensors").read_bytes()
    model = client.post("/api/models/import", files={"file": ("..\\..\\CON.safetensors", content)}).json()
    assert (model["source"], model["listed"], model["triggers"]) == ("imported", False, ["mei"])
    assert model["name"] == "CON" and model["file"] == "_CON.safetensors" and model["privacy"] is None
    assert client.get(model["url"]).content == content
    vae = (base_folder / "vae" / "diffusion_pytorch_model.safetensors").read_bytes()
    header = b"\xff\xff\xff\xff\xff\xff\xff\x7f{}"
    for name, bad in (
        ("bad.pt", pickle.dumps([1])),
        ("bad.safetensors", pickle.dumps([1])),
        ("bad.safetensors", header),
        ("bad.safetensors", content[: len(content) // 2]),
        ("bad.safetensors", vae),
        ("bad.png", png()),
    ):
        answer = client.post("/api/models/import", files={"file": (name, bad)})
        told = answer.json()
        assert answer.status_code == 422 and told["field"] == "file", answer.text
        assert name in told["text"]["en"] and "uploads" not in told["text"]["en"] and told["text"]["zh"]
    assert client.get("/api/models").json()["total"] == 1


def test_a_model_is_drawn_with_and_stays_while_a_job_needs_it(
    client: TestClient, run: tuple[RunRecord, RunFolder], base_folder: Path, tmp_path: Path
) -> None:
    client.put("/api/settings", json={"base_folders": [str(base_folder.parent)], "tagger_folders": []})
    model = publish(client, run[0], previews=[PREVIEW])
    (folder,) = (tmp_path / "studio" / "models").iterdir()
    listed = next(one for one in client.get("/api/adapters").json() if one["kind"] == "model")
    assert (listed["id"], listed["triggers"], listed["family"]) == (model["id"], ["mei"], "sd15")
    assert (listed["suggested"]["prompt"], listed["suggested"]["size"]) == ("mei, smile 2", "48x32")
    stack = [{"file": listed["files"][0]["file"], "weight": 0.8}]
    (fitting,) = listed["bases"]  # the embedded base has other widths
    drawing = {"kind": "draw", "base": fitting, "prompt": "mei", "adapters": stack}
    wrong = client.post("/api/jobs", json={**drawing, "adapters": [{"file": "model:../x"}]})
    assert wrong.status_code == 422 and wrong.json()["field"] == "adapters.0.file"
    job = client.post("/api/jobs", json=drawing).json()
    assert client.delete(f"/api/models/{model['id']}").json()["code"] == "busy"
    assert client.post(f"/api/jobs/{job['id']}/cancel").json()["state"] == "cancelled"
    assert client.delete(f"/api/models/{model['id']}").status_code == 204
    assert client.get(f"/api/models/{model['id']}").status_code == 404 and not folder.exists()


@pytest.mark.parametrize("name", ["../card.json", "card.json", "%2e%2e/card.json", "nothing.png"])
def test_only_shown_pictures_are_given_out(client: TestClient, run: tuple[RunRecord, RunFolder], name: str) -> None:
    model = publish(client, run[0], previews=[PREVIEW])
    for kind in ("pictures", "thumbnails"):
        assert client.get(f"/api/models/{model['id']}/{kind}/{name}").status_code == 404
