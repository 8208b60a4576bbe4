"""Files of other programs, tabs and bases are named; kohya's own in other shapes are read."""

import json
from pathlib import Path
from typing import Any

import pytest

from danlu.interop.kohya.incoming.recipes import import_kohya
from danlu.kit.errors import UserError

ONE_TRAINER = {"training_method": "LORA", "learning_rate": 3e-4, "optimizer": {"optimizer": "ADAMW"}, "epochs": 5}
AI_TOOLKIT = "job: extension\nconfig:\n  name: x\n  process:\n    - type: sd_trainer\n"
FOREIGN: list[tuple[str, str | dict[str, Any], str]] = [
    ("a.json", ONE_TRAINER, "OneTrainer"),
    ("a.json", {"--lora_rank": 16, "--model_family": "sdxl", "--learning_rate": 1e-4}, "SimpleTuner"),
    ("a.json", {"model_family": "sdxl", "model_type": "lora", "lora_rank": 16, "learning_rate": 1}, "SimpleTuner"),
    ("a.yaml", AI_TOOLKIT, "ai-toolkit"),
    ("a.json", {"job": "extension", "config": {"name": "x", "process": []}}, "ai-toolkit"),
    ("a.json", {"img/1.png": {"caption": "a", "train_resolution": [512, 512]}}, "metadata file"),
    ("a.toml", '[[prompts]]\ntarget = "x"\naction = "erase"\n', "LECO"),
    ("a.yaml", '- target: "x"\n  action: "erase"\n', "LECO"),
    ("a.toml", 'dit = "wan.safetensors"\nnetwork_module = "networks.lora_wan"\n', "Musubi"),
    ("a.json", {"LoRA_type": "Flux1", "flux1_checkbox": True, "learning_rate": 1}, "trains Flux"),
    ("a.json", {"model_list": "custom", "sd3_checkbox": True, "learning_rate": 1}, "trains Stable Diffusion 3"),
    ("a.toml", 'network_module = "networks.lora_flux"\nlearning_rate = 1\n', "trains Flux"),
    ("a.toml", 'clip_l = "x"\nt5xxl = "y"\nlearning_rate = 1\n', "trains Flux"),
    ("a.json", {"token_string": "zq", "init_word": "girl", "learning_rate": 1e-4}, "Textual Inversion"),
    ("a.toml", 'a = 1\nb = "x"\n', "isn't a settings file of kohya"),
    ("a.toml", '[dataset]\npath = "x"\n', "recipe of Danlu"),
    ("a.sh", "accelerate launch train_network.py --network_dim 8\n", "command line"),
]


@pytest.mark.parametrize(("name", "content", "said"), FOREIGN)
def test_what_it_is_is_said(tmp_path: Path, name: str, content: str | dict[str, Any], said: str) -> None:
    path = tmp_path / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    with pytest.raises(UserError) as caught:
        import_kohya(path, dataset=tmp_path)
    assert said in caught.value.text.en and str(path) in caught.value.text.zh


def test_settings_of_lora_easy_training_scripts(tmp_path: Path) -> None:
    path = tmp_path / "easy.toml"
    path.write_text(
        "[[subsets]]\nimage_dir = '/d/5_hero'\nnum_repeats = 5\nkeep_tokens = 2\nshuffle_caption = true\n"
        "[general_args.args]\nmax_train_epochs = 8\n[general_args.dataset_args]\nresolution = 768\nbatch_size = 3\n"
        "[network_args.args]\nnetwork_dim = 16\nnetwork_alpha = 8.0\n"
        "[network_args.args.network_args]\nalgo = 'locon'\nconv_dim = 4\nconv_alpha = 2.0\n"
        "[optimizer_args.args]\noptimizer_type = 'LoraEasyCustomOptimizer.came.CAME'\nlearning_rate = 2e-4\n"
        "[optimizer_args.args.optimizer_args]\nweight_decay = '0.05'\nbetas = '0.9,0.98,0.999'\n",
        "utf-8",
    )
    recipe = import_kohya(path).recipe.model_dump(mode="json")
    dataset, adapter, optimizer = recipe["dataset"], recipe["adapter"], recipe["optimizer"]
    assert (dataset["path"], dataset["repeats"], dataset["captions"]["keep_tokens"]) == ("/d/5_hero", 5, 2)
    assert (dataset["buckets"]["resolution"], recipe["training"]["batch_size"]) == (768, 3)
    assert (adapter["kind"], adapter["conv_rank"], adapter["conv_alpha"]) == ("locon", 4, 2)
    assert (optimizer["kind"], optimizer["weight_decay"], optimizer["beta3"]) == ("came", 0.05, 0.999)


