"""Pictures over the API: boxes beyond the edge, views, tagging from scores, jobs for a selection, versions."""

import threading
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from browser.words import LANGUAGES, Language, word
from danlu.jobs.base import Workplace
from danlu.jobs.kinds.regularize import RegularizeOrder
from danlu.kit.language import Text
from danlu.store.folder import StudioFolder
from danlu.studio.wording import BUTTONS, for_browser, without_places
from studio_client import ended, make, png, send


def picture(client: TestClient, dataset: str, name: str = "a.png") -> dict:
    return client.get(f"/api/datasets/{dataset}/picture", params={"name": name}).json()


def version(client: TestClient, dataset: str) -> int:
    return client.get(f"/api/datasets/{dataset}").json()["version"]


def test_a_box_may_reach_over_the_edge_if_it_is_filled(client: TestClient) -> None:
    dataset = make(client, a="x")["id"]
    place = f"/api/datasets/{dataset}/pictures"
    change = {"version": version(client, dataset), "pictures": ["a.png"], "crop": [-8, 0, 40, 40]}
    assert client.patch(place, json=change).json()["field"] == "crop"
    assert client.patch(place, json={**change, "extend": "black"}).json()["field"] == "extend"
    assert client.patch(place, json={**change, "extend": "edge"}).status_code == 200
    seen = picture(client, dataset)
    assert (seen["crop"], seen["extend"]) == ([-8, 0, 40, 40], "edge")
    back = {**change, "version": version(client, dataset), "crop": [0, 0, 40, 32], "extend": "edge"}
    client.patch(place, json=back)
    assert picture(client, dataset)["extend"] is None
    far = {**change, "version": version(client, dataset), "crop": [60, 0, 90, 32], "extend": "edge"}
    assert client.patch(place, json=far).status_code == 422


def test_views_come_change_and_go(client: TestClient) -> None:
    dataset = make(client, a="x")["id"]
    place = f"/api/datasets/{dataset}/views"

    def ask(**values: object) -> int:
        body = {"version": version(client, dataset), "picture": "a.png", "name": "face", **values}
        return client.post(place, json=body).status_code

    assert ask(crop=[4, 4, 20, 20], repeats=3) == 200
    assert ask(crop=[4, 4, 24, 24]) == 200
    (view,) = picture(client, dataset)["views"]
    assert (view["name"], view["crop"], view["repeats"]) == ("face", [4, 4, 24, 24], 3)
    assert ask(crop=[4, 4, 240, 24]) == 422 and ask(name="../up") == 422 and ask(name="none", remove=True) == 422
    assert client.post(place, json={"version": 1, "picture": "a.png", "name": "face"}).json()["code"] == "outdated"
    assert ask(remove=True) == 200 and picture(client, dataset)["views"] == []


def test_thresholds_move_without_the_tagger_once_it_has_looked(client: TestClient) -> None:
    dataset = make(client, a="ng, mine", b="", c="")["id"]
    place = f"/api/datasets/{dataset}/tagging"
    order = {"version": version(client, dataset), "existing": "replace", "threshold": 0.3}
    first = client.post(place, json=order).json()
    assert first["unseen"] == 3 and first["captions"] == [] and first["usual"] == 0.35
    assert client.post(place, json={**order, "dry_run": False}).json()["code"] == "conflict"
    look = {"kind": "tag", "dataset_id": dataset, "pictures": ["a.png", "b.png"], "dry_run": True}
    assert ended(client, client.post("/api/jobs", json=look).json()["id"])["state"] == "succeeded"
    assert picture(client, dataset)["caption"] == "ng, mine" and picture(client, dataset, "b.png")["caption"] is None
    few, many = (
        client.post(place, json={**order, "version": 1, "threshold": threshold}).json() for threshold in (0.9, 0.01)
    )
    assert few["unseen"] == 1 and [one["picture"] for one in few["captions"]] == ["a.png", "b.png"]
    assert len(many["captions"][0]["after"]) > len(few["captions"][0]["after"])
    chosen = {**order, "pictures": ["b.png"], "dry_run": False, "threshold": 0.01}
    assert client.post(place, json=chosen).json()["code"] == "outdated"
    done = client.post(place, json={**chosen, "version": version(client, dataset)}).json()
    assert done["applied"] and picture(client, dataset, "b.png")["caption"] == many["captions"][1]["after"]
    assert picture(client, dataset)["caption"] == "ng, mine"
    assert client.post(place, json={**order, "pictures": ["x.png"]}).json()["field"] == "pictures"


def test_only_the_selection_is_cropped(client: TestClient) -> None:
    dataset = make(client, a="x", b="y")["id"]
    order = {"kind": "crop", "dataset_id": dataset, "mode": "centre", "sizes": ["64x64"], "pictures": ["b.png"]}
    assert client.post("/api/jobs", json={**order, "pictures": ["*"]}).status_code == 422
    assert client.post("/api/jobs", json={**order, "pictures": ["x.png"]}).json()["field"] == "pictures"
    assert ended(client, client.post("/api/jobs", json=order).json()["id"])["state"] == "succeeded"
    assert picture(client, dataset)["crop"] is None and picture(client, dataset, "b.png")["crop"] == [8, 0, 40, 32]


def test_regularization_pictures_are_told_apart(client: TestClient) -> None:
    dataset = make(client, a="x")["id"]
    send(client, dataset, [("files", ("reg/1_girl/r.png", png(70)))])
    assert picture(client, dataset, "reg/1_girl/r.png")["regularization"]
    assert not picture(client, dataset)["regularization"]
    order = {"kind": "regularize", "dataset_id": dataset, "prompt": "a girl", "count": 1, "base": "none"}
    assert client.post("/api/jobs", json={**order, "prompt": " "}).json()["field"].endswith("prompt")
    assert client.post("/api/jobs", json=order).json()["field"] == "base.path"


