"""Datasets over the API: uploads and what they may not be, pictures, versions, undo."""

import io
import zipfile
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from danlu.studio import uploading
from danlu.studio.uploading import safe_name
from studio_client import make, png, send


def zipped(**files: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/"), content)
    return buffer.getvalue()


def test_a_dataset_is_made_listed_renamed_deleted(client: TestClient, tmp_path: Path) -> None:
    made = make(client, "宁 光", a="ng, hat", b="ng")
    assert made["pictures"] == 2 and made["without_caption"] == 0 and made["concepts"][0]["name"] == "宁-光"
    listed = client.get("/api/datasets").json()
    assert [one["id"] for one in listed] == [made["id"]] and len(listed[0]["cover"]) == 2
    assert client.get(listed[0]["cover"][0]).headers["content-type"] == "image/jpeg"
    renamed = client.patch(f"/api/datasets/{made['id']}", json={"name": "另一个"}).json()
    assert renamed["name"] == "另一个" and renamed["concepts"][0]["name"] == "宁-光"
    assert client.delete(f"/api/datasets/{made['id']}").status_code == 204
    assert client.get(f"/api/datasets/{made['id']}").status_code == 404
    assert list((tmp_path / "studio" / "datasets").iterdir()) == []


def test_every_uploaded_file_is_told_about(client: TestClient, tmp_path: Path) -> None:
    dataset = make(client, a="x")["id"]
    files = [
        ("files", ("folder/new.png", png(7))),
        ("files", ("again.png", png(0))),
        ("files", ("lie.png", b"<html><script>alert(1)</script></html>")),
        ("files", ("run.exe", b"MZ")),
        ("files", ("../../../escaped.png", png(8))),
        ("files", ("some.zip", zipped(**{"in__side.png": png(9), "in__side.txt": b"from zip"}))),
    ]
    report = send(client, dataset, files)
    assert {one["source"] for one in report["taken"]} == {"folder/new.png", "escaped.png", "some.zip/in/side.png"}
    assert {one["source"]: one["why"] for one in report["left_out"]} == {
        "again.png": "duplicate",
        "lie.png": "damaged",
        "run.exe": "type",
    }
    assert not any("upload/" in one["text"]["en"] for one in report["left_out"])
    outside = {path for path in tmp_path.rglob("*.png") if "datasets" not in path.parts}
    assert not outside and not list((tmp_path / "studio" / "uploads").iterdir())


@pytest.mark.parametrize("taught", ["a.png", "6_mei/a.png"])
def test_a_zip_counts_as_a_folder_of_its_name(client: TestClient, taught: str) -> None:
    dataset = client.post("/api/datasets", json={"name": "x"}).json()["id"]
    send(client, dataset, [("files", (taught, png(0)))])
    content = zipped(**{"some__b.png": png(1), "some__b.txt": b"1girl", "c.png": png(2)})
    taken = send(client, dataset, [("files", ("reg.zip", content))])["taken"]
    assert {one["source"]: one["has_caption"] for one in taken} == {"reg.zip/some/b.png": True, "reg.zip/c.png": False}
    found = client.get(f"/api/datasets/{dataset}/pictures").json()["pictures"]
    assert {one["name"]: one["regularization"] for one in found} == {
        taught: False,
        "reg/some/b.png": True,
        "reg/c.png": True,
    }


@pytest.mark.parametrize("name", ["../up.png", "a/../../up.png", "/etc/passwd.png"])
def test_zips_that_lead_out_are_refused(client: TestClient, name: str, tmp_path: Path) -> None:
    dataset = make(client, a="x")["id"]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, png(3))
    answer = client.post(f"/api/datasets/{dataset}/pictures", files=[("files", ("bad.zip", buffer.getvalue()))])
    assert answer.status_code == 422 and answer.headers["content-type"] == "application/problem+json"
    assert client.get(f"/api/datasets/{dataset}").json()["pictures"] == 1


