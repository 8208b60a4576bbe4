"""Recipes over the API: every setting goes there and back, as values, as a file, from kohya, from an earlier run."""

import json
import os
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from danlu.jobs.worker import Worker
from danlu.store.folder import StudioFolder
from danlu.studio.app import make_app
from studio_client import make

BASE = "danlu-mini"
CHOSEN: dict[str, Any] = {
    "name": "其他 名称",
    "base.vae": None,
    "base.clip_skip": 2,
    "dataset.buckets.smallest": 64,
    "dataset.buckets.largest": 192,
    "dataset.buckets.step": 64,
    "adapter.start_from": None,
    "adapter.unit": 8,
    "adapter.rank": 16,
    "adapter.conv_rank": 4,
    "adapter.ranks": {"*_to_k": 4},
    "dataset.regularization": None,
    "dataset.masks.folder": None,
    "dataset.captions.tag_warmup": "3 steps",
    "dataset.captions.keep_separator": "|||",
    "dataset.captions.group_separator": ";;",
    "schedule.warmup": "7%",
    "schedule.decay": "4 steps",
    "training.device": "cpu",
    "previews.size": "128x192",
}
"""Settings whose schema alone doesn't tell what may stand there."""
NEED_OTHERS = {
    *("base.path", "dataset.path", "adapter.text_encoder", "dataset.captions.tag_warmup_start", "dataset.masks.source"),
    *("schedule.cycles", "schedule.power", "schedule.timescale", "schedule.decay"),
    *("objective.noise_offset_random", "objective.input_perturbation_random", "objective.multires_discount"),
    *("objective.huber_schedule", "objective.huber_width", "objective.huber_scale"),
    *("objective.zero_terminal_snr", "objective.prior_weight", "objective.preservation"),
    *("validation.every", "validation.seed"),
}
"""Settings that have no effect, or can't be changed, while all others are as in the draft: the answer says so."""


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A studio whose worker doesn't begin, so that jobs only wait."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Worker, "start", lambda _: None)
        app = make_app(StudioFolder(tmp_path_factory.mktemp("studio")))
        yield TestClient(app, base_url="http://127.0.0.1:8288")


@pytest.fixture(scope="module")
def dataset(client: TestClient) -> str:
    return make(client, a="zq, a", b="zq, b")["id"]


def draft(client: TestClient, dataset: str, base: str = BASE, theme: str = "standard") -> dict[str, Any]:
    answer = client.post("/api/recipes/draft", json={"dataset_id": dataset, "base": base, "theme": theme})
    assert answer.status_code == 200, answer.text
    return answer.json()["recipe"]


def another(setting: dict[str, Any]) -> Any:
    """A value that isn't the default."""
    if setting["key"] in CHOSEN:
        return CHOSEN[setting["key"]]
    default = setting["default"]
    for schema in setting["schema"].get("anyOf", [setting["schema"]]):
        options = [one for one in schema.get("enum", []) if one != default]
        if options:
            return options[-1]
        match schema.get("type"):
            case "boolean":
                return not default
            case "integer" | "number" as kind:
                least = schema.get("minimum", schema.get("exclusiveMinimum", 0))
                most = schema.get("maximum", schema.get("exclusiveMaximum", least + 8))
                middle = least + (most - least) / 4
                return max(1, round(middle)) if kind == "integer" else middle
            case "array":
                return ["*_to_k", "*_to_q"]
            case "object":
                return {"*": 2}
            case _:
                return "2 epochs" if schema.get("format") == "length" else "zq x"
    raise AssertionError(setting)


def settings_of(client: TestClient) -> Iterator[tuple[str, str | None, dict[str, Any]]]:
    """Every setting with its table and its kind."""
    for section in client.get("/api/recipe/schema").json()["sections"]:
        yield from ((section["key"], None, one) for one in section["settings"])
        yield from ((section["key"], kind["kind"], one) for kind in section["kinds"] for one in kind["settings"])


def table_of(recipe: dict[str, Any], section: str) -> dict[str, Any]:
    for name in section.split(".") if section else []:
        recipe = recipe[name]
    return recipe


