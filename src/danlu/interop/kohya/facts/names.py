"""What kohya calls kinds of adapters, optimizers and schedules, and what comes nearest to those that Danlu hasn't.
Where several names stand for one of ours, the first is the one that is written.
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
NEAREST_SCHEDULES = {
    "adafactor": "constant",
    "piecewise_constant": "constant",
    "ConstantLR": "constant",
    "LinearLR": "linear",
    "rex": "linear",
    "RexAnnealingWarmRestarts": "linear",
    "rex_annealing_warm_restarts": "linear",
    "PolynomialLR": "polynomial",
    "cosine_annealing": "cosine",
    "CosineAnnealingLR": "cosine",
    "OneCycleLR": "cosine",
    "reduce_lr_on_plateau": "constant",
    "cosine_annealing_warm_restarts": "cosine_with_restarts",
    "CosineAnnealingWarmRestarts": "cosine_with_restarts",
    "CosineAnnealingWarmupRestarts": "cosine_with_restarts",
    "cosine_warmup_with_min_lr": "cosine",
}
"""Schedules that Danlu hasn't, and which of its own comes nearest."""

OPTIMIZERS = {
    "AdamW": "adamw",
    "AdamW8bit": "adamw8bit",
    "PagedAdamW8bit": "adamw8bit",
    "PagedAdamW": "adamw",
    "PagedAdamW32bit": "adamw",
    "AdamW32bit": "adamw",
    "Lion": "lion",
    "Lion8bit": "lion",
    "PagedLion8bit": "lion",
    "Prodigy": "prodigy",
    "AdaFactor": "adafactor",
    "DAdaptAdam": "dadapt_adam",
    "DAdaptation": "dadapt_adam",
    "DAdaptAdamPreprint": "dadapt_adam",
    "DAdaptLion": "dadapt_lion",
    "AdamWScheduleFree": "schedulefree_adamw",
    "pytorch_optimizer.CAME": "came",
    "came_pytorch.CAME": "came",
    "CAME": "came",
    "SGD": "sgd",
    "SGDNesterov": "sgd",
    "SGD8bit": "sgd",
    "SGDNesterov8bit": "sgd",
}
"""sd-scripts takes an optimizer of PyTorch by its name, and any other by its module."""
NEAREST_OPTIMIZERS = {
    "ProdigyPlusScheduleFree": "prodigy",
    "DAdaptAdaGrad": "dadapt_adam",
    "DAdaptAdan": "dadapt_adam",
    "DAdaptAdanIP": "dadapt_adam",
    "DAdaptSGD": "dadapt_adam",
    "RAdamScheduleFree": "schedulefree_adamw",
    "ScheduleFreeAdamW": "schedulefree_adamw",
    "AdEMAMix8bit": "adamw8bit",
    "PagedAdEMAMix8bit": "adamw8bit",
    "Adam8bit": "adamw8bit",
    "Tiger": "lion",
    "CAME8bit": "came",
}
"""Optimizers that Danlu hasn't, and which of its own comes nearest; `adamw` is nearest to the rest."""

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
    "networks.oft": "oft",
    "networks.loha": "loha",
    "networks.lokr": "lokr",
    "Kohya LoHa": "loha",
    "Kohya LoKr": "lokr",
    "LyCORIS/IA3": "ia3",
    "LyCORIS/OFT": "oft",
    "LyCORIS/diag_oft": "oft",
}
"""The GUI's "LoRA type"; for sd-scripts a module, or `lycoris/` and the algorithm."""

NEAREST_TYPES = {
    "networks.lora_fa": "lora",
    "LoRA-FA": "lora",
    "LyCORIS/LoRA-FA": "lora",
    "LyCORIS/GLoRA": "locon",
    "LyCORIS/BOFT": "oft",
    "LyCORIS/TLora": "locon",
    "LyCORIS/T-LoRA": "locon",
    "LyCORIS/ABBA": "loha",
}
"""Types that Danlu hasn't, and which of its own comes nearest; `lora` is nearest to the rest."""
OTHER_BASES = {
    "flux": "Flux",
    "chroma": "Chroma",
    "sd3": "Stable Diffusion 3",
    "lumina": "Lumina",
    "hunyuan": "HunyuanImage",
    "anima": "Anima",
    "wan": "Wan",
    "qwen": "Qwen-Image",
    "zimage": "Z-Image",
    "kontext": "Flux Kontext",
    "cascade": "Stable Cascade",
}
"""Words in names of modules, types and switches that tell a base which Danlu can't train."""


def ours(names: Mapping[str, str], theirs: str) -> str | None:
    """Our name of a kind, however theirs is cased or spaced; of an import path (`library.came.CAME`), the last name
    counts where the whole isn't known.
    """
    folded = {_folded(name): kind for name, kind in names.items()}
    return folded.get(_folded(theirs)) or folded.get(_folded(theirs.rpartition(".")[2]))


def _folded(name: str) -> str:
    return "".join(name.lower().split())


def theirs(names: Mapping[str, str], kind: str) -> str:
    """Their name of one of our kinds."""
    return next(name for name, ours in names.items() if ours == kind)
