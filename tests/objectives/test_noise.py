"""Noise offset and multires noise: their statistics, and that they follow from the generator alone."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from danlu.objectives.base import ObjectiveConfig
from danlu.objectives.noise import offset_strengths, pyramid, unit_deviation
from danlu.training.randomness import Draw, draw_sample


def test_offset_grows_with_the_distance_from_grey() -> None:
    latents = torch.stack([torch.full((4, 3, 5), 2.0), torch.full((4, 3, 5), -0.5), torch.zeros(4, 3, 5)])
    strengths = offset_strengths(latents, torch.tensor([0.1, 0.1, 0.1]), 0.05)
    assert strengths.shape == (3, 4, 1, 1)
    assert strengths[:, 0, 0, 0].tolist() == pytest.approx([0.2, 0.125, 0.1])
    assert offset_strengths(latents, torch.zeros(3), -1.0).max() == 0  # never below zero


@given(st.integers(1, 10), st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**31))
def test_pyramid_follows_from_its_generator(iterations: int, height: int, width: int, seed: int) -> None:
    shape = (4, height, width)
    one, other = (pyramid(shape, iterations, 0.3, torch.Generator().manual_seed(seed)) for _ in range(2))
    assert one.shape == shape
    assert torch.equal(one, other)
    assert bool(torch.isfinite(one).all())


def test_pyramid_sums_layers_by_its_formula() -> None:
    generator = torch.Generator().manual_seed(5)
    total = pyramid((4, 64, 32), 6, 0.4, generator)
    again, expected = torch.Generator().manual_seed(5), torch.zeros(1, 4, 64, 32)
    for layer in range(6):
        r = 2 + 2 * torch.rand((), generator=again).item()
        h, w = max(1, math.floor(64 / r**layer)), max(1, math.floor(32 / r**layer))
        noise = torch.randn(1, 4, h, w, generator=again)
        expected += 0.4**layer * torch.nn.Upsample(size=(64, 32), mode="bilinear")(noise)
        if h == 1 or w == 1:
            break
    torch.testing.assert_close(total[None], expected)


def test_multires_noise_has_unit_deviation_and_more_large_shapes() -> None:
    white = torch.randn(8, 4, 64, 64, generator=torch.Generator().manual_seed(1))
    coarse = torch.stack([pyramid((4, 64, 64), 6, 0.8, torch.Generator().manual_seed(seed)) for seed in range(8)])
    noise = unit_deviation(white + coarse)
    assert noise.std(dim=(1, 2, 3)).tolist() == pytest.approx([1] * 8, abs=1e-4)
    assert torch.nn.functional.avg_pool2d(noise, 16).std() > 3 * torch.nn.functional.avg_pool2d(white, 16).std()


def draw(place: int = 3, **settings: object) -> Draw:
    return draw_sample((4, 8, 6), ObjectiveConfig.model_validate(settings), seed=1, epoch=2, place=place)


def test_options_change_only_their_own_numbers() -> None:
    plain = draw()
    options = draw(
        noise_offset=0.1,
        noise_offset_random=True,
        multires_iterations=6,
        input_perturbation=0.1,
        input_perturbation_random=True,
    )
    assert plain.uniform == options.uniform
    for name in ("noise", "posterior", "offset"):
        assert torch.equal(getattr(plain, name), getattr(options, name))
    assert plain.offset_share == 1 and 0 <= options.offset_share < 1
    assert not plain.coarse.any() and options.coarse.any()
    assert not plain.perturbation.any()
    assert 0 < options.perturbation.abs().mean() < draw(input_perturbation=0.1).perturbation.abs().mean()


def test_draws_follow_from_the_place_alone() -> None:
    settings = {"noise_offset": 0.1, "noise_offset_random": True, "multires_iterations": 3, "input_perturbation": 0.2}
    torch.manual_seed(7)
    one = draw(**settings)
    torch.manual_seed(8)
    other, elsewhere = draw(**settings), draw(place=4, **settings)
    for name in ("noise", "posterior", "offset", "coarse", "perturbation"):
        assert torch.equal(getattr(one, name), getattr(other, name))
        assert not torch.equal(getattr(one, name), getattr(elsewhere, name))
    assert one.offset_share == other.offset_share != elsewhere.offset_share


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"noise_offset_random": True}, "noise_offset_random has no effect without noise_offset"),
        ({"multires_discount": 0.5}, "multires_discount has no effect without multires_iterations"),
        ({"input_perturbation_random": True}, "has no effect without input_perturbation"),
        ({"huber_width": 0.5}, "huber_width has no effect without loss 'huber' / 'smooth_l1'"),
        ({"loss": "l1", "huber_schedule": "constant"}, "huber_schedule has no effect"),
        ({"min_timestep": 500, "max_timestep": 500}, r"min_timestep \(500\) must lie below max_timestep \(500\)"),
    ],
)
def test_settings_without_effect_are_refused(settings: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence) as caught:
        ObjectiveConfig.model_validate(settings)
    assert "不起作用" in str(caught.value) or "必须小于" in str(caught.value)
