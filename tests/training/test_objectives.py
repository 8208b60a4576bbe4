"""The stepper gives its objective what the recipe asks for: noise, input, target, weights, range of timesteps."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import torch

from danlu.adapters.injection import Injection
from danlu.cache.latents import Latents
from danlu.families.base import Base, Framing, Prediction
from danlu.families.schedule import with_zero_terminal_snr
from danlu.kit.errors import UserError
from danlu.kit.files import file_sha256
from danlu.objectives.base import ObjectiveConfig
from danlu.pipeline.survey import find_recipe_base, survey_recipe
from danlu.pipeline.train import train
from danlu.recipe import load_recipe
from danlu.rundir.events import Step, Warned
from danlu.rundir.journal import read_journal
from danlu.training.randomness import draw_sample
from danlu.training.step import Noised, Sample, Stepper
from small_world import make_recipe

SHAPE = (4, 8, 6)
BETAS = torch.linspace(0.00085**0.5, 0.012**0.5, 1000, dtype=torch.float64) ** 2
ALPHAS = torch.cumprod(1 - BETAS, 0)


def noised(prediction: Prediction = "epsilon", *, zero: bool = False, **settings: Any) -> tuple[Noised, list[Sample]]:
    """A group of 3 samples after noise was added, for a base whose latents are scaled by 2."""
    objective = ObjectiveConfig.model_validate({"min_snr_gamma": None, **settings})
    base = SimpleNamespace(
        alphas_cumprod=with_zero_terminal_snr(ALPHAS) if zero else ALPHAS,
        facts=SimpleNamespace(prediction=prediction),
        scale_latents=lambda latents: latents * 2,
    )
    stepper = Stepper(
        base=cast(Base, base),
        injection=cast(Injection, None),
        conditioner=lambda captions: torch.zeros(len(captions), 1),
        base_conditioner=lambda captions: torch.zeros(len(captions), 1),
        objective=objective,
        micro_batch=3,
        dtype=torch.float32,
        device="cpu",
    )
    framing = Framing.whole(48, 64)
    latents = Latents(torch.full(SHAPE, 0.5), torch.full(SHAPE, -30.0))
    samples = [
        Sample(latents, draw_sample(SHAPE, objective, seed=1, epoch=1, place=place), "", None, framing, 1.0)
        for place in range(3)
    ]
    return stepper.noise(samples), samples


def test_plain_target_is_the_drawn_noise() -> None:
    plain, samples = noised()
    assert torch.equal(plain.target, torch.stack([sample.draw.noise for sample in samples]))
    assert plain.weights.tolist() == [1, 1, 1]


def test_offset_shifts_target_and_input_alike() -> None:
    (plain, samples), (shifted, _) = noised(), noised(noise_offset=0.1, noise_offset_adaptive=0.05)
    # The latents' mean is 2 · 0.5 in every channel: o = 0.1 + 0.05 · 1.
    expected = torch.stack([0.15 * sample.draw.offset.expand(SHAPE) for sample in samples])
    torch.testing.assert_close(shifted.target - plain.target, expected, rtol=1e-4, atol=1e-6)
    roots = (1 - ALPHAS[plain.timesteps]).sqrt().float()[:, None, None, None]
    torch.testing.assert_close(shifted.noisy - plain.noisy, roots * expected, rtol=1e-4, atol=1e-5)


def test_random_offset_is_each_pictures_own() -> None:
    (plain, _), (shifted, samples) = noised(), noised(noise_offset=0.1, noise_offset_random=True)
    expected = torch.stack([0.1 * sample.draw.offset_share * sample.draw.offset.expand(SHAPE) for sample in samples])
    torch.testing.assert_close(shifted.target - plain.target, expected, rtol=1e-3, atol=1e-6)
    assert len({sample.draw.offset_share for sample in samples}) == 3


def test_perturbation_is_seen_but_not_asked_for() -> None:
    (plain, _), (disturbed, samples) = noised(), noised(input_perturbation=0.1)
    assert torch.equal(plain.target, disturbed.target)
    roots = (1 - ALPHAS[plain.timesteps]).sqrt().float()[:, None, None, None]
    expected = roots * torch.stack([sample.draw.perturbation for sample in samples])
    torch.testing.assert_close(disturbed.noisy - plain.noisy, expected, rtol=1e-4, atol=1e-5)


def test_multires_noise_has_unit_deviation_sample_by_sample() -> None:
    coarse, samples = noised(multires_iterations=6, noise_offset=0.1)
    assert coarse.target.std(dim=(1, 2, 3)).tolist() == pytest.approx([1] * 3, abs=1e-4)
    raw = samples[1].draw.noise + 0.1 * samples[1].draw.offset + samples[1].draw.coarse
    torch.testing.assert_close(coarse.target[1], raw / raw.std())


def test_weights_come_from_the_rescaled_schedule() -> None:
    plain, _ = noised("v_prediction", min_snr_gamma=5)
    rescaled, _ = noised("v_prediction", zero=True, min_snr_gamma=5, zero_terminal_snr=True)
    snr = ALPHAS / (1 - ALPHAS)
    after = with_zero_terminal_snr(ALPHAS) / (1 - with_zero_terminal_snr(ALPHAS))
    steps = plain.timesteps
    assert torch.equal(steps, rescaled.timesteps)
    assert plain.weights.tolist() == pytest.approx((snr.clamp(max=5) / (snr + 1))[steps].tolist(), rel=1e-4)
    assert rescaled.weights.tolist() == pytest.approx((after.clamp(max=5) / (after + 1))[steps].tolist(), rel=1e-4)


def test_timesteps_stay_in_their_range() -> None:
    group, _ = noised(min_timestep=300, max_timestep=303)
    assert group.timesteps.tolist() == [300, 301, 302]


def test_parts_hold_their_rows() -> None:
    group, _ = noised(loss="huber")
    part = group.part([2, 0])
    for name in ("noisy", "target", "timesteps", "weights", "widths"):
        assert torch.equal(getattr(part, name), getattr(group, name)[[2, 0]])
    assert torch.equal(replace(part, target=part.noisy).target, group.noisy[[2, 0]])


def test_every_option_trains_and_portions_change_nothing(dataset: Path, base_folder: Path, tmp_path: Path) -> None:
    objective = {
        "loss": "huber",
        "noise_offset": 0.05,
        "noise_offset_adaptive": 0.01,
        "noise_offset_random": True,
        "multires_iterations": 4,
        "input_perturbation": 0.1,
        "input_perturbation_random": True,
        "min_timestep": 100,
        "max_timestep": 900,
    }
    found = []
    for batch, accumulation in ((1, 2), (2, 1)):
        changes = {
            "objective": objective,
            "training": {"length": "3 steps", "batch_size": batch, "accumulation": accumulation},
        }
        folder, _ = train(make_recipe(dataset, base_folder, changes), tmp_path / str(batch))
        found.append([event.loss for event in read_journal(folder.journal) if isinstance(event, Step)])
    assert found[0] == pytest.approx(found[1], rel=1e-4)
    assert len(found[0]) == 3


def test_a_base_that_predicts_v_trains_and_draws_to_pure_noise(
    dataset: Path, base_folder: Path, tmp_path: Path
) -> None:
    base = tmp_path / "base"
    shutil.copytree(base_folder, base)
    file = base / "scheduler" / "scheduler_config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "prediction_type": "v_prediction"}))
    found, pictures = [], []
    for zero in (False, True):
        changes = {
            "objective": {"zero_terminal_snr": zero, "min_timestep": 900},
            "training": {"length": "2 steps"},
            "previews": {"every": "1 epoch", "steps": 3, "prompts": ["zq"]},
        }
        folder, _ = train(make_recipe(dataset, base, changes), tmp_path / f"run{zero}")
        family, facts = find_recipe_base(load_recipe(folder.recipe))  # as evaluation loads it afterwards
        assert (float(family.load(facts, dtype=torch.float32, device="cpu").alphas_cumprod[-1]) == 0) == zero
        events = list(read_journal(folder.journal))
        assert not [event for event in events if isinstance(event, Warned)]
        found.append([event.loss for event in events if isinstance(event, Step)])
        pictures.append(file_sha256(folder.preview_folder(None) / "01.png"))
    # Almost no signal is left at the end: min-SNR weighs it by SNR / (SNR + 1), which is next to nothing.
    assert all(0 < after < 0.8 * before for before, after in zip(*found, strict=True))
    assert pictures[0] != pictures[1]  # the base's own picture follows the schedule


def test_zero_terminal_snr_is_for_v(dataset: Path, base_folder: Path) -> None:
    with pytest.raises(UserError, match=r"for bases that predict v, and .* predicts the noise") as caught:
        survey_recipe(make_recipe(dataset, base_folder, {"objective": {"zero_terminal_snr": True}}))
    assert "仅用于 v 预测" in caught.value.text.zh
