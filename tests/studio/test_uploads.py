"""Uploads in parts: whatever breaks off in between, the file arrives whole, once, and nothing else does."""

import asyncio
import io
import os
import tempfile
import time
import zipfile
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st

from danlu.store.folder import StudioFolder
from danlu.studio import parcels, uploading
from studio_client import make, png


def begin(client: TestClient, dataset: str, name: str, content: bytes, key: str = "") -> dict:
    order = {"name": name, "size": len(content), "key": key or f"{name}|{len(content)}"}
    answer = client.post(f"/api/datasets/{dataset}/uploads", json=order)
    assert answer.status_code == 201, answer.text
    return answer.json()


def part(client: TestClient, dataset: str, upload: str, offset: int, content: bytes):
    place = f"/api/datasets/{dataset}/uploads/{upload}"
    return client.patch(place, content=content, headers={"upload-offset": str(offset)})


def finish(client: TestClient, dataset: str, *uploads: str):
    return client.post(f"/api/datasets/{dataset}/uploads/finish", json={"uploads": list(uploads)})


async def arriving(part: bytes, cuts: list[int]) -> AsyncIterator[bytes]:
    """A part as a server gets it: in pieces."""
    for start, end in pairwise([0, *sorted(one % (len(part) + 1) for one in cuts), len(part)]):
        yield part[start:end]


PARTS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=5)


@settings(max_examples=30, deadline=None)
@given(st.binary(max_size=60), PARTS, st.lists(st.integers(0, 60), max_size=2))
def test_any_cut_and_repetition_of_parts_gives_the_same_file(
    content: bytes, parts: list[tuple[int, int]], cuts: list[int]
) -> None:
    async def send(parcel: parcels.Parcel) -> None:
        for start, length in [*parts, (len(content), len(content))]:
            before = parcel.offset
            start = min(start, before)
            there = await parcels.append(parcel, start, arriving(content[start : start + length], cuts))
            assert there == parcel.offset == min(len(content), max(before, start + length))

    with tempfile.TemporaryDirectory() as folder:
        parcel = parcels.announce(StudioFolder(Path(folder)), "d", name="a.png", size=len(content), key="k")
        asyncio.run(send(parcel))
        assert parcel.bytes.read_bytes() == content


def test_a_broken_off_upload_goes_on_and_is_taken_once(client: TestClient, tmp_path: Path) -> None:
    dataset = client.post("/api/datasets", json={"name": "x"}).json()["id"]
    content = png(5, (200, 200))
    cut = len(content) * 6 // 10
    upload = begin(client, dataset, "in/a.png", content)
    part(client, dataset, upload["id"], 0, content[:cut])
    assert finish(client, dataset, upload["id"]).json()["code"] == "conflict"
    (known,) = client.get(f"/api/datasets/{dataset}/uploads").json()
    assert known["offset"] == cut and known["name"] == "in/a.png"
    again = begin(client, dataset, "in/a.png", content)
    assert (again["id"], again["offset"]) == (upload["id"], cut)
    gap = part(client, dataset, upload["id"], cut + 1, content[cut + 1 :])
    assert gap.status_code == 409 and gap.json()["field"] == "Upload-Offset"
    part(client, dataset, upload["id"], cut, content[cut:])
    caption = begin(client, dataset, "in/a.txt", b"ng, smile")
    part(client, dataset, caption["id"], 0, b"ng, smile")
    first = finish(client, dataset, upload["id"], caption["id"])
    assert [one["has_caption"] for one in first.json()["taken"]] == [True], first.text
    assert finish(client, dataset, caption["id"], upload["id"]).json() == first.json()
    assert client.get(f"/api/datasets/{dataset}/uploads").json() == []
    assert client.get(f"/api/datasets/{dataset}").json()["pictures"] == 1
    assert {one.name for one in (tmp_path / "studio" / "uploads").iterdir()} == {dataset}


