"""What lies in datasets' folders while others write there, and where a folder is gone altogether."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from danlu.store.datasets import list_datasets
from danlu.store.records import LOCAL_OWNER
from danlu.studio.library import contents_of
from studio_client import make, png, send


def folder_of(client: TestClient, dataset: str) -> Path:
    studio = client.app.state.studio  # type: ignore[attr-defined]
    return next(
        studio.folder.dataset(one.folder) for one in list_datasets(studio.database, LOCAL_OWNER) if one.id == dataset
    )


def test_a_dataset_whose_folder_is_gone_is_an_empty_one(client: TestClient) -> None:
    made, other = make(client, "gone", a="x, y"), make(client, "other", b="x")
    shutil.rmtree(folder_of(client, made["id"]).parent)
    assert {one["name"]: one["pictures"] for one in client.get("/api/datasets").json()} == {"gone": 0, "other": 1}
    place = f"/api/datasets/{made['id']}"
    for path in ("", "/pictures", "/tags", "/trigger", "/health", "/history", "/uploads"):
        answer = client.get(f"{place}{path}")
        assert answer.status_code == 200, answer.text
    assert client.get(f"{place}/pictures").json()["total"] == 0
    assert client.get(f"{place}/picture", params={"name": "a.png"}).status_code == 404
    change = {"version": made["version"], "pictures": ["a.png"], "caption": "z"}
    assert 400 <= client.patch(f"{place}/pictures", json=change).status_code < 500
    assert len(send(client, made["id"], [("files", ("a.png", png(0)))])["taken"]) == 1
    assert client.get(place).json()["pictures"] == 1
    assert client.delete(f"/api/datasets/{other['id']}").status_code == 204


def test_a_folder_that_cannot_be_made_leaves_no_dataset(client: TestClient, tmp_path: Path) -> None:
    datasets = tmp_path / "studio" / "datasets"
    shutil.rmtree(datasets, ignore_errors=True)
    datasets.write_text("in the way")
    with pytest.raises(OSError, match="datasets"):
        client.post("/api/datasets", json={"name": "x"})
    assert client.get("/api/datasets").json() == []
    datasets.unlink()
    assert client.post("/api/datasets", json={"name": "x"}).status_code == 201


def test_files_that_come_and_go_while_others_write(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    made = make(client, a="x", b="y")
    root = folder_of(client, made["id"])
    before = contents_of(root)
    (root / ".a.txt.1234.tmp").write_text("half")
    assert contents_of(root) is before
    scandir = os.scandir

    @contextmanager
    def taking_away(folder: str) -> Iterator[Iterator[os.DirEntry[str]]]:
        def entries(found: Iterator[os.DirEntry[str]]) -> Iterator[os.DirEntry[str]]:
            for entry in found:
                if entry.name.endswith(".tmp"):
                    Path(entry.path).unlink()
                yield entry

        with scandir(folder) as found:
            yield entries(found)

    for name in (".a.txt.1234.tmp", "seen.tmp"):
        (root / name).write_text("half")
        with monkeypatch.context() as patched:
            patched.setattr("danlu.studio.library.os.scandir", taking_away)
            assert client.get(f"/api/datasets/{made['id']}/tags").status_code == 200
        assert not (root / name).exists()