def test_every_setting_goes_there_and_back(client: TestClient, dataset: str) -> None:
    keys = {one["key"] for _, _, one in settings_of(client)}
    assert {"schedule.kind", "name", "adapter.conv_rank", "dataset.captions.keep_tokens"} <= keys
    first, came_back, seen = draft(client, dataset), set[str](), set[str]()
    for section, kind, setting in settings_of(client):
        looks = json.dumps([setting["key"], setting["schema"], setting["default"]])
        if setting["schema"].get("format") in ("base", "dataset") or looks in seen:
            continue
        seen.add(looks)
        recipe = deepcopy(first)
        table = table_of(recipe, section)
        if kind is not None:
            table.clear()
            table["kind"] = kind
        table[setting["title"]] = another(setting)
        answer = client.post("/api/recipes/plan", json={"dataset_id": dataset, "recipe": recipe})
        said = answer.json()
        if answer.status_code == 422:  # it contradicts the other choices: the page must know where to say so
            assert said["field"] in keys, (setting["key"], said)
            continue
        read = client.post("/api/recipes/read", json={"dataset_id": dataset, "toml": said["toml"]}).json()["recipe"]
        assert table_of(read, section)[setting["title"]] == table[setting["title"]], setting["key"]
        came_back.add(setting["key"])
    assert keys - came_back == NEED_OTHERS


def test_sections_have_a_title_in_both_languages(client: TestClient) -> None:
    for section in client.get("/api/recipe/schema").json()["sections"]:
        assert section["title"]["zh"] != section["key"] and section["help"]["zh"], section["key"]


def test_a_mistake_in_a_file_is_told_with_its_place(client: TestClient, dataset: str) -> None:
    def field(toml: str) -> tuple[str | None, str]:
        answer = client.post("/api/recipes/read", json={"dataset_id": dataset, "toml": toml})
        assert answer.status_code == 422
        return answer.json()["field"], answer.json()["text"]["en"]

    assert field("[optimizer]\nlr = \n") == ("toml", field("[optimizer]\nlr = \n")[1])
    assert "line 2" in field("[optimizer]\nlr = \n")[1]
    assert field("[optimizer]\nlrr = 1\n")[0] == "optimizer.lrr"
    assert field("[schedule]\ncycles = 5\n")[0] == "schedule.cycles"
    assert field('[optimizer]\nkind = "prodigy"\ntext_encoder_lr = 0.1\n')[0] == "optimizer.text_encoder_lr"
    assert field('[base]\npath = "/etc/passwd"\n')[0] == "base.path"
    assert field('[base]\nvae = "/etc"\n')[0] == "base.vae"


KOHYA: dict[str, Any] = {
    "pretrained_model_name_or_path": "D:\\models\\anything-v5.safetensors",
    "vae": "D:\\vae.pt",
    "reg_data_dir": "/home/me/reg",
    "max_train_epochs": 3,
    "network_dim": 16,
    "network_alpha": 8,
    "unet_lr": 2e-4,
    "optimizer": "AdamW",
    "colour_of_the_sky": "blue",
}


def test_settings_of_kohya_fill_a_recipe(client: TestClient, dataset: str, tmp_path: Path) -> None:
    def took(text: str, status: int = 200) -> dict[str, Any]:
        order = {"dataset_id": dataset, "base": BASE, "text": text}
        answer = client.post("/api/recipes/import", json=order)
        assert answer.status_code == status, answer.text
        return answer.json()

    secret = tmp_path / "secret.txt"
    secret.write_text("a secret prompt")
    config = tmp_path / "config.toml"
    config.write_text("[[datasets]]\nbatch_size = 7\n")
    places = {"train_data_dir": str(tmp_path), "sample_prompts": str(secret), "dataset_config": str(config)}
    made = took(json.dumps(KOHYA | places))
    recipe, fates = made["recipe"], {one["key"]: one for one in made["fates"]}
    assert (recipe["adapter"]["rank"], recipe["adapter"]["alpha"], recipe["training"]["length"]) == (16, 8, "3 epochs")
    assert recipe["base"]["path"] == BASE and recipe["base"]["vae"] is None
    assert recipe["dataset"]["regularization"] is None
    assert fates["network_dim"]["place"] == "adapter.rank" and fates["colour_of_the_sky"]["reason"]["zh"]
    for key in ("pretrained_model_name_or_path", "vae", "reg_data_dir", "train_data_dir", "sample_prompts"):
        assert fates[key]["place"] is None and fates[key]["reason"]["en"], key
    assert "secret prompt" not in json.dumps(made) and recipe["training"]["batch_size"] != 7
    assert client.post("/api/recipes/plan", json={"dataset_id": dataset, "recipe": recipe}).status_code == 200
    toml = took('[training]\nnetwork_dim = 4\noptimizer_type = "Prodigy"\nlearning_rate = 1.0\n')["recipe"]
    assert (toml["adapter"]["rank"], toml["optimizer"]["kind"]) == (4, "prodigy")
    pair = {"dataset_id": dataset, "base": BASE, "text": "network_dim = 4", "further": ["[[datasets]]\nbatch_size = 5"]}
    assert client.post("/api/recipes/import", json=pair).json()["recipe"]["training"]["batch_size"] == 5
    named = took(json.dumps(KOHYA | {"pretrained_model_name_or_path": f"/models/{BASE}"}))
    assert next(one for one in named["fates"] if one["place"] == "base.path")
    for wrong in ("{", "[1", "network_dim = ", '{"colour": "blue"}', "{" * 5000):
        assert took(wrong, 422)["text"]["zh"]