def test_more_than_was_announced_is_refused(client: TestClient) -> None:
    dataset = client.post("/api/datasets", json={"name": "x"}).json()["id"]
    upload = begin(client, dataset, "a.png", b"12345")["id"]
    assert part(client, dataset, upload, 0, b"123456").json()["code"] == "too_large"
    assert part(client, dataset, upload, 0, b"12345").json()["offset"] == 5


def test_large_files_and_many_are_refused_before_they_are_sent(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = client.post("/api/datasets", json={"name": "x"}).json()["id"]
    place = f"/api/datasets/{dataset}/uploads"
    for name, size in (("a.png", uploading.MOST_FILE_BYTES), ("a.zip", uploading.MOST_BYTES)):
        order = {"name": name, "size": size + 1, "key": "k"}
        answer = client.post(place, json=order)
        assert answer.status_code == 413 and name in answer.json()["text"]["zh"]
    monkeypatch.setattr(parcels, "MOST_OPEN", 1)
    begin(client, dataset, "a.png", b"1")
    assert client.post(place, json={"name": "b.png", "size": 1, "key": "k"}).status_code == 413


@pytest.mark.parametrize("name", ["../../up.png", "/etc/a.png", "C:\\x\\a.png", "..", "a\0b.png"])
def test_names_lead_nowhere(client: TestClient, tmp_path: Path, name: str) -> None:
    dataset = client.post("/api/datasets", json={"name": "x"}).json()["id"]
    content = png(3)
    upload = begin(client, dataset, name, content)
    part(client, dataset, upload["id"], 0, content)
    answer = finish(client, dataset, upload["id"])
    assert answer.status_code == 200, answer.text
    assert {one for one in tmp_path.rglob("*.png") if "datasets" not in one.parts} == set()


def test_uploads_belong_to_their_dataset_and_wait_a_day(client: TestClient, tmp_path: Path) -> None:
    mine, other = (client.post("/api/datasets", json={"name": name}).json()["id"] for name in "ab")
    upload = begin(client, mine, "a.png", b"123")["id"]
    assert part(client, other, upload, 0, b"123").status_code == 404
    assert finish(client, other, upload).status_code == 404
    assert client.get(f"/api/datasets/{mine}/uploads/%2e%2e").status_code == 404
    old = time.time() - parcels.KEPT_SECONDS - 1
    os.utime(tmp_path / "studio" / "uploads" / mine / upload / "bytes", (old, old))
    assert client.get(f"/api/datasets/{mine}/uploads").json() == []
    assert not (tmp_path / "studio" / "uploads" / mine / upload).exists()
    begin(client, mine, "a.png", b"123")
    assert client.delete(f"/api/datasets/{mine}").status_code == 204
    assert not (tmp_path / "studio" / "uploads" / mine).exists()


def test_a_zip_in_parts_is_looked_over_as_any(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = make(client, a="x")["id"]

    def send(name: str, buffer: io.BytesIO):
        upload = begin(client, dataset, name, buffer.getvalue())["id"]
        part(client, dataset, upload, 0, buffer.getvalue())
        return finish(client, dataset, upload)

    bomb, out = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb.png", b"\0" * (140 << 20))
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("../out.png", png(9))
    for name, sent in (("bomb.zip", bomb), ("out.zip", out), ("lie.zip", io.BytesIO(b"PK no zip"))):
        answer = send(name, sent)
        assert answer.status_code == 422, answer.text
        assert name in answer.json()["text"]["en"] and "/uploads/" not in answer.json()["text"]["en"]
    monkeypatch.setattr(uploading, "MOST_PICTURES", 2)
    many = io.BytesIO()
    with zipfile.ZipFile(many, "w") as archive:
        for number in range(2):
            archive.writestr(f"{number}.png", png(30 + number))
    assert send("many.zip", many).json()["code"] == "too_large"
    assert client.get(f"/api/datasets/{dataset}").json()["pictures"] == 1
