"""The formulas, by golden values (formulas.md section 4) and by identities."""

import pytest
import torch
from diffusers.schedulers.scheduling_ddim import rescale_zero_terminal_snr
from hypothesis import given
from hypothesis import strategies as st

from danlu.families.schedule import with_zero_terminal_snr
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


def test_zero_terminal_snr() -> None:
    """Golden values of formulas.md section 3, and diffusers' own rescaling."""
    before, after = schedule(), with_zero_terminal_snr(schedule())
    assert after[999] == 0
    assert after[998].item() == pytest.approx(1.97e-7, rel=1e-2)
    assert after[0].item() == pytest.approx(before[0].item())
    assert bool((after[1:] < after[:-1]).all())
    theirs = rescale_zero_terminal_snr(1 - before / torch.cat([torch.ones(1).double(), before[:-1]]))
    torch.testing.assert_close(torch.cumprod(1 - theirs, 0), after)


def test_weights_after_zero_terminal_snr_are_finite_and_lower() -> None:
    before, after = schedule(), with_zero_terminal_snr(schedule())
    for weights in (lambda a: min_snr_weights(a, 5, "v_prediction"), lambda a: debiased_weights(a, "v_prediction")):
        assert bool(torch.isfinite(weights(after)).all())
    assert min_snr_weights(after, 5, "v_prediction")[999] == 0
    assert bool(
        (min_snr_weights(after, 5, "v_prediction")[500:] < min_snr_weights(before, 5, "v_prediction")[500:]).all()
    )
    latents, noise = torch.randn(2, 1, 4, 5, 6, dtype=torch.float64)
    assert torch.equal(add_noise(latents, noise, after[[999]]), noise)
    assert torch.equal(target_of(latents, noise, after[[999]], "v_prediction"), -latents)


def test_golden_min_snr_at_gamma_1() -> None:
    assert min_snr_weights(schedule(), 1, "epsilon").mean().item() == pytest.approx(0.767, abs=1e-3)
    assert min_snr_weights(schedule(), 1, "v_prediction").mean().item() == pytest.approx(0.178, abs=1e-3)
    assert int((min_snr_weights(schedule(), 1, "epsilon") < 1).sum()) == 354


@given(st.lists(st.floats(0, 1, exclude_max=True), min_size=1, max_size=64), st.integers(0, 998), st.data())
def test_timesteps_fill_every_part_of_their_range(uniform: list[float], first: int, data: st.DataObject) -> None:
    stop = data.draw(st.integers(first + 1, 1000))
    steps = stratified_timesteps(torch.tensor(uniform, dtype=torch.float64), first, stop)
    size = len(uniform)
    for place, step in enumerate(steps.tolist()):
        assert first <= step < stop
        assert place * (stop - first) / size - 1 <= step - first <= (place + 1) * (stop - first) / size


def test_posterior_sample_has_its_variance() -> None:
    noise = torch.randn(20000, generator=torch.Generator().manual_seed(0))
    drawn = gaussian_latents(torch.tensor(3.0), torch.tensor(-2.0), noise)
    assert drawn.mean().item() == pytest.approx(3, abs=0.02)
    assert drawn.var().item() == pytest.approx(2.718281828**-2, rel=0.05)
