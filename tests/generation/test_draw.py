"""Drawing: the same pictures as diffusers draws, whatever the batch, and nothing else is disturbed."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import (
    DDIMScheduler,
    DPMSolverMultistepScheduler,
    EulerAncestralDiscreteScheduler,
    EulerDiscreteScheduler,
    StableDiffusionPipeline,
)
from PIL import Image

from danlu.datasets.pictures import Size
from danlu.families.base import Base
from danlu.generation.draw import draw
from danlu.generation.prompts import SAMPLER_NAMES, Prompt
from danlu.kit.errors import UserError

# diffusers' own set_timesteps; our way to it is quiet.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept:DeprecationWarning")

# As a user of diffusers writes these samplers, from the base's own scheduler config.
IN_DIFFUSERS = {
    "Euler": (EulerDiscreteScheduler, {"timestep_spacing": "linspace"}),
    "Euler a": (EulerAncestralDiscreteScheduler, {"timestep_spacing": "linspace"}),
    "DPM++ 2M": (DPMSolverMultistepScheduler, {"timestep_spacing": "linspace"}),
    "DPM++ 2M Karras": (DPMSolverMultistepScheduler, {"use_karras_sigmas": True}),
    "DDIM": (
        DDIMScheduler,
        {"timestep_spacing": "leading", "steps_offset": 1, "clip_sample": False, "set_alpha_to_one": False},
    ),
}

PROMPT = Prompt("a girl, smile", negative="blurry", seed=7, size=Size(32, 48), steps=5, cfg=6.0)


def difference(one: Image.Image, other: Image.Image) -> int:
    """The largest difference of any channel of any pixel."""
    return int(np.abs(np.asarray(one).astype(int) - np.asarray(other).astype(int)).max())


def encoded_by_hand(pipeline: StableDiffusionPipeline, text: str, clip_skip: int) -> torch.Tensor:
    """As diffusers' `encode_prompt`, whose own clip skip doesn't run with this transformers."""
    tokens = pipeline.tokenizer(text, padding="max_length", max_length=77, truncation=True, return_tensors="pt")
    with torch.no_grad():
        outputs = pipeline.text_encoder(tokens.input_ids, output_hidden_states=True)
        if clip_skip == 1:
            return outputs.last_hidden_state
        return pipeline.text_encoder.final_layer_norm(outputs.hidden_states[-clip_skip])


def drawn_by_diffusers(pipeline: StableDiffusionPipeline, prompt: Prompt) -> Image.Image:
    make, settings = IN_DIFFUSERS[prompt.sampler]
    pipeline.scheduler = make.from_config(pipeline.scheduler.config, **settings)
    return pipeline(
        prompt_embeds=encoded_by_hand(pipeline, prompt.text, prompt.clip_skip),
        negative_prompt_embeds=encoded_by_hand(pipeline, prompt.negative, prompt.clip_skip),
        width=prompt.size.width,
        height=prompt.size.height,
        num_inference_steps=prompt.steps,
        guidance_scale=prompt.cfg,
        generator=torch.Generator().manual_seed(prompt.seed),
    ).images[0]


def test_sides_that_do_not_halve_evenly(
    base: Base, pipeline: StableDiffusionPipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sides of whole latents are enough, as for sd-scripts, A1111 and ComfyUI; buckets want more."""
    original = pipeline.scheduler
    monkeypatch.setattr(pipeline, "check_inputs", lambda *_, **__: None)  # it wants 8 px of a VAE of factor 4
    prompt = replace(PROMPT, size=Size(36, 44), sampler="Euler")
    try:
        theirs = drawn_by_diffusers(pipeline, prompt)
    finally:
        pipeline.scheduler = original
    (ours,) = draw(base, [prompt])
    assert ours.size == (36, 44) and difference(ours, theirs) <= 1


@pytest.mark.parametrize("sampler", SAMPLER_NAMES)
def test_same_as_diffusers(base: Base, pipeline: StableDiffusionPipeline, sampler: str) -> None:
    original = pipeline.scheduler
    prompt = replace(PROMPT, sampler=sampler)
    try:
        theirs = drawn_by_diffusers(pipeline, prompt)
    finally:
        pipeline.scheduler = original
    (ours,) = draw(base, [prompt])
    assert ours.size == (32, 48)
    assert difference(ours, theirs) <= 2


