"""kohya's settings become a recipe, and every setting is accounted for."""

import json
import math
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from danlu.interop.kohya.facts.keys import PLACES
from danlu.interop.kohya.facts.reasons import REASONS
from danlu.interop.kohya.incoming.recipes import Imported, import_kohya, write_imported
from danlu.kit.errors import UserError
from danlu.recipe import load_recipe

GUI: dict[str, Any] = {
    "LoRA_type": "Standard",
    "pretrained_model_name_or_path": "danlu-mini",
    "train_data_dir": "/data/img",
    "output_dir": "/data/out",
    "output_name": "ningguang",
    "epoch": 10,
    "max_train_steps": "",
    "train_batch_size": 2,
    "learning_rate": 0.0001,
    "unet_lr": 0.0002,
    "text_encoder_lr": 5e-05,
    "optimizer": "AdamW",
    "optimizer_args": '"weight_decay=0.1" "betas=0.9,0.95"',
    "lr_scheduler": "cosine_with_restarts",
    "lr_scheduler_num_cycles": "2",
    "lr_warmup": 10,
    "network_dim": 32,
    "network_alpha": 16,
    "network_dropout": 0,
    "max_resolution": "512,768",
    "clip_skip": "2",
    "min_snr_gamma": 5,
    "noise_offset": 0.05,
    "shuffle_caption": True,
    "keep_tokens": "1",
    "mixed_precision": "bf16",
    "save_precision": "float",
    "save_every_n_epochs": 2,
    "xformers": "xformers",
    "cache_latents": True,
    "cache_latents_to_disk": True,
    "seed": "1234",
    "max_grad_norm": 1,
    "sample_prompts": "ningguang, smile --n bad --w 512\n# a remark\nningguang, sad",
    "a_key_of_tomorrow": 7,
    "weighted_captions": False,
}


SPECIAL = (
    "network_args", "optimizer_args", "lr_warmup_steps", "save_every_n_steps", "sample_every_n_epochs", "datasets",
    "conditioning_data_dir", "masked_loss", "alpha_mask", "validation_split", "validate_every_n_steps",
    "validation_seed",
)  # fmt: skip


def imported(tmp_path: Path, values: dict[str, Any]) -> Imported:
    path = tmp_path / "设 置.json"
    path.write_text(json.dumps(values), "utf-8")
    return import_kohya(path)


def test_settings_of_the_gui(tmp_path: Path) -> None:
    recipe = imported(tmp_path, GUI).recipe
    values = recipe.model_dump(mode="json")
    assert values["name"] == "ningguang"
    assert (values["adapter"]["kind"], values["adapter"]["rank"], values["adapter"]["alpha"]) == ("lora", 32, 16)
    optimizer = values["optimizer"]
    assert (optimizer["lr"], optimizer["text_encoder_lr"], optimizer["weight_decay"]) == (2e-4, 5e-5, 0.1)
    assert (optimizer["beta1"], optimizer["beta2"]) == (0.9, 0.95)
    schedule = values["schedule"]
    assert (schedule["kind"], schedule["warmup"], schedule["cycles"]) == ("cosine_with_restarts", "10%", 2)
    assert values["training"]["length"] == "10 epochs"
    assert (values["training"]["batch_size"], values["training"]["seed"]) == (2, 1234)
    assert values["base"]["clip_skip"] == 2
    assert values["dataset"]["buckets"]["resolution"] == 640  # the square of 512 x 768 pixels, in steps of 64
    assert values["checkpoints"] == {"every": "2 epochs", "precision": "fp32"}
    assert values["cache"]["latents"] == "disk"
    assert values["previews"]["prompts"] == ["ningguang, smile --n bad --w 512", "ningguang, sad"]
    assert values["objective"]["noise_offset"] == 0.05


