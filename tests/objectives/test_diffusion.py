"""The formulas, by golden values (formulas.md section 4) and by identities."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from danlu.objectives.diffusion import (
    add_noise,
    debiased_weights,
    gaussian_latents,
    min_snr_weights,
    stratified_timesteps,
    target_of,
)


def schedule() -> torch.Tensor:
    betas = torch.linspace(0.00085**0.5, 0.012**0.5, 1000, dtype=torch.float64) ** 2
    return torch.cumprod(1 - betas, 0)


def test_snr_and_min_snr_of_stable_diffusion() -> None:
    alphas = schedule()
    snr = (alphas / (1 - alphas))[[0, 1, 10, 100, 500, 900, 999]]
    assert snr.tolist() == pytest.approx([1175, 586, 103.5, 8.45, 0.382, 0.01435, 0.00468], rel=2e-3)
    assert min_snr_weights(alphas, 5, "epsilon").mean().item() == pytest.approx(0.917, abs=1e-3)
    assert min_snr_weights(alphas, 5, "v_prediction").mean().item() == pytest.approx(0.294, abs=1e-3)
    assert int((min_snr_weights(alphas, 5, "epsilon") < 1).sum()) == 147
    debiased = debiased_weights(alphas, "epsilon")
    assert (debiased.min().item(), debiased.max().item()) == pytest.approx((0.0316, 14.6), rel=5e-3)
    assert debiased.mean().item() == pytest.approx(3.02, abs=0.01)
    assert bool((min_snr_weights(alphas, None, "epsilon") == 1).all())


def test_targets_recover_the_latents() -> None:
    alphas = schedule()[[3, 400, 990]]
    latents, noise = torch.randn(2, 3, 4, 5, 6, dtype=torch.float64)
    noisy = add_noise(latents, noise, alphas)
    a, s = alphas.sqrt()[:, None, None, None], (1 - alphas).sqrt()[:, None, None, None]
    torch.testing.assert_close((noisy - s * target_of(latents, noise, alphas, "epsilon")) / a, latents)
    torch.testing.assert_close(a * noisy - s * target_of(latents, noise, alphas, "v_prediction"), latents)


@given(st.lists(st.floats(0, 0.999999), min_size=1, max_size=64))
def test_timesteps_fill_every_part_of_the_schedule(uniform: list[float]) -> None:
    steps = stratified_timesteps(torch.tensor(uniform, dtype=torch.float64), 1000)
    size = len(uniform)
    for place, step in enumerate(steps.tolist()):
        assert place * 1000 / size - 1 <= step <= (place + 1) * 1000 / size


def test_posterior_sample_has_its_variance() -> None:
    noise = torch.randn(20000, generator=torch.Generator().manual_seed(0))
    drawn = gaussian_latents(torch.tensor(3.0), torch.tensor(-2.0), noise)
    assert drawn.mean().item() == pytest.approx(3, abs=0.02)
    assert drawn.var().item() == pytest.approx(2.718281828**-2, rel=0.05)