@pytest.mark.parametrize("change", [{"clip_skip": 2}, {"cfg": 1.0}, {"negative": ""}, {"steps": 1}, {"steps": 20}])
def test_same_as_diffusers_with_other_settings(
    base: Base, pipeline: StableDiffusionPipeline, change: dict[str, object]
) -> None:
    original = pipeline.scheduler
    prompt = replace(PROMPT, sampler="Euler a", **change)
    try:
        theirs = drawn_by_diffusers(pipeline, prompt)
    finally:
        pipeline.scheduler = original
    assert difference(draw(base, [prompt])[0], theirs) <= 2


def test_same_in_every_batch_and_order(base: Base) -> None:
    prompts = [
        replace(PROMPT, seed=seed, sampler=sampler, text=text)
        for seed, sampler, text in [(1, "Euler a", "a"), (2, "DDIM", "b"), (3, "Euler a", "c"), (1, "Euler a", "d")]
    ]
    alone = [draw(base, [prompt])[0] for prompt in prompts]
    for batch_size in (1, 2, 4):
        together = draw(base, prompts, batch_size=batch_size)
        assert max(difference(one, other) for one, other in zip(alone, together, strict=True)) <= 1
    assert difference(alone[0], alone[3]) > 2


def limit_memory(base: Base, monkeypatch: pytest.MonkeyPatch, *, samples: int, decodes: int) -> list[int]:
    """Let what doesn't fit fail; returns the sizes of all batches that were sampled or tried."""
    tried: list[int] = []

    def limit(name: str, largest: int) -> None:
        whole = getattr(base, name)

        def limited(first: torch.Tensor, *others: Any) -> torch.Tensor:
            if name == "predict":
                tried.append(len(first))
            if len(first) > largest:
                raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.\nMore words")
            return whole(first, *others)

        monkeypatch.setattr(base, name, limited)

    limit("predict", samples)
    limit("decode_latents", decodes)
    return tried


def test_fewer_at_once_where_memory_runs_out(base: Base, monkeypatch: pytest.MonkeyPatch) -> None:
    prompts = [replace(PROMPT, seed=seed, cfg=1.0) for seed in range(6)]
    whole = draw(base, prompts, batch_size=5)
    tried = limit_memory(base, monkeypatch, samples=2, decodes=1)
    seen: list[tuple[int, int]] = []
    parts = draw(base, prompts, batch_size=5, on_step=lambda done, total: seen.append((done, total)))
    assert tried == [5, 3, *[2] * 15]
    assert seen == [(number, 30) for number in range(2, 31, 2)]
    assert max(difference(one, other) for one, other in zip(whole, parts, strict=True)) <= 1


@pytest.mark.parametrize("limits", [(0, 1), (1, 0)], ids=["sampling", "decoding"])
def test_one_picture_that_does_not_fit_is_told(
    base: Base, monkeypatch: pytest.MonkeyPatch, limits: tuple[int, int]
) -> None:
    limit_memory(base, monkeypatch, samples=limits[0], decodes=limits[1])
    with pytest.raises(UserError, match=r"a single picture of 32x48 was drawn \(.*Tried to allocate 2.00 GiB\): draw"):
        draw(base, [replace(PROMPT, cfg=1.0, steps=1)])


def test_other_errors_are_not_hidden(base: Base, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    monkeypatch.setattr(base, "predict", refuse)
    with pytest.raises(RuntimeError, match="cannot be multiplied"):
        draw(base, [PROMPT])


def test_counts_the_steps_of_all_pictures(base: Base) -> None:
    seen: list[tuple[int, int]] = []
    prompts = [replace(PROMPT, seed=seed) for seed in range(3)] + [replace(PROMPT, steps=2)]
    draw(base, prompts, batch_size=2, on_step=lambda done, total: seen.append((done, total)))
    assert seen == [(number, 17) for number in (2, 4, 6, 8, 10, *range(11, 18))]


def test_leaves_random_state_and_training_mode_alone(base: Base) -> None:
    base.text_encoder.train()
    before = torch.get_rng_state()
    try:
        draw(base, [replace(PROMPT, sampler="Euler a")])
        assert torch.equal(before, torch.get_rng_state())
        assert base.text_encoder.training
        assert not base.unet.training
    finally:
        base.text_encoder.eval()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"size": Size(30, 32)}, "multiples of 4, for example 32x32"),
        ({"steps": 0}, "1 or more"),
        ({"sampler": "DPM++ 2M karas"}, "did you mean 'DPM++ 2M Karras'"),
        ({"clip_skip": 0}, "clip skip"),
        ({"max_tokens": 100}, "75, 150, 225"),
    ],
)
def test_mistakes_are_told(base: Base, change: dict[str, object], said: str) -> None:
    with pytest.raises(UserError) as told:
        draw(base, [replace(PROMPT, **change)])
    assert said in told.value.text.en
    assert told.value.text.zh
