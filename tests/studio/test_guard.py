"""Who may ask, and how mistakes are told."""

import pytest
from fastapi.testclient import TestClient

from danlu.studio.routes.web import STATIC


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