@pytest.mark.parametrize(
    ("given", "length", "dropped"),
    [
        ({"epoch": 8, "max_train_epochs": "", "max_train_steps": 0}, "8 epochs", set()),
        ({"max_train_epochs": "6", "epoch": 8}, "6 epochs", {"epoch"}),
        ({"epoch": 1, "max_train_epochs": 0, "max_train_steps": 1600}, "1600 steps", {"epoch"}),
        ({"max_train_epochs": 10, "max_train_steps": 100}, "10 epochs", {"max_train_steps"}),
        ({"epoch": 3, "max_train_epochs": 4, "max_train_steps": 5}, "4 epochs", {"epoch", "max_train_steps"}),
    ],
)
def test_a_run_is_as_long_as_in_kohya(tmp_path: Path, given: dict[str, Any], length: str, dropped: set[str]) -> None:
    """Epochs override steps (sd-scripts), and steps the `epoch` of the GUI."""
    file = tmp_path / "gui.json"
    file.write_text(json.dumps({"train_data_dir": "/data/img", **given}))
    found = import_kohya(file)
    assert (str(found.recipe.training.length), found.recipe.training.max_steps) == (length, None)
    assert {fate.key for fate in found.dropped} == dropped


def test_every_key_that_was_set_is_accounted_for(tmp_path: Path) -> None:
    found = imported(tmp_path, GUI)
    told = {fate.key for fate in found.fates}
    neutral = {"max_train_steps", "network_dropout", "weighted_captions"}  # empty or off: nothing to carry
    superseded = {"cache_latents_to_disk"}  # told as cache_latents
    renamed = {"optimizer": "optimizer_type", "max_resolution": "resolution"}
    renamed |= {"LoRA_type": "network_module", "optimizer_args": "weight_decay"}
    assert {renamed.get(key, key) for key in GUI.keys() - neutral - superseded} <= told
    reasons = {fate.key: fate.reason for fate in found.dropped}
    assert reasons.keys() == {"output_dir", "xformers", "a_key_of_tomorrow", "learning_rate"}
    assert all(reason is not None and reason.en and reason.zh for reason in reasons.values())


def test_settings_of_sd_scripts_in_sections(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(
        """
        [model]
        pretrained_model_name_or_path = "danlu-mini"
        [training]
        train_data_dir = "pictures"
        max_train_steps = 1600
        lr_scheduler = "constant_with_warmup"
        lr_warmup_steps = 100
        optimizer_type = "Prodigy"
        optimizer_args = ["d_coef=0.8", "use_bias_correction=True"]
        learning_rate = 1.0
        network_train_unet_only = true
        network_module = "networks.lora"
        network_dim = 8
        mixed_precision = "no"
        """,
        "utf-8",
    )
    found = import_kohya(path)
    values = found.recipe.model_dump(mode="json")
    assert values["training"]["length"] == "1600 steps"
    assert (values["training"]["precision"], values["schedule"]["warmup"]) == ("fp32", "100 steps")
    assert (values["optimizer"]["kind"], values["optimizer"]["d_coef"]) == ("prodigy", 0.8)
    assert values["adapter"]["text_encoder"] is False
    unsaid = ["safeguard_warmup"]  # Danlu does otherwise
    assert [fate.key for fate in found.dropped] == [*unsaid, "use_bias_correction"]


def test_a_dataset_config_of_one_folder(tmp_path: Path) -> None:
    path = tmp_path / "dataset.toml"
    path.write_text(
        "[general]\nshuffle_caption = true\n[[datasets]]\nresolution = 512\n[[datasets.subsets]]\n"
        "image_dir = 'girl'\nnum_repeats = 6\nkeep_tokens = 2\n",
        "utf-8",
    )
    dataset = import_kohya(path).recipe.dataset
    assert (dataset.path, dataset.repeats) == ("girl", 6)
    assert (dataset.captions.shuffle, dataset.captions.keep_tokens) == (True, 2)


def test_what_is_written_loads_and_finds_the_pictures_from_anywhere(tmp_path: Path) -> None:
    pictures = tmp_path / "图 片"
    found = imported(tmp_path, {**GUI, "train_data_dir": str(pictures)})
    out = tmp_path / "deep" / "recipe.toml"
    out.parent.mkdir()
    write_imported(found, out)
    assert Path(load_recipe(out).dataset.path).resolve() == pictures.resolve()
    assert str(tmp_path) not in out.read_text("utf-8")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"seed": 1}, "names no train_data_dir"),
        ({}, "isn't a settings file of kohya"),
        ({"train_data_dir": "x", "datasets": 3}, "must be a list of tables"),
    ],
)
def test_nonsense_is_told(tmp_path: Path, values: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError, match=said) as caught:
        imported(tmp_path, values)
    assert caught.value.text.zh


JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 5000),
    st.floats(),
    st.text(max_size=6),
    st.lists(st.integers(), max_size=2),
)


