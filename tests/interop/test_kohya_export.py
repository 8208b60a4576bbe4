"""A recipe as settings of kohya: names and values that its programs know, and what is told instead."""

import ast
import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from danlu.cli.main import run
from danlu.interop.kohya.incoming.recipes import import_kohya
from danlu.interop.kohya.outgoing.files import CONFIG, DATASET, GUI, PROMPTS, export_kohya, write_exported
from danlu.kit.errors import UserError
from danlu.kit.variants import kinds_of
from danlu.optimizers.base import Optimizer
from danlu.recipe import merge, parse_recipe
from tiny_families import FAMILIES, make_pipeline

FACTS: dict[str, Any] = tomllib.loads(Path(__file__).with_name("kohya_facts.toml").read_text("utf-8"))


def names(of: str) -> set[str]:
    return set(FACTS[of].split())


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("数 据")
    for concept in ("6_女孩", "reg/1_girl"):
        (folder / concept).mkdir(parents=True)
        Image.new("RGB", (64, 96)).save(folder / concept / "a.png")
    (folder / "6_女孩" / "a.txt").write_text("zq, smile", "utf-8")
    return folder


def exported(dataset: Path, out: Path, *changes: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any], set[str]]:
    """config.toml, dataset_config.toml, and the places that were told."""
    recipe = parse_recipe(merge({"dataset": {"path": str(dataset)}}, *changes), "a recipe")
    found = export_kohya(recipe, out)
    assert json.loads(found.files[GUI]).keys() - {"resolution"} <= names("gui") | names("general")
    config, folders = (tomllib.loads(found.files[name]) for name in (CONFIG, DATASET))
    assert config.keys() <= names("arguments")
    assert folders["general"].keys() <= names("general")
    assert all(subset.keys() <= names("subset") for subset in folders["datasets"][0]["subsets"])
    given = {argument.partition("=")[0] for argument in config.get("network_args", [])}
    assert given <= set(FACTS["network_args"][config["network_module"]].split())
    assert all(one.reason.en and one.reason.zh for one in found.untold)
    return config, folders, {one.place for one in found.untold}


def test_ranks_and_rates_of_a_block_are_written_by_block(dataset: Path, tmp_path: Path) -> None:
    """SD1.5 has 25 blocks in `block_dims`, the middle one is the 13th; weights of rates have 12 on each side. (The
    embedded base has one layer in each of its down blocks, where SD1.5 has two.)
    """
    changes = {
        "adapter": {"kind": "lora", "rank": 8, "alpha": 4, "ranks": {"lora_unet_mid_block_*": 4}},
        "optimizer": {"kind": "adamw", "lora_plus": 4, "rate_factors": {"lora_unet_down_blocks_0_*": 0.5}},
    }
    config, _, told = exported(dataset, tmp_path, changes)
    arguments = dict(one.split("=") for one in config["network_args"])
    assert arguments["block_dims"].split(",") == ["8"] * 12 + ["4"] + ["8"] * 12
    assert arguments["block_alphas"].split(",") == ["4"] * 12 + ["2"] + ["4"] * 12
    assert arguments["down_lr_weight"].split(",") == ["1", "0.5", *["1"] * 10]
    assert arguments["loraplus_lr_ratio"] == "4.0"
    assert not told & {"adapter.ranks", "optimizer.rate_factors", "optimizer.lora_plus"}


