"""The rules by which kohya's GUI turns the fields that it saved into sd-scripts' arguments: what is switched off there
counts for nothing, and the tabs other than LoRA train a whole base.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from danlu.interop.kohya.facts.reasons import SWITCHED_OFF
from danlu.interop.kohya.incoming.settings import OFF, UNSET, Fate
from danlu.kit.language import Text

MARKS = frozenset(
    {
        "additional_parameters",
        "LoRA_type",
        "model_list",
        "noise_offset_type",
        "num_cpu_threads_per_process",
        "save_as_bool",
    }
)
"""Fields that only the GUI saves."""
_ORIGINAL = ("noise_offset", "adaptive_noise_scale", "noise_offset_random_strength")
_MULTIRES = ("multires_noise_iterations", "multires_noise_discount")
_WITH_CONVOLUTIONS = ("locon", "lycoris", "dylora", "loha", "lokr")
_WHOLE_BASE = Text(
    "saved in a tab that trains the whole base (DreamBooth, finetuning)", "来自训练整个底模的标签页（DreamBooth、微调）"
)
_TEXT_RATES = ("learning_rate_te", "learning_rate_te1", "learning_rate_te2")
_SCRIPTS_OWN = (*_TEXT_RATES, "train_text_encoder", "in_json", "block_lr")


def is_from_gui(values: Mapping[str, Any]) -> bool:
    """Whether the GUI saved these values."""
    return bool(MARKS & values.keys())


def is_whole_base(values: Mapping[str, Any]) -> bool:
    """Whether they train a whole base: the GUI's other tabs, or sd-scripts' scripts for that."""
    if "LoRA_type" in values or any(key.startswith("network_") for key in values):
        return False
    return is_from_gui(values) or any(values.get(key) not in (*UNSET, 0) for key in _SCRIPTS_OWN)


def by_its_rules(values: Mapping[str, Any]) -> tuple[dict[str, Any], list[Fate]]:
    """The values that the GUI would pass on, and what it wouldn't."""
    kept = dict(values)
    untold = [Fate(key, kept.pop(key), reason=reason) for key, reason in _switched_off(values) if key in kept]
    kept.pop("noise_offset_type", None)
    if kept.get("lr_scheduler") == "cosine_with_restarts" and kept.get("lr_scheduler_num_cycles") in UNSET:
        kept["lr_scheduler_num_cycles"] = kept.get("epoch") or 1
    if str(kept.get("seed")) in ("0", "0.0"):
        del kept["seed"]
    return kept, [fate for fate in untold if fate.value not in (*UNSET, *OFF)]


def as_full_training(values: Mapping[str, Any]) -> tuple[dict[str, Any], list[Fate]]:
    """Settings of a whole base's training as those of Danlu's kind `full`."""
    kept = dict(values)
    for theirs, ours in (("image_folder", "train_data_dir"), ("train_dir", "output_dir")):
        if kept.get(ours) in UNSET and kept.get(theirs) not in UNSET:
            kept[ours] = kept[theirs]
        kept.pop(theirs, None)
    is_sdxl = any(kept.get(key) in (True, "true") for key in ("sdxl", "sdxl_checkbox"))
    rates = {key: value for key in _TEXT_RATES if (value := kept.pop(key, None)) not in UNSET}
    used = ("learning_rate_te1", "learning_rate_te2") if is_sdxl or "learning_rate_te" not in rates else _TEXT_RATES[:1]
    given = {key: rates[key] for key in used if key in rates}
    trains, stop = kept.pop("train_text_encoder", None), kept.pop("stop_text_encoder_training", None)
    fates = [Fate("LoRA_type", None, "adapter.kind", _WHOLE_BASE, "full")]
    if trains in (False, "false", 0) or stop in (-1, "-1"):
        kept["network_train_unet_only"] = True
    elif given:
        kept["text_encoder_lr"] = list(given.values())
        if not any(float(one or 0) for one in given.values() if _is_number(one)):
            kept["text_encoder_lr"] = 0
    elif is_sdxl and trains is None:
        kept["network_train_unet_only"] = True  # sdxl_train.py leaves the text encoders unless told otherwise
    return {**kept, "network_module": "lycoris.kohya", "algo": "full", "preset": "full"}, fates


def _is_number(value: Any) -> bool:
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True


def _switched_off(values: Mapping[str, Any]) -> Iterator[tuple[str, Text]]:
    chosen = values.get("noise_offset_type")
    if chosen in ("Original", "Multires"):
        for key in _MULTIRES if chosen == "Original" else _ORIGINAL:
            yield key, _by_choice("noise_offset_type", chosen)
    kind = str(values.get("LoRA_type") or "").lower()
    if kind and not any(word in kind for word in _WITH_CONVOLUTIONS):
        for key in ("conv_dim", "conv_alpha"):
            yield key, _by_choice("LoRA_type", values["LoRA_type"])


def _by_choice(key: str, value: Any) -> Text:
    return Text(f"{SWITCHED_OFF.en}: {key} is {value}", f"{SWITCHED_OFF.zh}：{key} 为 {value}")