def test_a_run_is_trained_again_as_it_was(client: TestClient, dataset: str) -> None:
    recipe = draft(client, dataset)
    recipe["adapter"]["rank"] = 5
    job = client.post("/api/jobs", json={"kind": "train", "dataset_id": dataset, "recipe": recipe}).json()
    place = f"/api/runs/{job['run_id']}/recipe"
    again = client.get(place).json()
    assert again["recipe"] == {**recipe, "dataset": again["recipe"]["dataset"]} and not again["dataset_changed"]
    version = client.get(f"/api/datasets/{dataset}").json()["version"]
    change = {"version": version, "pictures": ["a.png"], "caption": "zq, changed"}
    assert client.patch(f"/api/datasets/{dataset}/pictures", json=change).status_code == 200
    assert client.get(place).json()["dataset_changed"]
    client.post(f"/api/jobs/{job['id']}/cancel")


def full_size(path: Path) -> Path:
    """A checkpoint of Stable Diffusion 1.5 with the names and shapes of the real one; the weights are a hole."""
    from accelerate import init_empty_weights
    from diffusers import AutoencoderKL, UNet2DConditionModel
    from transformers import CLIPTextConfig, CLIPTextModel

    from danlu.weights.writing import original_tensors

    sides = ("CrossAttnDownBlock2D",) * 3 + ("DownBlock2D",)
    autoencoder: Any = AutoencoderKL  # its annotations take tuples of one
    with init_empty_weights():
        modules: dict[str, Any] = {
            "unet": UNet2DConditionModel(sample_size=64, cross_attention_dim=768, down_block_types=sides),
            "vae": autoencoder(
                block_out_channels=(128, 256, 512, 512),
                layers_per_block=2,
                down_block_types=("DownEncoderBlock2D",) * 4,
                up_block_types=("UpDecoderBlock2D",) * 4,
                latent_channels=4,
            ),
            "text_encoder": CLIPTextModel(CLIPTextConfig(hidden_size=768, intermediate_size=3072)),
        }
    configs: dict[str, Any] = {"text_encoder": modules["text_encoder"].config.to_dict()}
    tensors = original_tensors(
        {name: (configs.get(name) or dict(one.config), one.state_dict()) for name, one in modules.items()}
    )
    header: dict[str, Any] = {}
    end = 0
    for name, tensor in tensors.items():
        begin, end = end, end + tensor.numel() * 2
        header[name] = {"dtype": "F16", "shape": [*tensor.shape], "data_offsets": [begin, end]}
    written = json.dumps(header).encode()
    with path.open("wb") as file:
        file.write(len(written).to_bytes(8, "little") + written)
        file.truncate(8 + len(written) + end)
    return path


def test_themes_suit_a_full_size_base(client: TestClient, dataset: str, tmp_path: Path) -> None:
    file = full_size(tmp_path / "anything-v5.safetensors")
    if hasattr(os.stat_result, "st_blocks") and file.stat().st_blocks * 512 > 2**26:
        pytest.skip("this file system keeps holes as zeros")
    client.put("/api/settings", json={"base_folders": [str(tmp_path)], "tagger_folders": []})
    base = next(one for one in client.get("/api/bases").json()["bases"] if one["name"] == "anything-v5")
    assert (base["family"], base["native_px"]) == ("sd15", 512) and base["size_bytes"] > 2e9
    plans: dict[str, dict[str, Any]] = {}
    for theme in ("anime", "real", "2.5d", "standard"):
        recipe = draft(client, dataset, base["id"], theme)
        assert recipe["base"]["path"] == base["id"]
        plans[theme] = client.post("/api/recipes/plan", json={"dataset_id": dataset, "recipe": recipe}).json()
    assert plans["real"]["images_per_epoch"] == 2 * 20 and plans["anime"]["images_per_epoch"] == 2 * 8
    assert plans["real"]["file_bytes"] > 3 * plans["anime"]["file_bytes"] > 5e7
    assert plans["anime"]["arithmetic"]["zh"] and plans["anime"]["total_steps"] == 2 * 8 * 10
    refused = client.post("/api/recipes/draft", json={"dataset_id": dataset, "base": base["id"], "theme": "../x"})
    assert refused.status_code == 422
