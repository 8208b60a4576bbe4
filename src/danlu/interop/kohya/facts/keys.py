"""What kohya's settings are called in a recipe, in both directions: tables, nothing else.

Keys are those of sd-scripts' arguments; `ALIASES` gives the names under which kohya's GUI saves the same things.
"""

from typing import Any, NamedTuple

from danlu.interop.kohya.facts.values import (
    COLOURS,
    FACTOR,
    LIMIT,
    NAME,
    NEGATED,
    NUMBER,
    PORTIONS,
    POSITIVE,
    PREDICTION,
    SAMPLERS,
    SAVED,
    SPAN,
    SQUARE,
    TEXT,
    TRUTH,
    WHOLE,
    Way,
)


class Place(NamedTuple):
    """Where a setting goes, and how its value goes over and comes back."""

    path: str
    way: Way


ALIASES = {
    "optimizer": "optimizer_type",
    "max_resolution": "resolution",
    "lora_network_weights": "network_weights",
    "caption_extention": "caption_extension",
    "v_pred": "v_parameterization",
    "LyCORIS_preset": "preset",
    "constrain": "constraint",
    "use_cp": "use_tucker",
    "batch_size": "train_batch_size",
    "dataset_repeats": "num_repeats",
}

NETWORK_ARGS: dict[str, Place] = {
    "rank_dropout": Place("adapter.rank_dropout", NUMBER),
    "module_dropout": Place("adapter.module_dropout", NUMBER),
    "conv_dim": Place("adapter.conv_rank", WHOLE),
    "conv_alpha": Place("adapter.conv_alpha", NUMBER),
    "factor": Place("adapter.factor", FACTOR),
    "dora_wd": Place("adapter.dora", TRUTH),
    "use_tucker": Place("adapter.tucker", TRUTH),
    "decompose_both": Place("adapter.decompose_both", TRUTH),
    "full_matrix": Place("adapter.full_matrix", TRUTH),
    "rs_lora": Place("adapter.rs_lora", TRUTH),
    "unit": Place("adapter.unit", WHOLE),
    "constraint": Place("adapter.constraint", NUMBER),
    "train_norm": Place("adapter.norms", TRUTH),
    "rescaled": Place("adapter.rescale", TRUTH),
    "loraplus_lr_ratio": Place("optimizer.lora_plus", NUMBER),
    "loraplus_text_encoder_lr_ratio": Place("optimizer.text_encoder_lora_plus", NUMBER),
}
"""What sd-scripts takes as `network_args`."""

OPTIMIZER_ARGS: dict[str, Place] = {
    "weight_decay": Place("optimizer.weight_decay", NUMBER),
    "eps": Place("optimizer.eps", NUMBER),
    "d_coef": Place("optimizer.d_coef", NUMBER),
    "d0": Place("optimizer.d0", NUMBER),
    "momentum": Place("optimizer.momentum", NUMBER),
    "growth_rate": Place("optimizer.growth_rate", NUMBER),
    "beta1": Place("optimizer.beta1", NUMBER),
    "decay_rate": Place("optimizer.decay_rate", NUMBER),
    "clip_threshold": Place("optimizer.clip_threshold", NUMBER),
    "scale_parameter": Place("optimizer.scale_parameter", TRUTH),
}
"""What sd-scripts takes as `optimizer_args`."""

