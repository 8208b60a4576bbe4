"""Whatever can't be read is refused in our words, in both languages; addresses answer what they are asked for."""

import gzip
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from danlu.kit.forms import meaning_of
from danlu.store.folder import StudioFolder
from danlu.studio.app import make_app
from danlu.studio.refusals import MOST_FILES
from danlu.studio.routes.web import PAGES, add_web
from studio_client import make

ROOT = Path(__file__).parents[2]
JSON = {"content-type": "application/json"}
FORM = {"content-type": "multipart/form-data; boundary=q"}
OWN_WORDS = re.compile(r"[A-Za-z]{4,}")
TECHNICAL = {
    *("JSON", "files", "Content", "Type", "application", "json", "boundary", "name", "sizes", "pictures", "limit"),
    *("dataset_id", "dataset", "Upload", "Offset", "kind", "Idempotency", "size", "recipe", "prompt"),
}


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    app = make_app(StudioFolder(tmp_path_factory.mktemp("studio")))
    with TestClient(app, base_url="http://127.0.0.1:8288", raise_server_exceptions=False) as asked:
        yield asked


@pytest.fixture(scope="module")
def dataset(studio: TestClient) -> str:
    return make(studio)["id"]


@pytest.mark.parametrize(
    ("address", "body", "status"),
    [
        ("/datasets", {"json": {"name": ""}}, 422),
        ("/datasets", {"json": {"name": "x" * 1000}}, 422),
        ("/datasets", {"json": {"name": "a\x00b"}}, 422),
        ("/datasets", {"json": {"name": " "}}, 422),
        ("/datasets", {"json": {"name": "x", "y": 1}}, 422),
        ("/datasets", {"json": [1]}, 422),
        ("/datasets", {}, 422),
        ("/datasets", {"content": b'{"name":', "headers": JSON}, 422),
        ("/datasets", {"content": b"\xff\xfe{", "headers": JSON}, 400),
        ("/datasets", {"content": b"[" * 100_000, "headers": JSON}, 400),
        ("/datasets", {"content": b'{"name":' + b"9" * 5000 + b"}", "headers": JSON}, 400),
        ("/datasets", {"content": b'{"name":"\\ud800"}', "headers": JSON}, 422),
        ("/datasets", {"content": b'{"name": "x"}', "headers": {"content-type": "text/plain"}}, 422),
        ("/datasets", {"data": {"name": "x"}}, 422),
        ("/datasets", {"content": b" " * (33 << 20), "headers": JSON}, 413),
        ("/datasets/{id}/pictures", {"content": b"x", "headers": FORM}, 400),
        ("/datasets/{id}/pictures", {"content": b"x", "headers": {"content-type": "multipart/form-data"}}, 400),
        ("/datasets/{id}/pictures", {"data": {"files": "x"}}, 422),
        ("/datasets/{id}/pictures", {"data": {"a": "x" * (1 << 21)}, "files": [("files", ("a.txt", b"x"))]}, 400),
        ("/datasets/XYZ/undo", {}, 404),
        ("/datasets/" + "a" * 80 + "/undo", {}, 404),
        ("/jobs", {"json": {}}, 422),
        ("/jobs", {"json": {"kind": "crop", "dataset_id": "{id}", "sizes": ["a"]}}, 422),
        ("/jobs", {"json": {"kind": "crop", "dataset_id": "{id}", "pictures": ["*"]}}, 422),
        ("/jobs", {"json": {"kind": "draw", "size": "1x1"}}, 422),
        ("/recipes/plan", {"json": {"dataset_id": "{id}", "recipe": {"name": "a/b"}}}, 422),
    ],
)
def test_refusals_are_in_our_words(studio: TestClient, dataset: str, address: str, body: Any, status: int) -> None:
    if isinstance(content := body.get("json"), dict) and content.get("dataset_id"):
        body = {"json": {**content, "dataset_id": dataset}}
    answer = studio.post("/api" + address.format(id=dataset), **body)
    assert answer.status_code == status, answer.text
    told = answer.json()
    assert set(OWN_WORDS.findall(told["text"]["zh"])) <= TECHNICAL and re.search("[一-鿿]", told["text"]["zh"])
    assert "should" not in told["text"]["en"] and "pattern" not in told["text"]["en"] and len(answer.content) < 2000


