"""Who may ask, and how mistakes are told."""

import pytest
from fastapi.testclient import TestClient

from danlu.studio.routes.web import STATIC
from studio_client import make


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example:8288", "localhost.evil:80", "", "192.168.1.5"]
)
def test_other_names_of_this_machine_are_refused(client: TestClient, host: str) -> None:
    answer = client.get("/api/datasets", headers={"host": host})
    assert answer.status_code == 403 and answer.json()["code"] == "refused"


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:9999"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_other_pages_write_nothing(client: TestClient, headers: dict[str, str]) -> None:
    assert client.post("/api/datasets", json={"name": "x"}, headers=headers).status_code == 403
    assert client.get("/api/datasets").json() == []
    own = {"origin": "http://127.0.0.1:8288", "sec-fetch-site": "same-origin"}
    assert client.post("/api/datasets", json={"name": "x"}, headers=own).status_code == 201


def test_pages_may_load_nothing_from_elsewhere(client: TestClient) -> None:
    headers = client.get("/").headers
    assert (
        "default-src 'self'" in headers["content-security-policy"]
        and "object-src 'none'" in headers["content-security-policy"]
    )
    assert headers["x-content-type-options"] == "nosniff"
    assert client.get("/api/nothing").status_code == 404
    if not (STATIC / "index.html").exists():
        assert "make web" in client.get("/datasets/abc").text


@pytest.mark.parametrize(
    ("language", "sentence"), [("zh-CN,zh", "没有这个数据集。"), ("en", "There is no such dataset.")]
)
def test_problems_are_told_in_both_languages(client: TestClient, language: str, sentence: str) -> None:
    answer = client.get("/api/datasets/abc123", headers={"accept-language": language})
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert told["detail"] == sentence and told["status"] == 404 and told["field"] == "dataset_id"
    assert told["text"] == {"en": "There is no such dataset.", "zh": "没有这个数据集。"}


def test_tags_are_edited_at_once_and_by_version(client: TestClient) -> None:
    dataset = make(client, a="ng, red hat, smile", b="ng, smile")
    place = f"/api/datasets/{dataset['id']}"
    table = client.get(f"{place}/tags").json()
    assert [(one["tag"], one["pictures"]) for one in table["tags"]][:2] == [("ng", 2), ("smile", 2)]
    edit = {"version": dataset["version"], "operations": [{"kind": "delete", "tags": ["smile"]}], "where": "*hat"}
    dry = client.post(f"{place}/tags/edit", json={**edit, "dry_run": True}).json()
    assert dry["captions"] == [{"picture": "a.png", "before": "ng, red hat, smile", "after": "ng, red hat"}]
    assert not dry["applied"] and dry["version"] == dataset["version"]
    done = client.post(f"{place}/tags/edit", json=edit).json()
    assert client.post(f"{place}/tags/edit", json=edit).json()["code"] == "outdated"
    trigger = {"version": done["version"], "word": "ningg", "absorb": ["ng"]}
    set_one = client.post(f"{place}/trigger", json=trigger)
    assert set_one.status_code == 200, set_one.text
    assert client.get(f"{place}/picture", params={"name": "a.png"}).json()["tags"] == ["ningg", "red hat"]
    assert client.get(f"{place}/trigger").json()["concepts"][0]["traits"] == ["ng"]
    wrong = client.get(f"{place}/tags", params={"where": "smile AND ("})
    assert wrong.status_code == 422 and wrong.json()["text"]["zh"]


def test_health_is_told_and_mended(client: TestClient) -> None:
    dataset = make(client, a="ng", b="")
    place = f"/api/datasets/{dataset['id']}"
    health = client.get(f"{place}/health").json()
    missing = [one for one in health["findings"] if one["check"] == "caption_missing"]
    assert [one["picture"] for one in missing] == ["b.png"] and health["summary"]["zh"]
    order = {"version": dataset["version"], "checks": ["small"], "dry_run": True}
    dry = client.post(f"{place}/health/fix", json=order).json()
    assert not dry["applied"] and dry["version"] == dataset["version"] and "excluded" in dry["differences"]
    fixed = client.post(f"{place}/health/fix", json={**order, "dry_run": False}).json()
    assert fixed["fixed"] and client.get(place).json()["excluded"] == len(fixed["fixed"])
