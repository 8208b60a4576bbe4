"""What kohya's settings are called in a recipe, and why some have no place there: tables, nothing else.

Keys are those of sd-scripts' arguments; `ALIASES` gives the names under which kohya's GUI saves the same things.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from danlu.kit.language import Text


class Place(NamedTuple):
    """Where a setting goes, and how its value is read."""

    path: str
    read: Callable[[Any], Any]


def number(value: Any) -> float:
    """A finite number, also from text."""
    found = float(value)
    if not math.isfinite(found):
        raise ValueError(value)
    return found


def whole(value: Any) -> int:
    """A whole number, also from "12" or 12.0."""
    found = number(value)
    if found != int(found):
        raise ValueError(value)
    return int(found)


def span(value: Any) -> str:
    """A part of the run, from a number of steps or, below 1, a share."""
    found = number(value)
    return f"{found * 100:g}%" if 0 < found < 1 else f"{whole(value)} steps"


def portions(value: Any) -> int:
    """A length in tokens as sd-scripts reads it: whole portions of 75, three at most."""
    return min(225, max(75, whole(value) // 75 * 75))


def side(value: Any) -> int:
    """The side of the square that has the area of "512", 512, "512,768" or [512, 768], in steps of 64."""
    given = value if isinstance(value, list) else str(value).split(",")
    sides = [whole(one) for one in given]
    if len(sides) not in (1, 2) or min(sides) < 64:
        raise ValueError(value)
    return round(math.sqrt(sides[0] * sides[-1]) / 64) * 64


def positive(value: Any) -> float:
    """A number above zero."""
    found = number(value)
    if found <= 0:
        raise ValueError(value)
    return found


def text(value: Any) -> str:
    """Text as it is."""
    return str(value)


def truth(value: Any) -> bool:
    """Yes or no, also from the GUI's 0 and 1."""
    if isinstance(value, str):
        return {"true": True, "false": False, "1": True, "0": False}[value.lower()]
    return bool(value)


ALIASES = {
    "epoch": "max_train_epochs",
    "optimizer": "optimizer_type",
    "max_resolution": "resolution",
    "lora_network_weights": "network_weights",
    "caption_extention": "caption_extension",
    "v_pred": "v_parameterization",
    "LyCORIS_preset": "preset",
}

