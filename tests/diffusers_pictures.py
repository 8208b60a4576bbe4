"""What diffusers draws with an adapter file, beside the previews that Danlu drew with it."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from diffusers import StableDiffusionPipeline
from PIL import Image

from danlu.generation.pngtext import read_png
from danlu.generation.samplers import make_scheduler


def largest_difference(base: Path, adapter: Path, previews: Sequence[Path]) -> int:
    """The largest difference of a level (0…255) between previews and diffusers' pictures of the same parameters.

    In float32, with DPM++ 2M Karras, as previews are drawn by default.
    """
    pipeline = StableDiffusionPipeline.from_pretrained(
        base, dtype=torch.float32, safety_checker=None, local_files_only=True
    )
    pipeline.set_progress_bar_config(disable=True)
    pipeline.load_lora_weights(str(adapter.parent), weight_name=adapter.name)
    alphas = torch.as_tensor(pipeline.scheduler.alphas_cumprod)
    apart = list[int]()
    for path in previews:
        prompt = read_png(path).prompt
        assert prompt.sampler == "DPM++ 2M Karras"
        pipeline.scheduler = make_scheduler("DPM++ 2M Karras", alphas, "epsilon")
        drawn = pipeline(
            prompt.text,
            negative_prompt=prompt.negative,
            num_inference_steps=prompt.steps,
            guidance_scale=prompt.cfg,
            width=prompt.size.width,
            height=prompt.size.height,
            generator=torch.Generator().manual_seed(prompt.seed),
        ).images[0]
        apart.append(int(np.abs(np.array(drawn).astype(int) - np.array(Image.open(path)).astype(int)).max()))
    return max(apart)
