"""What kohya calls kinds of adapters, optimizers and schedules. Where several names stand for one of ours, the first is
the one that is written.
"""

from collections.abc import Mapping

SCHEDULES = {
    "constant": "constant",
    "constant_with_warmup": "constant",
    "linear": "linear",
    "cosine": "cosine",
    "cosine_with_min_lr": "cosine",
    "cosine_with_restarts": "cosine_with_restarts",
    "polynomial": "polynomial",
    "inverse_sqrt": "inverse_sqrt",
    "warmup_stable_decay": "warmup_stable_decay",
}

OPTIMIZERS = {
    "AdamW": "adamw",
    "AdamW8bit": "adamw8bit",
    "PagedAdamW8bit": "adamw8bit",
    "Lion": "lion",
    "Lion8bit": "lion",
    "Prodigy": "prodigy",
    "AdaFactor": "adafactor",
    "DAdaptAdam": "dadapt_adam",
    "DAdaptation": "dadapt_adam",
    "DAdaptLion": "dadapt_lion",
    "AdamWScheduleFree": "schedulefree_adamw",
    "pytorch_optimizer.CAME": "came",
    "came_pytorch.CAME": "came",
    "CAME": "came",
    "SGD": "sgd",
    "SGDNesterov": "sgd",
}
"""sd-scripts takes an optimizer of PyTorch by its name, and any other by its module."""

FIXED: dict[str, dict[str, object]] = {
    "prodigy": {"decouple": True, "use_bias_correction": True, "safeguard_warmup": True},
    "dadapt_adam": {"decouple": True},
    "adafactor": {"relative_step": False, "warmup_init": False},
}
"""Arguments of optimizers that Danlu leaves no choice about, where their library does otherwise if nothing is said."""

LORA_TYPES = {
    "Standard": "lora",
    "Kohya LoCon": "locon",
    "Kohya DyLoRA": "dylora",
    "LyCORIS/LoCon": "locon",
    "LyCORIS/LoHa": "loha",
    "LyCORIS/LoKr": "lokr",
    "LyCORIS/iA3": "ia3",
    "LyCORIS/Diag-OFT": "oft",
    "LyCORIS/Native Fine-Tuning": "full",
    "LyCORIS/full": "full",
    "LyCORIS/LoRA": "lora",
    "LyCORIS/DyLoRA": "dylora",
    "LoRA": "lora",
    "LoCon": "locon",
    "networks.lora": "lora",
    "networks.dylora": "dylora",
}
"""The GUI's "LoRA type"; for sd-scripts a module, or `lycoris/` and the algorithm."""


def ours(names: Mapping[str, str], theirs: str) -> str | None:
    """Our name of a kind, however theirs is cased or spaced."""
    folded = {"".join(name.lower().split()): kind for name, kind in names.items()}
    return folded.get("".join(theirs.lower().split()))


def theirs(names: Mapping[str, str], kind: str) -> str:
    """Their name of one of our kinds."""
    return next(name for name, ours in names.items() if ours == kind)
