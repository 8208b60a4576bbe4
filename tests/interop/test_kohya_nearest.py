"""One value never costs a whole file: what a recipe can't hold becomes the nearest that it can, and is told."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from danlu.interop.kohya.facts.keys import BY_MEANING, PLACES, names_of
from danlu.interop.kohya.incoming.recipes import Imported, import_kohya
from danlu.studio.recipe_schema import recipe_schema
from danlu.weights.safetensor_files import write_tensors

TOML: dict[str, Any] = {"train_data_dir": "x", "learning_rate": 1e-4, "max_train_steps": 10}
GUI: dict[str, Any] = {"train_data_dir": "x", "LoRA_type": "Standard", "learning_rate": 1e-4, "epoch": 10}
LYCORIS = "lycoris.kohya"


def imported(folder: Path, values: dict[str, Any]) -> Imported:
    path = folder / "settings.json"
    path.write_text(json.dumps(values), "utf-8")
    return import_kohya(path)


def value_at(found: Imported, place: str) -> Any:
    value: Any = found.recipe.model_dump(mode="json")
    for name in place.split("."):
        value = value[name]
    return value


EXACT: list[tuple[dict[str, Any], str, Any]] = [
    ({"network_dim": 32, "network_alpha": 0}, "adapter.alpha", 32),
    ({"network_dim": 32, "network_alpha": "0"}, "adapter.alpha", 32),
    ({"network_alpha": 0.0}, "adapter.alpha", 4),
    ({"network_args": ["conv_dim=8", "conv_alpha=0"]}, "adapter.conv_alpha", 8),
    ({"network_module": "networks.loha"}, "adapter.kind", "loha"),
    ({"network_module": "networks.lokr"}, "adapter.kind", "lokr"),
    ({"network_module": "networks.oft", "network_alpha": 1e-3}, "adapter.constraint", 1e-3),
    ({"network_module": LYCORIS, "network_args": ["algo=diag-oft"]}, "adapter.kind", "oft"),
    ({"network_module": LYCORIS, "network_args": ["algo=lokr"], "network_dim": 100000}, "adapter.full_matrix", True),
    ({"network_module": LYCORIS, "network_args": ["algo=lokr"], "network_dim": "10000"}, "adapter.full_matrix", True),
    ({"network_module": LYCORIS, "network_args": ["preset=unet-transformer-only"]}, "adapter.text_encoder", False),
    ({"optimizer_type": "library.came.CAME"}, "optimizer.kind", "came"),
    ({"optimizer_type": "LoraEasyCustomOptimizer.came.CAME"}, "optimizer.kind", "came"),
    ({"optimizer_type": "pytorch_optimizer.CAME"}, "optimizer.kind", "came"),
    ({"optimizer_type": "torch.optim.AdamW"}, "optimizer.kind", "adamw"),
    ({"optimizer_type": "prodigyopt.Prodigy"}, "optimizer.kind", "prodigy"),
    ({"optimizer_type": "PagedLion8bit"}, "optimizer.kind", "lion"),
    ({"use_8bit_adam": True}, "optimizer.kind", "adamw8bit"),
    *(
        ({"optimizer_args": args}, "optimizer.beta2", 0.98)
        for args in (
            ["betas=0.9,0.98"],
            ["betas=[0.9,0.98]"],
            ["betas=(0.9, 0.98)"],
            ["betas=0.9, 0.98"],
            '"betas=0.9,0.98" "weight_decay=0.1"',
            "betas=(0.9, 0.98) weight_decay=0.1",
            "'betas=.9,.98'",
        )
    ),
    ({"optimizer_type": "Adafactor"}, "optimizer.lr", 0.01),  # relative_step takes no other
    ({"optimizer_type": "Adafactor", "optimizer_args": ["relative_step=False"]}, "optimizer.lr", 1e-4),
    ({"text_encoder_lr": "[5e-5, 5e-5]", "unet_lr": 1e-4}, "optimizer.text_encoder_lr", 5e-5),
    ({"resolution": 768}, "dataset.buckets.resolution", 768),
    ({"mixed_precision": "no"}, "training.precision", "fp32"),
]


@pytest.mark.parametrize(("values", "place", "expected"), EXACT)
def test_what_it_says_is_what_it_means(tmp_path: Path, values: dict[str, Any], place: str, expected: Any) -> None:
    found = imported(tmp_path, TOML | values)
    assert value_at(found, place) == expected
    assert place not in {fate.place for fate in found.changed}


NEAREST: list[tuple[dict[str, Any], str, Any, str]] = [
    ({"network_dim": 2048, "network_alpha": 1024}, "adapter.rank", 1024, "network_dim"),
    ({"network_dim": 2048, "network_alpha": 1024}, "adapter.alpha", 512, "network_dim"),
    ({"network_module": "networks.lora_fa"}, "adapter.kind", "lora", "network_module"),
    ({"network_module": LYCORIS, "network_args": ["algo=glora"]}, "adapter.kind", "locon", "network_module"),
    ({"network_module": LYCORIS, "network_args": ["algo=boft"]}, "adapter.kind", "oft", "network_module"),
    ({"network_module": "networks.dylora", "network_args": ["unit=3"], "network_dim": 8}, "adapter.unit", 1, "unit"),
    ({"network_module": "networks.dylora", "network_args": ["unit=100"]}, "adapter.unit", 4, "unit"),
    ({"optimizer_type": "prodigyplus.ProdigyPlusScheduleFree"}, "optimizer.kind", "prodigy", "optimizer_type"),
    ({"optimizer_type": "DAdaptAdaGrad"}, "optimizer.kind", "dadapt_adam", "optimizer_type"),
    ({"optimizer_type": "RAdamScheduleFree"}, "optimizer.kind", "schedulefree_adamw", "optimizer_type"),
    ({"optimizer_type": "StableAdamW"}, "optimizer.kind", "adamw", "optimizer_type"),
    ({"optimizer_type": "Prodigy", "unet_lr": 0.5}, "optimizer.lr", 1, "unet_lr"),
    ({"optimizer_type": "Prodigy", "unet_lr": 1, "text_encoder_lr": 0.5}, "optimizer.lr", 1, "text_encoder_lr"),
    ({"optimizer_type": "DAdaptLion"}, "optimizer.lr", 1, "learning_rate"),
    ({"optimizer_type": "Adafactor", "optimizer_args": ["relative_step=False"], "unet_lr": 1.0}, "optimizer.lr", 0.1,
     "unet_lr"),
    ({"sample_sampler": "heun"}, "previews.sampler", "Euler", "sample_sampler"),
    ({"sample_sampler": "k_dpm_2_a"}, "previews.sampler", "Euler a", "sample_sampler"),
    ({"resolution": "768x1024"}, "dataset.buckets.resolution", 896, "resolution"),
    ({"resolution": "(768, 1024)"}, "dataset.buckets.resolution", 896, "resolution"),
    ({"output_name": "a/b: c"}, "name", "a_b_ c", "output_name"),
    ({"output_name": "..."}, "name", "lora", "output_name"),
    ({"mixed_precision": "fp8"}, "training.precision", "bf16", "mixed_precision"),
    ({"lr_scheduler": "REX"}, "schedule.kind", "linear", "lr_scheduler"),
    ({"lr_scheduler": "CosineAnnealingLR"}, "schedule.kind", "cosine", "lr_scheduler"),
    ({"lr_scheduler": "made.up.Schedule"}, "schedule.kind", "constant", "lr_scheduler"),
    ({"lr_scheduler": "cosine", "lr_warmup_steps": 0.95}, "schedule.warmup", "90%", "lr_warmup_steps"),
    ({"keep_tokens": -3}, "dataset.captions.keep_tokens", 0, "keep_tokens"),
]  # fmt: skip


@pytest.mark.parametrize(("values", "place", "expected", "told"), NEAREST)
def test_the_nearest_is_taken_and_told(
    tmp_path: Path, values: dict[str, Any], place: str, expected: Any, told: str
) -> None:
    found = imported(tmp_path, TOML | values)
    assert value_at(found, place) == expected
    fate = next(fate for fate in found.changed if fate.key == told)
    assert fate.reason is not None and fate.reason.en and fate.reason.zh


LEFT_OUT: list[tuple[dict[str, Any], str]] = [
    ({"network_dim": "many"}, "network_dim"),
    ({"mixed_precision": "int3"}, "mixed_precision"),
    ({"enable_bucket": True, "bucket_reso_steps": 1}, "bucket_reso_steps"),
    ({"sdxl": False, "enable_bucket": True, "bucket_reso_steps": 32}, "bucket_reso_steps"),
    ({"sample_sampler": "tea leaves"}, "sample_sampler"),
    ({"network_train_unet_only": True, "text_encoder_lr": 5e-5, "unet_lr": 1e-4}, "text_encoder_lr"),
    ({"network_train_text_encoder_only": True}, "network_train_text_encoder_only"),
    ({"optimizer_type": "Adafactor", "lr_scheduler": "cosine"}, "lr_scheduler"),
    ({"optimizer_type": "Adafactor", "unet_lr": 1e-3}, "unet_lr"),
    ({"enable_bucket": True, "resolution": 512, "max_bucket_reso": 384}, "max_bucket_reso"),
    ({"max_train_steps": 5, "max_train_epochs": 2}, "max_train_steps"),
    ({"lr_scheduler": "cosine", "lr_warmup": 10, "lr_warmup_steps": 5}, "lr_warmup"),
]


@pytest.mark.parametrize(("values", "told"), LEFT_OUT)
def test_what_has_no_place_is_told(tmp_path: Path, values: dict[str, Any], told: str) -> None:
    fate = next(fate for fate in imported(tmp_path, TOML | values).dropped if fate.key == told)
    assert fate.value == values.get(told) and fate.reason and fate.reason.zh and not fate.is_unsaid


GUI_RULES: list[tuple[dict[str, Any], str, Any, set[str]]] = [
    ({"noise_offset_type": "Original", "noise_offset": 0.05, "multires_noise_iterations": 6},
     "objective.multires_iterations", 0, {"multires_noise_iterations"}),
    ({"noise_offset_type": "Multires", "noise_offset": 0.05, "multires_noise_iterations": 6},
     "objective.noise_offset", 0, {"noise_offset"}),
    ({"lr_scheduler": "cosine_with_restarts", "lr_scheduler_num_cycles": ""}, "schedule.cycles", 10, set()),
    ({"additional_parameters": "--max_grad_norm=0.5 --min_snr_gamma=5"}, "objective.min_snr_gamma", 5, set()),
    ({"additional_parameters": '--optimizer_args "weight_decay=0.3" "betas=0.9,0.99"'},
     "optimizer.weight_decay", 0.3, set()),
    ({"additional_parameters": "--network_dim '16' --zero_terminal_snr"}, "objective.zero_terminal_snr", True, set()),
    ({"network_dim": 8, "additional_parameters": "--network_dim=16"}, "adapter.rank", 16, set()),
    ({"conv_dim": 8, "conv_alpha": 4}, "adapter.kind", "lora", {"conv_dim", "conv_alpha"}),
    ({"LoRA_type": "Kohya LoCon", "conv_dim": 8}, "adapter.conv_rank", 8, set()),
    ({"LoRA_type": "Kohya LoHa"}, "adapter.kind", "loha", set()),
    ({"LoRA_type": "Kohya LoKr", "conv_dim": 4}, "adapter.kind", "lokr", set()),
    ({"seed": 0}, "training.seed", 42, set()),
    ({"additional_parameters": "--seed 0"}, "training.seed", 0, set()),
]  # fmt: skip


@pytest.mark.parametrize(("values", "place", "expected", "told"), GUI_RULES)
def test_the_rules_of_the_gui(
    tmp_path: Path, values: dict[str, Any], place: str, expected: Any, told: set[str]
) -> None:
    found = imported(tmp_path, GUI | values)
    assert value_at(found, place) == expected
    assert {fate.key for fate in found.dropped if not fate.is_unsaid} == told


@pytest.mark.parametrize(
    ("values", "rate", "text_encoder"),
    [
        ({"learning_rate_te": 5e-6}, 5e-6, True),
        ({"learning_rate_te": 0}, None, False),
        ({"sdxl": True, "learning_rate_te": 9, "learning_rate_te1": 3e-6, "learning_rate_te2": 0}, 3e-6, True),
        ({"stop_text_encoder_training": -1}, None, False),
        ({"full_path": True, "train_text_encoder": False, "image_folder": "y", "train_data_dir": ""}, None, False),
    ],
)
def test_the_tabs_that_train_a_whole_base(
    tmp_path: Path, values: dict[str, Any], rate: float | None, text_encoder: bool
) -> None:
    gui = {"train_data_dir": "x", "model_list": "custom", "learning_rate": 1e-5, "epoch": 3}
    found = imported(tmp_path, gui | values)
    optimizer = found.recipe.optimizer
    assert (value_at(found, "adapter.kind"), optimizer.lr) == ("full", 1e-5)
    assert (optimizer.text_encoder_lr, found.recipe.adapter.text_encoder) == (rate, text_encoder)
    assert "LoRA_type" in {fate.key for fate in found.changed}


def test_only_what_the_file_holds_is_said_to_be_in_it(tmp_path: Path) -> None:
    given = GUI | {"lr_scheduler": "cosine_with_restarts", "lr_scheduler_num_cycles": ""}
    for values in (TOML | {"network_module": LYCORIS}, given, {"train_data_dir": "x", "model_list": "custom"}):
        found = imported(tmp_path, values)
        said = {fate.key for fate in found.fates if not fate.is_unsaid and fate.value is not None}
        assert said <= values.keys() | {"network_module", "unet_lr"}
    assert "network_module" not in {fate.key for fate in found.fates if not fate.is_unsaid}


def test_a_base_that_is_here_is_asked(tmp_path: Path) -> None:
    values = TOML | {"pretrained_model_name_or_path": "danlu-mini", "clip_skip": 9, "bucket_reso_steps": 24}
    found = imported(tmp_path, values)
    assert {"clip_skip", "bucket_reso_steps"} <= {fate.key for fate in found.fates if fate.reason}
    assert found.recipe.base.clip_skip < 9 and found.recipe.dataset.buckets.step is None


def test_weights_of_blocks_need_no_base_where_their_number_tells(tmp_path: Path) -> None:
    sd = imported(tmp_path, TOML | {"network_args": ["down_lr_weight=1,1,1,1,1,1,1,1,1,1,1,0.5", "mid_lr_weight=0"]})
    assert sd.recipe.adapter.exclude == ("lora_unet_mid_block_*",)
    sdxl = imported(tmp_path, TOML | {"network_args": ["up_lr_weight=0.5,1,1,1,1,1,1,1,1"]})
    assert sdxl.recipe.optimizer.rate_factors == {"lora_unet_output_blocks_0_*": 0.5}


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("network_alpha", "adapter.alpha"),
        ("network_dim", "adapter.rank"),
        ("save_every_n_epochs", "checkpoints.every"),
        ("unet_lr", "optimizer.lr"),
        ("max_resolution", "dataset.buckets.resolution"),
        ("optimizer_type", "optimizer"),
        ("down_lr_weight", "optimizer.rate_factors"),
    ],
)
def test_names_of_kohya_lead_to_places(name: str, place: str) -> None:
    assert name in names_of(place)


def test_every_place_with_a_name_is_one() -> None:
    """A place that isn't in the schema could never be found by its name."""
    sections = recipe_schema().sections
    settings = [*(one for section in sections for one in section.settings)]
    settings += [one for section in sections for kind in section.kinds for one in kind.settings]
    there = {one.key for one in settings} | {section.key for section in sections}
    assert set(BY_MEANING) | {one.path for one in PLACES.values()} <= there
    named = {key for one in settings for key in one.elsewhere} | {key for one in sections for key in one.elsewhere}
    assert {"network_dim", "network_module", "betas", "sample_prompts", "lr_scheduler"} <= named


@pytest.mark.parametrize("is_here", [True, False])
def test_weights_to_go_on_from(tmp_path: Path, is_here: bool) -> None:
    file = tmp_path / "a.safetensors"
    if is_here:
        layer = {"lora_down.weight": torch.ones(6, 5), "lora_up.weight": torch.ones(4, 6), "alpha": torch.tensor(3.0)}
        write_tensors(file, {f"lora_unet_conv_in.{suffix}": tensor for suffix, tensor in layer.items()}, {})
    given = {"train_data_dir": "x", "network_weights": str(file), "dim_from_weights": True, "network_dim": 4}
    made = imported(tmp_path, given)
    assert made.recipe.adapter.start_from == str(file)
    assert made.recipe.adapter.model_dump()["rank"] == (6 if is_here else 4)
    assert [fate.key for fate in made.fates if fate.reason and fate.key == "dim_from_weights"] == (
        [] if is_here else ["dim_from_weights"]
    )