PLACES: dict[str, Place] = {
    "output_name": Place("name", text),
    "clip_skip": Place("base.clip_skip", whole),
    "vae": Place("base.vae", text),
    "max_token_length": Place("base.max_tokens", portions),
    "enable_bucket": Place("dataset.buckets.enabled", truth),
    "min_bucket_reso": Place("dataset.buckets.smallest", whole),
    "max_bucket_reso": Place("dataset.buckets.largest", whole),
    "bucket_reso_steps": Place("dataset.buckets.step", whole),
    "shuffle_caption": Place("dataset.captions.shuffle", truth),
    "keep_tokens": Place("dataset.captions.keep_tokens", whole),
    "caption_tag_dropout_rate": Place("dataset.captions.tag_dropout", number),
    "caption_dropout_rate": Place("dataset.captions.caption_dropout", number),
    "caption_prefix": Place("dataset.captions.prefix", text),
    "caption_suffix": Place("dataset.captions.suffix", text),
    "keep_tokens_separator": Place("dataset.captions.keep_separator", text),
    "secondary_separator": Place("dataset.captions.group_separator", text),
    "enable_wildcard": Place("dataset.captions.wildcards", truth),
    "caption_dropout_every_n_epochs": Place("dataset.captions.caption_dropout_epochs", whole),
    "token_warmup_step": Place("dataset.captions.tag_warmup", span),
    "token_warmup_min": Place("dataset.captions.tag_warmup_start", whole),
    "weighted_captions": Place("dataset.captions.weighted", truth),
    "num_repeats": Place("dataset.repeats", whole),
    "flip_aug": Place("dataset.augmentation.flip", truth),
    "color_aug": Place("dataset.augmentation.colours", lambda value: COLOURINGS if truth(value) else 0),
    "reg_data_dir": Place("dataset.regularization", text),
    "network_dim": Place("adapter.rank", whole),
    "network_alpha": Place("adapter.alpha", number),
    "network_dropout": Place("adapter.dropout", number),
    "rank_dropout": Place("adapter.rank_dropout", number),
    "module_dropout": Place("adapter.module_dropout", number),
    "conv_dim": Place("adapter.conv_rank", whole),
    "conv_alpha": Place("adapter.conv_alpha", number),
    "factor": Place("adapter.factor", whole),
    "preset": Place("adapter.targets", lambda value: TARGETS[str(value)]),
    "dora_wd": Place("adapter.dora", truth),
    "train_norm": Place("adapter.norms", truth),
    "use_tucker": Place("adapter.tucker", truth),
    "decompose_both": Place("adapter.decompose_both", truth),
    "full_matrix": Place("adapter.full_matrix", truth),
    "rs_lora": Place("adapter.rs_lora", truth),
    "block_size": Place("adapter.block_size", whole),
    "unit": Place("adapter.unit", whole),
    "text_encoder_lr": Place("optimizer.text_encoder_lr", number),
    "weight_decay": Place("optimizer.weight_decay", number),
    "eps": Place("optimizer.eps", number),
    "d_coef": Place("optimizer.d_coef", number),
    "d0": Place("optimizer.d0", number),
    "momentum": Place("optimizer.momentum", number),
    "growth_rate": Place("optimizer.growth_rate", number),
    "lr_scheduler_num_cycles": Place("schedule.cycles", whole),
    "lr_scheduler_power": Place("schedule.power", number),
    "lr_scheduler_timescale": Place("schedule.timescale", whole),
    "lr_scheduler_min_lr_ratio": Place("schedule.floor", number),
    "min_snr_gamma": Place("objective.min_snr_gamma", number),
    "debiased_estimation_loss": Place("objective.debiased", truth),
    "noise_offset": Place("objective.noise_offset", number),
    "noise_offset_random_strength": Place("objective.noise_offset_random", truth),
    "adaptive_noise_scale": Place("objective.noise_offset_adaptive", number),
    "multires_noise_iterations": Place("objective.multires_iterations", whole),
    "multires_noise_discount": Place("objective.multires_discount", number),
    "ip_noise_gamma": Place("objective.input_perturbation", number),
    "ip_noise_gamma_random_strength": Place("objective.input_perturbation_random", truth),
    "min_timestep": Place("objective.min_timestep", whole),
    "max_timestep": Place("objective.max_timestep", whole),
    "zero_terminal_snr": Place("objective.zero_terminal_snr", truth),
    "loss_type": Place("objective.loss", text),
    "huber_schedule": Place("objective.huber_schedule", text),
    "huber_c": Place("objective.huber_width", number),
    "huber_scale": Place("objective.huber_scale", number),
    "prior_loss_weight": Place("objective.prior_weight", positive),
    "train_batch_size": Place("training.batch_size", whole),
    "gradient_accumulation_steps": Place("training.accumulation", whole),
    "max_grad_norm": Place("training.max_gradient_norm", number),
    "gradient_checkpointing": Place("training.gradient_checkpointing", truth),
    "seed": Place("training.seed", whole),
    "save_precision": Place("checkpoints.precision", lambda value: {"float": "fp32"}.get(str(value), str(value))),
    "sample_sampler": Place("previews.sampler", lambda value: SAMPLERS[str(value)]),
}

UNSAID: dict[str, Any] = {"min_snr_gamma": None, "network_alpha": 1.0}
"""What sd-scripts takes where nothing is said, if Danlu's own default is another."""

NEEDED: dict[str, tuple[str, tuple[Any, ...]]] = {
    "prior_loss_weight": ("dataset.regularization", ()),
    "token_warmup_min": ("dataset.captions.tag_warmup", ()),
    "lr_scheduler_num_cycles": ("schedule.kind", ("cosine_with_restarts",)),
    "lr_scheduler_power": ("schedule.kind", ("polynomial",)),
    "lr_scheduler_timescale": ("schedule.kind", ("inverse_sqrt",)),
    "noise_offset_random_strength": ("objective.noise_offset", ()),
    "multires_noise_discount": ("objective.multires_iterations", ()),
    "ip_noise_gamma_random_strength": ("objective.input_perturbation", ()),
    "huber_schedule": ("objective.loss", ("huber", "smooth_l1")),
    "huber_c": ("objective.loss", ("huber", "smooth_l1")),
    "huber_scale": ("objective.loss", ("huber", "smooth_l1")),
}
"""Settings that have an effect only if another place of the recipe has one of these values (or any, if none is named).
kohya's GUI saves them always, a recipe must not hold them without it."""

COLOURINGS = 4
"""sd-scripts draws colours anew each time, which no cache could hold: as many stand for them."""

