"""diffusers with PEFT, as they are installed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from diffusers import EulerDiscreteScheduler, StableDiffusionPipeline, StableDiffusionXLPipeline
from layers import with_model
from programs import make_base

import tiny_families


def make_reader(_: Path, base: Any) -> Callable[[Path, float], dict[str, Any]]:
    """diffusers' `load_lora_weights`; what PEFT adds to each layer."""
    parts = vars(make_base(base["family"]))
    tokenizer, scheduler = tiny_families._tokenizer("!"), EulerDiscreteScheduler()
    if base["family"] == "sdxl":
        pipeline: Any = StableDiffusionXLPipeline(
            **parts, tokenizer=tokenizer, tokenizer_2=tokenizer, scheduler=scheduler, add_watermarker=False
        )
    else:
        others = {"safety_checker": None, "feature_extractor": None, "requires_safety_checker": False}
        pipeline = StableDiffusionPipeline(**parts, tokenizer=tokenizer, scheduler=scheduler, **others)
    names = {
        (component, with_model(path) if component != "unet" else path): name
        for name, (component, path, _) in base["layers"].items()
    }

    def apply(file: Path, strength: float) -> dict[str, Any]:
        try:
            pipeline.load_lora_weights(str(file.parent), weight_name=file.name, adapter_name="a")
            pipeline.set_adapters(["a"], [strength])
            return {
                names[component, path if component == "unet" else with_model(path)]: (layer.get_delta_weight("a"), None)
                for component in parts
                for path, layer in getattr(pipeline, component).named_modules()
                if hasattr(layer, "get_delta_weight")
            }
        finally:
            pipeline.unload_lora_weights()

    return apply