DATASET_CONFIG: dict[str, Place] = {
    "enable_bucket": Place("dataset.buckets.enabled", TRUTH),
    "min_bucket_reso": Place("dataset.buckets.smallest", WHOLE),
    "max_bucket_reso": Place("dataset.buckets.largest", WHOLE),
    "bucket_reso_steps": Place("dataset.buckets.step", WHOLE),
    "bucket_no_upscale": Place("dataset.buckets.enlarge", NEGATED),
    "shuffle_caption": Place("dataset.captions.shuffle", TRUTH),
    "keep_tokens": Place("dataset.captions.keep_tokens", WHOLE),
    "caption_tag_dropout_rate": Place("dataset.captions.tag_dropout", NUMBER),
    "caption_dropout_rate": Place("dataset.captions.caption_dropout", NUMBER),
    "caption_prefix": Place("dataset.captions.prefix", TEXT),
    "caption_suffix": Place("dataset.captions.suffix", TEXT),
    "keep_tokens_separator": Place("dataset.captions.keep_separator", TEXT),
    "secondary_separator": Place("dataset.captions.group_separator", TEXT),
    "enable_wildcard": Place("dataset.captions.wildcards", TRUTH),
    "caption_dropout_every_n_epochs": Place("dataset.captions.caption_dropout_epochs", WHOLE),
    "token_warmup_step": Place("dataset.captions.tag_warmup", SPAN),
    "token_warmup_min": Place("dataset.captions.tag_warmup_start", WHOLE),
    "flip_aug": Place("dataset.augmentation.flip", TRUTH),
    "color_aug": Place("dataset.augmentation.colours", COLOURS),
}
"""What stands in a dataset config, for all of its folders."""

ARGUMENTS: dict[str, Place] = {
    "output_name": Place("name", NAME),
    "clip_skip": Place("base.clip_skip", WHOLE),
    "vae": Place("base.vae", TEXT),
    "max_token_length": Place("base.max_tokens", PORTIONS),
    "v_parameterization": Place("base.prediction", PREDICTION),
    "resolution": Place("dataset.buckets.resolution", SQUARE),
    "weighted_captions": Place("dataset.captions.weighted", TRUTH),
    "num_repeats": Place("dataset.repeats", WHOLE),
    "reg_data_dir": Place("dataset.regularization", TEXT),
    "network_dim": Place("adapter.rank", WHOLE),
    "network_alpha": Place("adapter.alpha", NUMBER),
    "network_dropout": Place("adapter.dropout", NUMBER),
    "text_encoder_lr": Place("optimizer.text_encoder_lr", NUMBER),
    "lr_scheduler_num_cycles": Place("schedule.cycles", WHOLE),
    "lr_scheduler_power": Place("schedule.power", NUMBER),
    "lr_scheduler_timescale": Place("schedule.timescale", WHOLE),
    "lr_scheduler_min_lr_ratio": Place("schedule.floor", NUMBER),
    "lr_decay_steps": Place("schedule.decay", SPAN),
    "min_snr_gamma": Place("objective.min_snr_gamma", NUMBER),
    "debiased_estimation_loss": Place("objective.debiased", TRUTH),
    "noise_offset": Place("objective.noise_offset", NUMBER),
    "noise_offset_random_strength": Place("objective.noise_offset_random", TRUTH),
    "adaptive_noise_scale": Place("objective.noise_offset_adaptive", NUMBER),
    "multires_noise_iterations": Place("objective.multires_iterations", WHOLE),
    "multires_noise_discount": Place("objective.multires_discount", NUMBER),
    "ip_noise_gamma": Place("objective.input_perturbation", NUMBER),
    "ip_noise_gamma_random_strength": Place("objective.input_perturbation_random", TRUTH),
    "min_timestep": Place("objective.min_timestep", WHOLE),
    "max_timestep": Place("objective.max_timestep", WHOLE),
    "zero_terminal_snr": Place("objective.zero_terminal_snr", TRUTH),
    "loss_type": Place("objective.loss", TEXT),
    "huber_schedule": Place("objective.huber_schedule", TEXT),
    "huber_c": Place("objective.huber_width", NUMBER),
    "huber_scale": Place("objective.huber_scale", NUMBER),
    "prior_loss_weight": Place("objective.prior_weight", POSITIVE),
    "train_batch_size": Place("training.batch_size", WHOLE),
    "gradient_accumulation_steps": Place("training.accumulation", WHOLE),
    "max_grad_norm": Place("training.max_gradient_norm", LIMIT),
    "scale_weight_norms": Place("training.max_weight_norm", NUMBER),
    "gradient_checkpointing": Place("training.gradient_checkpointing", TRUTH),
    "seed": Place("training.seed", WHOLE),
    "save_precision": Place("checkpoints.precision", SAVED),
    "sample_sampler": Place("previews.sampler", SAMPLERS),
}
"""Arguments of the training script."""