TARGETS = {"full": "full", "attn-mlp": "attention+mlp", "attn-only": "attention"}

SAMPLERS = {
    "euler": "Euler",
    "k_euler": "Euler",
    "euler_a": "Euler a",
    "k_euler_a": "Euler a",
    "dpmsolver++": "DPM++ 2M",
    "dpmsolver": "DPM++ 2M",
    "ddim": "DDIM",
}

SCHEDULES = {
    "constant": "constant",
    "constant_with_warmup": "constant",
    "linear": "linear",
    "cosine": "cosine",
    "cosine_with_restarts": "cosine_with_restarts",
    "polynomial": "polynomial",
    "inverse_sqrt": "inverse_sqrt",
    "cosine_with_min_lr": "cosine",
    "warmup_stable_decay": "warmup_stable_decay",
}

OPTIMIZERS = {
    "adamw": "adamw",
    "adamw8bit": "adamw8bit",
    "pagedadamw8bit": "adamw8bit",
    "lion": "lion",
    "lion8bit": "lion",
    "prodigy": "prodigy",
    "adafactor": "adafactor",
    "dadaptation": "dadapt_adam",
    "dadaptadam": "dadapt_adam",
    "dadaptlion": "dadapt_lion",
    "adamwschedulefree": "schedulefree_adamw",
    "came": "came",
    "sgdnesterov": "sgd",
}

ADAPTERS = {
    "standard": "lora",
    "lora": "lora",
    "locon": "locon",
    "lycoris/lora": "lora",
    "lycoris/locon": "locon",
    "lycoris/loha": "loha",
    "lycoris/lokr": "lokr",
    "lycoris/ia3": "ia3",
    "lycoris/dylora": "dylora",
    "lycoris/diag-oft": "oft",
    "lycoris/full": "full",
    "kohya locon": "locon",
    "kohya dylora": "dylora",
}

_ITSELF = Text("Danlu decides that by itself", "丹炉会自行决定")
_RUN = Text(
    "it belongs to one run, not to a recipe: see `danlu train --help`", "属于单次训练而非配方，见 `danlu train --help`"
)
_CHECKPOINT = Text("the checkpoint itself tells", "由模型文件自身识别")
_ALL_MEASURED = Text("every held-out picture is measured, at four timesteps", "每张留出图片都会在四个时间步上测量")
_OUTSIDE = Text("Danlu doesn't send anything anywhere while training", "丹炉训练时不向外部发送任何内容")

_BY_REASON = {
    _ITSELF: """
        xformers sdpa mem_eff_attn lowram highvram torch_compile dynamo_backend dynamo_mode dynamo_use_dynamic
        dynamo_use_fullgraph full_fp16 full_bf16 fp8_base fp8_base_unet no_half_vae sdxl_no_half_vae vae_batch_size
        text_encoder_batch_size cache_text_encoder_outputs cache_text_encoder_outputs_to_disk
        sdxl_cache_text_encoder_outputs skip_cache_check cpu_offload_checkpointing disable_mmap_load_safetensors
        tokenizer_cache_dir caption_extension max_data_loader_n_workers persistent_data_loader_workers
        num_cpu_threads_per_process num_processes num_machines multi_gpu gpu_ids main_process_port
        extra_accelerate_launch_args ddp_timeout ddp_gradient_as_bucket_view ddp_static_graph
    """,
    _RUN: """
        output_dir logging_dir log_prefix log_with log_tracker_name log_tracker_config log_config config_file
        output_config resume initial_epoch initial_step skip_until_initial_step save_state save_state_on_train_end
        save_last_n_epochs save_last_n_epochs_state save_last_n_steps save_last_n_steps_state save_n_epoch_ratio
        save_model_as use_safetensors no_metadata training_comment debug_dataset
    """,
    _ALL_MEASURED: "max_validation_steps",
    _CHECKPOINT: "v2 v_parameterization sdxl sdxl_checkbox flux1_checkbox sd3_checkbox model_list",
    _OUTSIDE: """
        huggingface_repo_id huggingface_repo_type huggingface_path_in_repo huggingface_token
        huggingface_repo_visibility save_state_to_huggingface resume_from_huggingface async_upload wandb_api_key
        wandb_run_name
    """,
}
REASONS: dict[str, Text] = {key: reason for reason, keys in _BY_REASON.items() for key in keys.split()}
"""Settings that have no place in a recipe, and why."""
