"""What kohya's programs do where their settings say nothing: tables of facts, from sd-scripts' argument parser and
networks, from LyCORIS and from the libraries of optimizers.
"""

from typing import Any

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
LEARNING_RATE, STEPS = 2e-6, 1600

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
OTHERWISE: dict[str, dict[str, Any]] = {
    "prodigy": {"use_bias_correction": False, "safeguard_warmup": False},
}
"""What the libraries do where Danlu leaves no choice and does otherwise."""