def test_what_regularization_runs() -> None:
    place = Workplace(Path("job"), Path("data"), None)
    made = RegularizeOrder(prompt="--a girl", count=3).command(place)
    assert made[:4] == ["dataset", "regularize", "data", "--prompt=--a girl"] and "3" in made


def test_who_reads_while_something_is_written_cannot_write_over_it(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The version that is read beside old captions is outdated as soon as the new ones are there."""
    from danlu.studio import changes

    dataset = make(client, a="old")["id"]
    place = f"/api/datasets/{dataset}/pictures"
    begun, go_on = threading.Event(), threading.Event()
    real = changes.apply_change

    def slowly(*about: object):
        begun.set()
        assert go_on.wait(20)
        return real(*about)  # pyright: ignore[reportArgumentType]

    monkeypatch.setattr(changes, "apply_change", slowly)
    change = {"version": version(client, dataset), "pictures": ["a.png"], "caption": "new, precious"}
    writer = threading.Thread(target=lambda: client.patch(place, json=change))
    writer.start()
    assert begun.wait(20)
    seen = client.get(place).json()
    assert seen["pictures"][0]["caption"] == "old"
    go_on.set()
    writer.join()
    late = {"version": seen["version"], "pictures": ["a.png"], "caption": "old, late"}
    assert client.patch(place, json=late).json()["code"] == "outdated"
    assert picture(client, dataset)["caption"] == "new, precious"


def test_very_long_tags_are_refused_or_kept_whole(client: TestClient) -> None:
    dataset = make(client, a="x")["id"]
    place = f"/api/datasets/{dataset}"
    long = "long " * 2000
    edit = {"version": version(client, dataset), "operations": [{"kind": "add", "tags": [long]}]}
    assert client.post(f"{place}/tags/edit", json=edit).status_code == 422
    change = {"version": version(client, dataset), "pictures": ["a.png"], "caption": long}
    assert client.patch(f"{place}/pictures", json=change).status_code == 200
    assert picture(client, dataset)["caption"] == long.strip()
    assert client.get(f"{place}/tags").status_code == 200
    send(client, dataset, [("files", ("b.png", png(71))), ("files", ("b.txt", b"y" * 10_000))])
    assert picture(client, dataset, "b.png")["caption"] == "y" * 10_000


def test_the_thousand_and_first_picture_is_refused(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    from danlu.studio import uploading

    monkeypatch.setattr(uploading, "MOST_PICTURES", 3)
    dataset = make(client)["id"]
    files = [("files", ("d.png", png(72)))]
    answer = client.post(f"/api/datasets/{dataset}/pictures", files=files)
    assert answer.status_code == 413 and "it has 3, and more than 0" in answer.json()["text"]["en"]
    assert client.get(f"/api/datasets/{dataset}").json()["pictures"] == 3


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("'{root}/datasets/0f/Mei-2/a b.png' is damaged", "'a b.png' is damaged"),
        ("'{root}/datasets/0f/Mei' has no picture 'x'", "'Mei' has no picture 'x'"),
        ("'{root}/uploads/ab12/0/b.zip' is refused: no.", "'b.zip' is refused: no."),
        ("“{root}/datasets/0f/宁-光/子/图.png”已损坏", "“子/图.png”已损坏"),
        ("{root}/runs/mei-1/journal.jsonl", "mei-1/journal.jsonl"),
        ("see {root}", "see studio"),
    ],
)
def test_sentences_name_no_place_of_the_server(tmp_path: Path, said: str, told: str) -> None:
    folder = StudioFolder(tmp_path / "studio")
    sentence = said.format(root=folder.root)
    assert without_places(folder, Text(sentence, sentence)).zh == told


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_name_buttons_as_the_web_app_does(tmp_path: Path, language: Language) -> None:
    keys = {"tag": "batch.tag", "crop": "batch.crop", "resume": "run.resume", "evaluate": "judge.do"}
    keys |= {"dataset check": "dataset.tabHealth", "dataset undo": "dataset.undo"}
    assert {command: getattr(name, language) for command, name in BUTTONS.items()} == {
        command: word(language, key) for command, key in keys.items()
    }
    sentence = "write it with `danlu tag --existing replace`, or `danlu unheard-of`."
    told = for_browser(StudioFolder(tmp_path), Text(sentence, sentence))
    assert word(language, "batch.tag") in getattr(told, language)
    assert "`danlu unheard-of`" in told.en and "`danlu tag" not in told.en + told.zh


def test_what_the_model_will_see(client: TestClient) -> None:
    dataset = make(client, a="ng, smile", b="ng")["id"]
    order = {"dataset_id": dataset, "picture": "a.png", "count": 3}
    seen = client.post("/api/recipes/seen", json=order).json()
    assert len(seen["captions"]) == 3 and seen["captions"][0]["portions"] and seen["bucket"][0] % 8 == 0
    assert seen["pixels"][0].startswith("data:image/png;base64,")


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


def test_tags_are_found_by_their_chinese_meaning(client: TestClient) -> None:
    found = client.get("/api/tags", params={"find": "蓝色"}).json()
    assert {"tag": "blue hair", "zh": "蓝色头发"} in found
    dataset = make(client, a="blue hair, unheard of")["id"]
    table = client.get(f"/api/datasets/{dataset}/tags").json()["tags"]
    assert {one["tag"]: one["zh"] for one in table} == {"blue hair": "蓝色头发", "unheard of": None}