@given(st.dictionaries(st.sampled_from(sorted({*PLACES, *REASONS, *GUI, *SPECIAL})), JUNK, max_size=8))
@example({"sample_every_n_epochs": math.nan, "max_train_steps": math.inf})
@settings(max_examples=150)
def test_whatever_a_file_holds_it_is_imported_or_told(tmp_path_factory: pytest.TempPathFactory, values: Any) -> None:
    path = tmp_path_factory.mktemp("junk") / "a.json"
    path.write_text(json.dumps({"train_data_dir": "x", **values}), "utf-8")
    try:
        import_kohya(path)
    except UserError as error:  # about the file as a whole: no single value costs it
        if not re.search("names no train_data_dir|must be a list|trains |isn't a settings file", error.text.en):
            raise


@pytest.mark.parametrize("content", ["", "[1, 2]", "{", '"text"', "\x00\x01"])
def test_files_that_hold_no_settings(tmp_path: Path, content: str) -> None:
    for name in ("a.json", "a.toml"):
        path = tmp_path / name
        path.write_text(content, "utf-8")
        with pytest.raises(UserError):
            import_kohya(path)
    with pytest.raises(UserError, match="doesn't exist"):
        import_kohya(tmp_path / "none.json")


def test_prompts_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    found = imported(tmp_path, {"train_data_dir": "x", "sample_prompts": str(tmp_path / "none.txt")})
    assert [fate.key for fate in found.dropped] == ["sample_prompts"]


def test_a_kind_that_is_not_there_is_told(tmp_path: Path) -> None:
    found = imported(tmp_path, {**GUI, "optimizer": "Ranger21"})
    assert found.recipe.model_dump()["optimizer"]["kind"] == "adamw"
    assert next(fate for fate in found.changed if fate.key == "optimizer_type").value == "Ranger21"


def test_kinds_and_options_of_lycoris_and_the_objective(tmp_path: Path) -> None:
    values = {
        "train_data_dir": "x",
        "network_module": "lycoris.kohya",
        "network_args": ["algo=lokr", "factor=4", "dora_wd=True"],
        "optimizer_type": "Lion",
        "lr_scheduler": "constant",
        "lr_scheduler_power": "",
        "multires_noise_iterations": 6,
        "multires_noise_discount": 0.3,
        "min_timestep": 0,
        "max_timestep": 1000,
        "loss_type": "huber",
        "huber_c": 0.2,
    }
    found = imported(tmp_path, values)
    recipe = found.recipe.model_dump(mode="json")
    assert (recipe["adapter"]["kind"], recipe["adapter"]["factor"], recipe["adapter"]["dora"]) == ("lokr", 4, True)
    assert recipe["optimizer"]["kind"] == "lion"
    objective = recipe["objective"]
    assert (objective["multires_iterations"], objective["loss"], objective["huber_width"]) == (6, "huber", 0.2)
    assert [fate.key for fate in found.dropped] == ["wd_on_output"]  # unsaid: other than here


def test_what_the_gui_saves_without_need_is_left_out(tmp_path: Path) -> None:
    idle = {
        "lr_scheduler": "cosine",
        "lr_scheduler_num_cycles": "1",
        "multires_noise_iterations": 0,
        "multires_noise_discount": 0.3,
        "loss_type": "l2",
        "huber_c": 0.3,
        "text_encoder_lr": 0,
        "unet_lr": 1e-4,
    }
    found = imported(tmp_path, {"train_data_dir": "x", **idle})
    assert {fate.key for fate in found.dropped} == {"lr_scheduler_num_cycles", "multires_noise_discount", "huber_c"}
    assert found.recipe.model_dump()["adapter"]["text_encoder"] is False  # kohya's rate 0 leaves it untrained


def test_no_key_is_in_both_tables() -> None:
    assert not PLACES.keys() & REASONS.keys()


@pytest.mark.parametrize("norms", [True, False])
def test_full_fine_tuning_of_lycoris(tmp_path: Path, norms: bool) -> None:
    arguments = ["algo=full", *(["train_norm=True"] if norms else [])]
    values = {"train_data_dir": "x", "network_module": "lycoris.kohya", "network_args": arguments}
    adapter = imported(tmp_path, values).recipe.adapter
    assert (adapter.model_dump()["kind"], adapter.norms) == ("full", norms)
