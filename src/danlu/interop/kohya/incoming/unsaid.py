"""What sd-scripts does where its settings say nothing: written out, or told, where Danlu would do otherwise."""

from pathlib import Path

from danlu.interop.kohya.facts.defaults import (
    ABOUT_PICTURES,
    LEARNING_RATE,
    OF_OPTIMIZERS,
    OF_TRAINING,
    OTHERWISE,
    STEPS,
)
from danlu.interop.kohya.facts.keys import DATASET_CONFIG, PLACES
from danlu.interop.kohya.facts.reasons import NO_CHOICE
from danlu.interop.kohya.facts.values import truth
from danlu.interop.kohya.incoming.plain import fill, fill_plain
from danlu.interop.kohya.incoming.settings import UNSET, Settings
from danlu.kit.language import Text
from danlu.kit.variants import kinds_of
from danlu.optimizers.base import Optimizer, SelfTuningOptimizer

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
            is_unsaid=True,
        )
    for name, there in OTHERWISE.get(settings.recipe["optimizer"]["kind"], {}).items():
        if settings.values.get(name) in UNSET:
            settings.drop(name, there, NO_CHOICE, is_unsaid=True)
    dora = settings.meaning("dora_wd", settings.values.get("dora_wd") or False, truth, False)
    if is_lycoris and dora and settings.values.get("wd_on_output") in UNSET:
        settings.drop("wd_on_output", True, NO_CHOICE, is_unsaid=True)