def test_a_typical_recipe(dataset: Path, tmp_path: Path) -> None:
    changes = {
        "name": "zq",
        "adapter": {"kind": "lora", "rank": 32},
        "optimizer": {"kind": "adamw8bit", "text_encoder_lr": 5e-5},
        "schedule": {"kind": "cosine_with_restarts", "warmup": "10%"},
        "training": {"length": "8 epochs", "batch_size": 2, "precision": "fp16"},
        "objective": {"min_snr_gamma": None},
        "previews": {"prompts": ["zq, smile", "zq"], "negative": "bad", "size": "512x768", "sampler": "Euler a"},
    }
    config, folders, told = exported(dataset, tmp_path, changes)
    assert (config["network_module"], config["network_dim"], config["network_alpha"]) == ("networks.lora", 32, 32.0)
    assert (config["unet_lr"], config["text_encoder_lr"], config["optimizer_type"]) == (1e-4, 5e-5, "AdamW8bit")
    assert config["optimizer_args"] == ["betas=0.9,0.99", "weight_decay=0.01", "eps=1e-08"]
    assert (config["lr_scheduler"], config["lr_scheduler_num_cycles"]) == ("cosine_with_restarts", 3)
    assert (config["lr_warmup_steps"], config["max_train_epochs"], config["train_batch_size"]) == (0.1, 8, 2)
    assert (config["mixed_precision"], config["save_precision"], config["seed"]) == ("fp16", "fp16", 42)
    assert (config["max_grad_norm"], config["prior_loss_weight"], config["sample_sampler"]) == (1.0, 1.0, "euler_a")
    assert "min_snr_gamma" not in config  # kohya's own default
    assert "network_args" not in config
    general = folders["general"]
    assert (general["resolution"], general["enable_bucket"], general["keep_tokens"]) == (128, True, 1)
    girl, regularization = folders["datasets"][0]["subsets"]
    path = (dataset / "6_女孩").as_posix()
    assert girl == {"image_dir": path, "num_repeats": 6, "caption_extension": ".txt"}
    assert (regularization["is_reg"], regularization["class_tokens"], regularization["num_repeats"]) == (
        True,
        "girl",
        1,
    )
    prompts = export_kohya(
        parse_recipe(merge({"dataset": {"path": str(dataset)}}, changes), "a recipe"), tmp_path
    ).files[PROMPTS]
    assert prompts.splitlines()[1] == "zq --n bad --w 512 --h 768 --d 2 --s 20 --l 6"
    assert told == {"base.path", "training.max_skipped"}


@pytest.mark.parametrize(
    ("adapter", "module", "arguments"),
    [
        ({"kind": "lora", "targets": "attention"}, "lycoris.kohya", ["algo=lora", "preset=attn-only"]),
        ({"kind": "lora", "module_dropout": 0.1}, "networks.lora", ["module_dropout=0.1"]),
        ({"kind": "locon"}, "networks.lora", ["conv_dim=8", "conv_alpha=8.0"]),
        ({"kind": "locon", "conv_rank": 4, "alpha": 4}, "networks.lora", ["conv_dim=4", "conv_alpha=2.0"]),
        (
            {"kind": "lora", "dora": True},
            "lycoris.kohya",
            ["algo=lora", "preset=attn-mlp", "wd_on_output=False", "dora_wd=True"],
        ),
        ({"kind": "loha"}, "lycoris.kohya", ["algo=loha", "preset=attn-mlp"]),
        ({"kind": "lokr", "factor": None}, "lycoris.kohya", ["algo=lokr", "preset=attn-mlp", "factor=-1"]),
        ({"kind": "ia3"}, "lycoris.kohya", ["algo=ia3", "preset=ia3"]),
        ({"kind": "oft", "rescale": True}, "lycoris.kohya", ["algo=diag-oft", "preset=attn-mlp", "rescaled=True"]),
        ({"kind": "dylora"}, "networks.dylora", ["unit=4"]),
        (
            {"kind": "dylora", "norms": True},
            "lycoris.kohya",
            ["algo=dylora", "preset=attn-mlp", "block_size=4", "train_norm=True"],
        ),
    ],
)
def test_kinds_of_adapters(
    dataset: Path, tmp_path: Path, adapter: dict[str, Any], module: str, arguments: list[str]
) -> None:
    config, _, told = exported(dataset, tmp_path, {"adapter": adapter})
    assert config["network_module"] == module
    assert config.get("network_args", []) == arguments
    assert config.get("network_dim") == (None if adapter["kind"] == "ia3" else 8)
    assert not {place for place in told if place.startswith("adapter.")}


def test_norms_alone_are_refused(dataset: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="neither sd-scripts nor LyCORIS trains norms alone"):
        exported(dataset, tmp_path, {"adapter": {"kind": "norm"}})


def test_full_fine_tuning_says_that_norms_are_trained(dataset: Path, tmp_path: Path) -> None:
    config, _, told = exported(dataset, tmp_path, {"adapter": {"kind": "full"}})
    assert config["network_module"] == "lycoris.kohya"
    assert config["network_args"] == ["algo=full", "preset=full", "train_norm=True"]
    assert "adapter.checkpoint" not in told


