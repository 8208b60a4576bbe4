"""What is wrong with a dataset: told with its progress, mended when asked."""

from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from danlu.health.examine import examine
from danlu.studio.routes import health
from foreign_pictures import make_photographs
from studio_client import make, send


def test_how_far_the_health_report_is(client: TestClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DANLU_CACHE", str(tmp_path / "cache"))  # no other test has looked at these pictures
    place = f"/api/datasets/{make(client, a='ng', b='')['id']}"
    reached: list[object] = []

    def examine_and_ask(*given: object, on_progress: Callable[[int, int], None], **named: object) -> object:
        def asking(done: int, total: int) -> None:
            on_progress(done, total)
            reached.append(client.get(f"{place}/health/progress").json())

        return examine(*given, on_progress=asking, **named)

    monkeypatch.setattr(health, "examine", examine_and_ask)
    assert client.get(f"{place}/health/progress").json() is None
    first = client.get(f"{place}/health")
    assert first.status_code == 200
    assert reached[-1] == {"done": 2, "total": 2}
    assert client.get(f"{place}/health/progress").json() is None
    monkeypatch.delattr(health, "examine")  # what was told once is kept
    assert client.get(f"{place}/health").json() == first.json()


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


def test_photographs_are_told_before_the_report_is_there(client: TestClient, tmp_path: Path) -> None:
    photographs = client.post("/api/datasets", json={"name": "照片"}).json()["id"]
    files = [("files", (one.name, one.read_bytes())) for one in make_photographs(tmp_path / "p", 4)]
    send(client, photographs, files)
    (told,) = client.get(f"/api/datasets/{photographs}/cautions").json()
    assert "4 of 4" in told["en"] and "danlu download" in told["en"] and "4 张" in told["zh"]