PLACES: dict[str, Place] = {**ARGUMENTS, **DATASET_CONFIG, **NETWORK_ARGS, **OPTIMIZER_ARGS}

BY_MEANING = {
    "base.path": "pretrained_model_name_or_path",
    "dataset.path": "train_data_dir image_dir",
    "dataset.masks.source": "masked_loss alpha_mask",
    "dataset.masks.folder": "conditioning_data_dir",
    "cache.latents": "cache_latents cache_latents_to_disk",
    "adapter": "network_module network_args LoRA_type algo",
    "adapter.targets": "preset LyCORIS_preset",
    "adapter.text_encoder": "network_train_unet_only",
    "adapter.ranks": "block_dims block_alphas conv_block_dims",
    "adapter.exclude": "block_lr_zero_threshold",
    "optimizer": "optimizer_type optimizer optimizer_args",
    "optimizer.lr": "learning_rate unet_lr",
    "optimizer.beta1": "betas",
    "optimizer.beta2": "betas",
    "optimizer.beta3": "betas",
    "optimizer.lora_plus": "loraplus_unet_lr_ratio",
    "optimizer.rate_factors": "down_lr_weight mid_lr_weight up_lr_weight block_lr",
    "schedule.kind": "lr_scheduler lr_scheduler_type",
    "schedule.warmup": "lr_warmup_steps lr_warmup",
    "training.length": "max_train_epochs max_train_steps epoch",
    "training.precision": "mixed_precision",
    "checkpoints.every": "save_every_n_epochs save_every_n_steps",
    "previews.every": "sample_every_n_epochs sample_every_n_steps",
    "previews.prompts": "sample_prompts",
    "validation.share": "validation_split",
    "validation.seed": "validation_seed",
    "validation.every": "validate_every_n_epochs validate_every_n_steps",
}
"""Settings of kohya's that aren't carried over one by one, by the place where they go."""


def names_of(place: str) -> list[str]:
    """What kohya's programs call a place of the recipe, or a table of kinds."""
    direct = [key for key, one in PLACES.items() if one.path == place]
    aliases = [alias for alias, key in ALIASES.items() if key in direct]
    return list(dict.fromkeys([*direct, *aliases, *BY_MEANING.get(place, "").split()]))


NEEDED: dict[str, tuple[str, tuple[Any, ...]]] = {
    "bucket_no_upscale": ("dataset.buckets.enabled", ()),
    "prior_loss_weight": ("dataset.regularization", ()),
    "token_warmup_min": ("dataset.captions.tag_warmup", ()),
    "lr_scheduler_num_cycles": ("schedule.kind", ("cosine_with_restarts",)),
    "lr_scheduler_power": ("schedule.kind", ("polynomial",)),
    "lr_scheduler_timescale": ("schedule.kind", ("inverse_sqrt",)),
    "lr_scheduler_min_lr_ratio": ("schedule.kind", ("cosine", "warmup_stable_decay")),
    "lr_decay_steps": ("schedule.kind", ("warmup_stable_decay",)),
    "noise_offset_random_strength": ("objective.noise_offset", ()),
    "multires_noise_discount": ("objective.multires_iterations", ()),
    "ip_noise_gamma_random_strength": ("objective.input_perturbation", ()),
    "huber_schedule": ("objective.loss", ("huber", "smooth_l1")),
    "huber_c": ("objective.loss", ("huber", "smooth_l1")),
    "huber_scale": ("objective.loss", ("huber", "smooth_l1")),
    "conv_dim": ("adapter.targets", ("full", "all")),
    "conv_alpha": ("adapter.targets", ("full", "all")),
    "use_tucker": ("adapter.targets", ("full", "all")),
}
"""Settings that have an effect only if another place of the recipe has one of these values (or any, if none is named).
kohya's GUI saves them always, a recipe must not hold them without it."""