def test_what_an_adapter_has_and_kohya_has_not_is_told(dataset: Path, tmp_path: Path) -> None:
    adapter = {"kind": "dylora", "ranks": {"*_mid_*": 4}, "dropout": 0.1, "rs_lora": True, "exclude": ["*_to_q"]}
    _, _, told = exported(dataset, tmp_path, {"adapter": adapter, "objective": {"preservation": 1.0}})
    assert {"adapter.ranks", "adapter.dropout", "adapter.rs_lora", "adapter.exclude", "objective.preservation"} <= told


@pytest.mark.parametrize("kind", sorted(kinds_of(Optimizer)))
def test_arguments_of_optimizers_are_literals_and_all_said(dataset: Path, tmp_path: Path, kind: str) -> None:
    schedule = {"kind": "constant", "warmup": "0 steps"}
    config, _, told = exported(dataset, tmp_path, {"optimizer": {"kind": kind}, "schedule": schedule})
    given = {
        name: ast.literal_eval(value) for name, _, value in (one.partition("=") for one in config["optimizer_args"])
    }
    assert given["weight_decay"] == kinds_of(Optimizer)[kind].model_fields["weight_decay"].default
    assert config["lr_scheduler"] == "constant"
    assert "lr_warmup_steps" not in config  # kohya refuses a constant rate with a warm-up
    assert not {place for place in told if place.startswith(("optimizer.", "schedule."))}


@pytest.mark.parametrize(
    ("schedule", "name", "told"),
    [
        ({"kind": "constant"}, "constant_with_warmup", set()),
        ({"kind": "cosine", "floor": 0.1}, "cosine_with_min_lr", set()),
        ({"kind": "linear", "floor": 0.1}, "linear", {"schedule.floor"}),
        ({"kind": "warmup_stable_decay", "decay": "50 steps"}, "warmup_stable_decay", set()),
    ],
)
def test_schedules(dataset: Path, tmp_path: Path, schedule: dict[str, Any], name: str, told: set[str]) -> None:
    config, _, found = exported(dataset, tmp_path, {"schedule": schedule})
    assert (config["lr_scheduler"], config["lr_warmup_steps"]) == (name, 0.05)
    assert config.get("lr_decay_steps") == (50 if "decay" in schedule else None)
    assert {place for place in found if place.startswith("schedule.")} == told


@pytest.mark.parametrize("family", FAMILIES)
def test_what_kohya_must_be_told_of_a_base(dataset: Path, tmp_path: Path, family: str) -> None:
    base = tmp_path / "base"
    make_pipeline(family).save_pretrained(base)
    recipe = {
        "base": {"path": str(base), "prediction": "v_prediction"},
        "dataset": {"buckets": {"resolution": 64, "step": 8}},
    }
    config, _, told = exported(dataset, tmp_path, recipe)
    assert config["pretrained_model_name_or_path"] == base.as_posix()
    assert config["v_parameterization"] is True
    assert config.get("v2", False) == (family == "sd2")
    assert config.get("no_half_vae", False) == (family == "sdxl")
    assert "clip_skip" not in config
    assert "base.path" not in told
    found = export_kohya(parse_recipe(merge(recipe, {"dataset": {"path": str(dataset)}}), "a recipe"), tmp_path)
    assert found.script == ("sdxl_train_network.py" if family == "sdxl" else "train_network.py")
    assert json.loads(found.files[GUI])["sdxl"] == (family == "sdxl")
    write_exported(found, tmp_path / "out")
    assert import_kohya(tmp_path / "out" / CONFIG).recipe.base.told_prediction == "v_prediction"


def test_the_command(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    recipe = tmp_path / "run" / "recipe.toml"
    recipe.parent.mkdir()
    recipe.write_text(f"[dataset]\npath = '{dataset.as_posix()}'\n", "utf-8")
    assert run(["export", "kohya", "run", "-o", "出"]) == 0
    assert "training.max_skipped = 20" in capsys.readouterr().out
    before = (tmp_path / "出" / CONFIG).read_bytes()
    assert run(["export", "kohya", "run/recipe.toml", "-o", "出", "--set", "name=other"]) == 2
    assert "is there already" in capsys.readouterr().err
    assert (tmp_path / "出" / CONFIG).read_bytes() == before
    assert run(["export", "kohya", "run", "-o", "出", "--overwrite", "--json", "--lang", "zh"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [Path(name).name for name in told["files"]] == [CONFIG, DATASET, GUI, PROMPTS]
    assert run(["export", "kohya", "none.toml"]) == 2
    assert run(["export", "onetrainer", "run"]) == 2