def test_a_zip_bomb_is_refused(client: TestClient) -> None:
    dataset = make(client, a="x")["id"]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb.png", b"\0" * (64 << 20))
    answer = client.post(f"/api/datasets/{dataset}/pictures", files=[("files", ("bomb.zip", buffer.getvalue()))])
    assert answer.status_code in (200, 422) and client.get(f"/api/datasets/{dataset}").json()["pictures"] == 1
    assert answer.status_code == 422 or answer.json()["left_out"]


def test_limits_are_told(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = make(client)["id"]
    monkeypatch.setattr(uploading, "MOST_PICTURES", 4)
    files = [("files", (f"{number}.png", png(number + 20))) for number in range(2)]
    answer = client.post(f"/api/datasets/{dataset}/pictures", files=files)
    assert answer.status_code == 413 and answer.json()["text"]["zh"].startswith("数据集最多 4 张图片")
    monkeypatch.setattr(uploading, "MOST_FILE_BYTES", 100)
    assert client.post(f"/api/datasets/{dataset}/pictures", files=files).json()["code"] == "too_large"


def test_what_is_there_already_takes_no_room(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = make(client, a="x", b="y", c="z")["id"]
    monkeypatch.setattr(uploading, "MOST_PICTURES", 4)
    again = zipped(**{f"{number}.png": png(number) for number in (0, 1, 2, 20)})
    assert len(send(client, dataset, [("files", ("again.zip", again))])["taken"]) == 1
    assert send(client, dataset, [("files", ("again.zip", again))])["taken"] == []
    one_more = [("files", (f"{number}.png", png(number))) for number in (0, 1, 21)]
    answer = client.post(f"/api/datasets/{dataset}/pictures", files=one_more)
    assert answer.status_code == 413 and "more than 0 of the 3" in answer.json()["text"]["en"]
    assert client.get(f"/api/datasets/{dataset}").json()["pictures"] == 4


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/passwd", "etc/passwd"),
        ("C:\\Users\\a\\b.png", "C/Users/a/b.png"),
        ("..", "file"),
        ("a\0b\n.png", "ab.png"),
        ("x" * 500 + ".png", "x" * 120 + ".png"),
        ("图 片🐱.png", "图 片🐱.png"),
    ],
)
def test_names_of_uploads_lead_nowhere(sent: str, kept: str) -> None:
    assert safe_name(sent) == kept


def test_pictures_come_in_pages_with_what_is_known_of_them(client: TestClient) -> None:
    dataset = make(client, a="ng, red hat", b="ng, smile", c="ng")
    page = client.get(f"/api/datasets/{dataset['id']}/pictures", params={"offset": 1, "limit": 1}).json()
    assert page["total"] == 3 and [one["name"] for one in page["pictures"]] == ["b.png"]
    found = client.get(f"/api/datasets/{dataset['id']}/pictures", params={"search": "HAT"}).json()
    (picture,) = found["pictures"]
    assert picture["tags"] == ["ng", "red hat"] and (picture["width"], picture["height"]) == (48, 32)
    file = client.get(picture["url"])
    assert file.content == png(0) and "immutable" in file.headers["cache-control"]


@pytest.mark.parametrize(
    "name", ["../danlu.toml", "a.txt", "%2e%2e/%2e%2e/studio.db", "nothing.png", ".danlu/studio.lock"]
)
def test_only_pictures_of_the_dataset_are_given_out(client: TestClient, name: str) -> None:
    dataset = make(client, a="x")["id"]
    for kind in ("files", "thumbnails"):
        assert client.get(f"/api/datasets/{dataset}/{kind}/{name}").status_code == 404


