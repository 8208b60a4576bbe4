"""What sd-scripts does where its settings say nothing: written out where Danlu would do otherwise.

The tables are facts of sd-scripts' argument parser and networks, of LyCORIS and of the optimizers.
"""

from pathlib import Path
from typing import Any

from danlu.interop.kohya_keys import DATASET_CONFIG, PLACES
from danlu.interop.kohya_kinds import LEARNING_RATE
from danlu.interop.kohya_plain import fill, fill_plain
from danlu.interop.kohya_reasons import NO_CHOICE
from danlu.interop.kohya_values import truth
from danlu.interop.settings import UNSET, Settings, read
from danlu.kit.language import Text
from danlu.kit.variants import kinds_of
from danlu.optimizers.base import Optimizer, SelfTuningOptimizer

ABOUT_PICTURES: dict[str, Any] = {
    "enable_bucket": False,
    "shuffle_caption": False,
    "keep_tokens": 0,
    "caption_tag_dropout_rate": 0,
    "caption_dropout_rate": 0,
    "caption_dropout_every_n_epochs": 0,
    "token_warmup_step": 0,
    "token_warmup_min": 1,
    "enable_wildcard": False,
    "flip_aug": False,
    "color_aug": False,
}
"""What also holds of a dataset config alone."""
OF_TRAINING: dict[str, Any] = {
    "clip_skip": 1,
    "max_token_length": 75,
    "v_parameterization": False,
    "weighted_captions": False,
    "network_dim": 4,
    "network_alpha": 1.0,
    "network_dropout": 0,
    "rank_dropout": 0,
    "module_dropout": 0,
    "factor": -1,
    "dora_wd": False,
    "use_tucker": False,
    "decompose_both": False,
    "full_matrix": False,
    "rs_lora": False,
    "unit": 1,
    "constraint": 0,
    "rescaled": False,
    "lr_scheduler_num_cycles": 1,
    "lr_scheduler_power": 1.0,
    "lr_decay_steps": 0,
    "min_snr_gamma": 0,
    "debiased_estimation_loss": False,
    "noise_offset": 0,
    "noise_offset_random_strength": False,
    "adaptive_noise_scale": 0,
    "multires_noise_iterations": 0,
    "multires_noise_discount": 0.3,
    "ip_noise_gamma": 0,
    "ip_noise_gamma_random_strength": False,
    "min_timestep": 0,
    "max_timestep": 1000,
    "zero_terminal_snr": False,
    "loss_type": "l2",
    "huber_schedule": "snr",
    "huber_c": 0.1,
    "huber_scale": 1.0,
    "prior_loss_weight": 1.0,
    "train_batch_size": 1,
    "gradient_accumulation_steps": 1,
    "max_grad_norm": 1.0,
    "scale_weight_norms": 0,
    "gradient_checkpointing": False,
    "save_precision": "float",
}
STEPS = 1600

_ADAM = {"beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "weight_decay": 0.01}
_LION = {"beta1": 0.9, "beta2": 0.99, "weight_decay": 0.0}
_SELF_TUNING = {"d0": 1e-6, "weight_decay": 0.0}
OF_OPTIMIZERS: dict[str, dict[str, Any]] = {
    "adamw": _ADAM,
    "adamw8bit": _ADAM,
    "lion": _LION,
    "prodigy": {**_SELF_TUNING, "d_coef": 1.0},
    "dadapt_adam": {**_SELF_TUNING, "beta1": 0.9, "beta2": 0.999, "growth_rate": None},
    "dadapt_lion": {**_SELF_TUNING, **_LION},
    "adafactor": {
        "weight_decay": 0.0,
        "beta1": None,
        "decay_rate": -0.8,
        "clip_threshold": 1.0,
        "scale_parameter": True,
    },
    "schedulefree_adamw": {**_ADAM, "weight_decay": 0.0},
    "came": {"beta1": 0.9, "beta2": 0.999, "beta3": 0.9999, "weight_decay": 0.0},
    "sgd": {"momentum": 0.0, "weight_decay": 0.0},
}
_OTHERWISE: dict[str, dict[str, Any]] = {
    "prodigy": {"use_bias_correction": False, "safeguard_warmup": False},
    "adafactor": {"relative_step": True},
}
"""What the libraries do where Danlu leaves no choice and does otherwise."""


_OF_PICTURES = """
    train_data_dir reg_data_dir resolution train_batch_size num_repeats class_tokens caption_extension alpha_mask
    conditioning_data_dir validation_split validation_seed random_crop face_crop_aug_range bucket_no_upscale
    caption_separator cache_info custom_attributes resize_interpolation network_multiplier
"""
"""What else a dataset config holds."""


def is_about_training(settings: Settings) -> bool:
    """Whether there is more than a dataset config, which leaves everything else open; while the settings are there."""
    return not settings.values.keys() <= {*DATASET_CONFIG, *_OF_PICTURES.split()}


def fill_unsaid(settings: Settings, *, is_training: bool) -> None:
    """Write out what isn't said, after everything that is."""
    for key, value in ABOUT_PICTURES.items():
        fill_plain(settings, key, PLACES[key], value)
    _buckets(settings)
    if not is_training:
        return
    for key, value in OF_TRAINING.items():
        fill_plain(settings, key, PLACES[key], value)
    fill(settings, "max_train_steps", "training.length", f"{STEPS} steps")
    fill(settings, "mixed_precision", "training.precision", "fp32")
    chosen = settings.recipe["optimizer"]
    fields = kinds_of(Optimizer)[chosen["kind"]].model_fields
    library = {**OF_OPTIMIZERS[chosen["kind"]], **({"momentum": 0.9} if chosen.get("nesterov") else {})}
    for name, value in library.items():
        if value != fields[name].get_default():
            fill(settings, name, f"optimizer.{name}", value)
    if not issubclass(kinds_of(Optimizer)[chosen["kind"]], SelfTuningOptimizer):
        fill(settings, "learning_rate", "optimizer.lr", LEARNING_RATE)


def _buckets(settings: Settings) -> None:
    """The range of sides, which Danlu takes from the resolution."""
    buckets = settings.recipe["dataset"].get("buckets", {})
    side = buckets.get("resolution")
    if not side or not buckets.get("enabled", True):
        return
    for key, there, here in (("min_bucket_reso", 256, side // 2), ("max_bucket_reso", 1024, side * 2)):
        if there != here and 256 <= side <= 1024:  # sd-scripts refuses other ones without a range
            fill(settings, key, PLACES[key].path, there)


def tell_unsaid(settings: Settings, *, is_lycoris: bool) -> None:
    """Say what Danlu does otherwise and can't be told to do as sd-scripts would; while the settings are still there."""
    folder = Path(settings.recipe["dataset"]["path"])
    if settings.values.get("caption_extension") in UNSET and next(folder.rglob("*.txt"), None):
        settings.drop(
            "caption_extension",
            ".caption",
            Text("unsaid, sd-scripts reads no .txt; Danlu does", "未填写时 sd-scripts 不读取 .txt，丹炉会读取"),
        )
    for name, there in _OTHERWISE.get(settings.recipe["optimizer"]["kind"], {}).items():
        if settings.values.get(name) in UNSET:
            settings.drop(name, there, NO_CHOICE)
    dora = read("dora_wd", settings.values.get("dora_wd") or False, truth)
    if is_lycoris and dora and settings.values.get("wd_on_output") in UNSET:
        settings.drop("wd_on_output", True, NO_CHOICE)