def test_a_thousand_pictures_with_captions_fit_into_one_request(studio: TestClient, dataset: str) -> None:
    def send(count: int) -> Any:
        files = [("files", (f"{number}.txt", b"x")) for number in range(count)]
        return studio.post(f"/api/datasets/{dataset}/pictures", files=files)

    assert send(2000).json()["left_out"][0]["why"] == "caption"
    over = send(MOST_FILES + 1)
    assert over.status_code == 400 and "2500" in over.json()["text"]["zh"]


def test_every_form_is_said_in_words(studio: TestClient) -> None:
    patterns = set(re.findall(r'"pattern": ?("(?:[^"\\]|\\.)*")', studio.get("/api/openapi.json").text))
    assert len(patterns) > 4 and [one for one in patterns if meaning_of(json_text(one)) is None] == []


def json_text(quoted: str) -> str:
    import json

    return json.loads(quoted)


def test_only_pages_of_the_app_are_answered_with_it(tmp_path: Path) -> None:
    routes = re.findall(r'path: "/([^"/]*)', (ROOT / "web" / "src" / "router.tsx").read_text("utf-8"))
    assert set(routes) == set(PAGES)
    (tmp_path / "index.html").write_text("<!doctype html>page")
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "a.js").write_text("let a = 1;\n" * 500)
    app = make_app(StudioFolder(tmp_path / "studio"))
    app.router.routes.pop()
    add_web(app, tmp_path)
    asked = TestClient(app, base_url="http://127.0.0.1:8288")
    for page in ("/", "/datasets/abc", "/queue", "/models/publish"):
        assert asked.get(page).text.endswith("page")
    for nothing in (
        "/.env",
        "/robots.txt",
        "/api",
        "/api/x",
        "/health",
        "/assets/b.js",
        "/x" * 3000,
        "//etc/passwd",
        "/..%2fstudio.db",
    ):
        answer = asked.get(nothing)
        assert answer.status_code == 404 and answer.json()["code"] == "missing", nothing
    visited = asked.get("/robots", headers={"sec-fetch-mode": "navigate", "sec-fetch-site": "none"})
    assert visited.status_code == 404 and visited.text.endswith("page")  # which says so, to people
    plain = asked.get("/assets/a.js", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers and plain.headers["vary"] == "Accept-Encoding"
    with asked.stream("GET", "/assets/a.js", headers={"accept-encoding": "br, gzip;q=0.5"}) as packed:
        raw = b"".join(packed.iter_raw())
    assert packed.headers["content-encoding"] == "gzip" and gzip.decompress(raw) == plain.content and len(raw) < 200
    assert "content-encoding" not in asked.get("/assets/a.js", headers={"accept-encoding": "gzip;q=0"}).headers


@pytest.mark.parametrize("address", ["/", "/api/jobs", "/healthz", "/metrics", "/api/jobs/{job}/log/events"])
def test_heads_are_those_of_what_would_be_sent(studio: TestClient, dataset: str, address: str) -> None:
    """Also of a stream that doesn't end by itself: the job only waits."""
    studio.app.state.studio.worker.stop()  # type: ignore[attr-defined]
    job = studio.post("/api/jobs", json={"kind": "crop", "dataset_id": dataset}).json()["id"]
    answer = studio.head(address.format(job=job))
    assert answer.status_code in (200, 503) and answer.content == b"" and answer.headers["content-type"]
    assert studio.head("/api/datasets/abc").status_code == 404 and studio.head("/nothing").status_code == 404


def test_the_queue_is_paused_as_a_whole(studio: TestClient) -> None:
    assert studio.get("/api/jobs").json()["paused"] is False
    assert studio.put("/api/queue", json={"paused": True}).json() == {"paused": True}
    assert studio.get("/api/jobs").json()["paused"] is True and "danlu_queue_paused 1" in studio.get("/metrics").text
    assert studio.put("/api/queue", json={"paused": False}).status_code == 200


def test_monitors_are_told_how_it_is(tmp_path: Path) -> None:
    with TestClient(make_app(StudioFolder(tmp_path)), base_url="http://127.0.0.1:8288") as studio:
        well = studio.get("/healthz")
        assert well.status_code == 200 and well.json()["status"] == "ok"
        lines = studio.get("/metrics").text.splitlines()
        assert 'danlu_jobs{state="queued"} 0' in lines and "danlu_worker_up 1" in lines
        assert all(re.fullmatch(r'# (HELP|TYPE) \w+ .+|\w+(\{\w+="[^"]*"\})? \d+', line) for line in lines)
        studio.app.state.studio.worker.stop()  # type: ignore[attr-defined]
        ill = studio.get("/healthz")
        assert ill.status_code == 503 and (ill.json()["worker"], ill.json()["database"]) == ("failing", "ok")