def test_changes_need_the_version_and_can_be_undone(client: TestClient) -> None:
    dataset = make(client, a="x", b="y")
    place = f"/api/datasets/{dataset['id']}"
    seen = dataset["version"]
    change = {"version": seen, "pictures": ["a.png"], "caption": "x, new", "crop": [0, 0, 30, 32], "repeats": 7}
    changed = client.patch(f"{place}/pictures", json=change).json()
    assert changed["version"] > seen and changed["files"] == 2
    other = client.patch(f"{place}/pictures", json={"version": seen, "pictures": ["a.png"], "caption": "gone"})
    assert (
        other.status_code == 409
        and other.json()["code"] == "outdated"
        and other.json()["version"] == changed["version"]
    )
    picture = client.get(f"{place}/picture", params={"name": "a.png"}).json()
    assert picture["caption"] == "x, new" and picture["crop"] == [0, 0, 30, 32] and picture["own_repeats"] == 7
    undone = client.post(f"{place}/undo", json={"version": changed["version"]}).json()
    assert client.get(f"{place}/picture", params={"name": "a.png"}).json()["caption"] == "x"
    redone = client.post(f"{place}/redo", json={"version": undone["version"]}).json()
    assert client.get(f"{place}/history").json()["changes"][0]["files"] == 2
    assert client.post(f"{place}/redo", json={"version": redone["version"]}).json()["code"] == "conflict"


def test_left_out_pictures_stay_in_sight(client: TestClient) -> None:
    dataset = make(client, a="x", b="y")
    place = f"/api/datasets/{dataset['id']}"
    both = {"version": dataset["version"], "pictures": ["a.png", "b.png"], "excluded": True}
    version = client.patch(f"{place}/pictures", json=both).json()["version"]
    page = client.get(f"{place}/pictures").json()
    assert [(one["name"], one["excluded"]) for one in page["pictures"]] == [("a.png", True), ("b.png", True)]
    assert client.get(place).json()["notices"]
    back = {"version": version, "pictures": ["b.png"], "excluded": False}
    version = client.patch(f"{place}/pictures", json=back).json()["version"]
    assert client.get(place).json()["excluded"] == 1
    gone = client.post(f"{place}/pictures/delete", json={"version": version, "pictures": ["a.png"]})
    assert gone.status_code == 200 and client.get(place).json()["pictures"] == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"crop": [0, 0, 100, 10]}, "crop"),
        ({"crop": [5, 5, 5, 9]}, "crop"),
        ({"repeats": 0}, "repeats"),
        ({"caption": None}, "caption"),
        ({"caption": "x" * 20_001}, "caption"),
        ({"mirror": "sometimes"}, "mirror"),
        ({}, None),
        ({"colour": 1}, "colour"),
    ],
)
def test_changes_that_make_no_sense_are_told_by_field(client: TestClient, change: dict, field: str | None) -> None:
    dataset = make(client, a="x")
    body = {"version": dataset["version"], "pictures": ["a.png"], **change}
    answer = client.patch(f"/api/datasets/{dataset['id']}/pictures", json=body)
    assert answer.status_code == 422, answer.text
    told = answer.json()
    assert (told["field"] or "").split(".")[0] == (field or "") and told["text"]["en"] and told["text"]["zh"]


def test_a_dataset_of_the_sample(client: TestClient) -> None:
    made = client.post("/api/datasets", json={"name": "样例", "sample": True}).json()
    assert (made["pictures"], made["without_caption"], made["problems"]) == (12, 12, [])


def test_a_dataset_is_downloaded_whole_and_comes_back_the_same(client: TestClient, tmp_path: Path) -> None:
    dataset = make(client, "小 明", a="hat, smile", b="hat")["id"]
    answer = client.get(f"/api/datasets/{dataset}/archive")
    assert answer.headers["content-disposition"].endswith("%E5%B0%8F%20%E6%98%8E.zip")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert not any(name.startswith(".") or "/." in name for name in names)
        assert sorted(name.rpartition("/")[2] for name in names) == ["a.png", "a.txt", "b.png", "b.txt"]
    other = client.post("/api/datasets", json={"name": "again"}).json()["id"]
    send(client, other, [("files", ("小 明.zip", answer.content))])
    again = client.get(f"/api/datasets/{other}").json()
    assert (again["pictures"], again["without_caption"]) == (2, 0)
