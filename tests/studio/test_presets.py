"""Presets: settings saved under a name, kept beside the other settings, refused where no recipe could have them."""

from fastapi.testclient import TestClient

from danlu.studio.presets import MOST

CHOSEN = {"optimizer": {"kind": "adamw", "lr": 3e-5}, "training": {"batch_size": 4}}


def put(client: TestClient, name: str, settings: object) -> int:
    return client.put("/api/presets", json={"name": name, "settings": settings}).status_code


def test_presets_are_kept_by_name_beside_other_settings(client: TestClient) -> None:
    assert put(client, "慢炖", CHOSEN) == put(client, "a/b?", {"previews": {"every": "never"}}) == 200
    client.put("/api/settings", json={"base_folders": [], "tagger_folders": []})
    listed = client.get("/api/presets").json()
    assert [one["name"] for one in listed] == ["a/b?", "慢炖"] and listed[1]["settings"] == CHOSEN
    assert put(client, "慢炖", {"dataset": {"path": "/etc"}, **CHOSEN, "training": {}}) == 200
    assert client.get("/api/presets").json()[1]["settings"] == {"optimizer": CHOSEN["optimizer"]}
    assert client.delete("/api/presets", params={"name": "a/b?"}).status_code == 204
    assert client.delete("/api/presets", params={"name": "a/b?"}).status_code == 404
    assert [one["name"] for one in client.get("/api/presets").json()] == ["慢炖"]
    assert client.get("/api/settings").json() == {"base_folders": [], "tagger_folders": []}


def test_what_no_recipe_can_have_is_no_preset(client: TestClient) -> None:
    refused = client.put("/api/presets", json={"name": "a", "settings": {"optimizer": {"lr": -1}}})
    assert refused.status_code == 422 and refused.json()["field"] == "optimizer.lr"
    assert put(client, "a", {"optimiser": {}}) == put(client, "a", {"optimizer": 1}) == put(client, " \n", {}) == 422
    assert client.get("/api/presets").json() == []


def test_presets_are_not_without_end(client: TestClient) -> None:
    assert {put(client, str(number), {}) for number in range(MOST)} == {200}
    assert (put(client, "one more", {}), put(client, "0", CHOSEN)) == (409, 200)