PAIR = "[[datasets]]\n[[datasets.subsets]]\nimage_dir = '/d/10_hero'\nnum_repeats = 10\n[general]\nresolution = 640\n"


@pytest.mark.parametrize("beside", [True, False])
def test_a_pair_of_files_is_read_together(tmp_path: Path, beside: bool) -> None:
    (tmp_path / "training_config.toml").write_text("network_dim = 16\nmax_train_epochs = 5\n")
    config = tmp_path / ("dataset_config.toml" if beside else "data.toml")
    config.write_text(PAIR)
    files = [tmp_path / "training_config.toml", *([] if beside else [config])]
    recipe = import_kohya(*files, dataset=tmp_path if beside else None).recipe
    assert (recipe.dataset.repeats, recipe.dataset.buckets.resolution) == (10, 640)
    assert recipe.dataset.path == (str(tmp_path) if beside else "/d/10_hero")
    assert recipe.model_dump()["adapter"]["rank"] == 16


def test_one_folder_in_several_sizes_is_trained_in_the_largest(tmp_path: Path) -> None:
    sizes = "".join(
        f"[[datasets]]\nresolution = {size}\n[[datasets.subsets]]\nimage_dir = '/d/a'\n" for size in (512, 1024, 768)
    )
    (tmp_path / "d.toml").write_text(sizes)
    found = import_kohya(tmp_path / "d.toml")
    assert (found.recipe.dataset.path, found.recipe.dataset.buckets.resolution) == ("/d/a", 1024)
    assert [fate.value for fate in found.dropped if fate.key == "resolution"] == [512, 768]


def test_folders_without_one_above_them_want_one(tmp_path: Path) -> None:
    (tmp_path / "d.toml").write_text(
        "[[datasets]]\n[[datasets.subsets]]\nimage_dir = 'a'\n[[datasets.subsets]]\nimage_dir = '/d/b'\n"
    )
    with pytest.raises(UserError, match="no folder in common"):
        import_kohya(tmp_path / "d.toml")
    assert import_kohya(tmp_path / "d.toml", dataset=tmp_path).recipe.dataset.path == str(tmp_path)


LINES = "a --n bad --w 130 --h 200 --ss heun\n# no\nb --w 512 --h 768 --am 1\n"


@pytest.mark.parametrize("kind", ["txt", "text", "toml", "json"])
def test_prompts_in_every_shape(tmp_path: Path, kind: str) -> None:
    file = tmp_path / f"p.{kind}"
    file.write_text(
        {
            "toml": "[prompt]\nsample_sampler = 'heun'\n[[prompt.subset]]\nprompt = 'a'\nnegative_prompt = 'bad'\n"
            "width = 130\nheight = 200\n[[prompt.subset]]\nprompt = 'b'\nwidth = 512\nheight = 768\nother = 1\n",
            "json": json.dumps(["a --n bad --w 130 --h 200 --ss heun", {"prompt": "b", "width": 512, "height": 768}]),
        }.get(kind, LINES)
    )
    elsewhere = f"C:\\somewhere\\{file.name}"  # files that moved together are found
    settings = {"train_data_dir": "x", "sample_prompts": LINES if kind == "text" else elsewhere}
    (tmp_path / "s.json").write_text(json.dumps(settings))
    found = import_kohya(tmp_path / "s.json")
    sampler = " --ss Euler"
    first = ("--n bad", "--w 128", "--h 200", sampler.strip())
    assert all(part in found.recipe.previews.prompts[0] for part in first)
    assert found.recipe.previews.prompts[1].startswith("b --")
    told = {fate.key for fate in found.fates if fate.reason}
    assert {"sample_prompts --w", "sample_prompts --ss"} <= told
    assert kind in ("json", "toml") or "sample_prompts --am" in told
