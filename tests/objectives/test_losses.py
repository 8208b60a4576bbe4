"""The Huber family by golden values (formulas.md section 4) and by its limits."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from danlu.families.schedule import with_zero_terminal_snr
from danlu.objectives.losses import LossKind, WidthSchedule, errors, huber_widths, masked, per_sample


def schedule() -> torch.Tensor:
    betas = torch.linspace(0.00085**0.5, 0.012**0.5, 1000, dtype=torch.float64) ** 2
    return torch.cumprod(1 - betas, 0)


def widths(kind: WidthSchedule, *, scale: float = 1.0, alphas: torch.Tensor | None = None) -> torch.Tensor:
    alphas = schedule() if alphas is None else alphas
    return huber_widths(torch.arange(1000), alphas, schedule=kind, width=0.1, scale=scale, count=1000)


def error(difference: float, kind: LossKind, width: float) -> float:
    prediction = torch.full((1, 1, 1, 1), difference)
    return errors(prediction, torch.zeros(1, 1, 1, 1), kind, torch.tensor([width])).item()


@pytest.mark.parametrize(
    ("kind", "golden"),
    [
        ("constant", {0: 0.1, 500: 0.1, 999: 0.1}),
        ("exponential", {0: 1.0, 500: 0.316, 999: 0.1}),
        ("snr", {0: 0.95, 500: 0.231, 999: 0.104}),
    ],
)
def test_golden_widths(kind: WidthSchedule, golden: dict[int, float]) -> None:
    for step, width in golden.items():
        assert widths(kind)[step].item() == pytest.approx(width, abs=3e-3)
        # The scale counts in every schedule.
        assert widths(kind, scale=0.5)[step].item() == pytest.approx(widths(kind)[step].item() / 2)


def test_widths_stay_finite_at_pure_noise() -> None:
    after = widths("snr", alphas=with_zero_terminal_snr(schedule()))
    assert after[999].item() == pytest.approx(0.1)
    assert bool(torch.isfinite(after).all())


def test_golden_errors() -> None:
    assert error(3, "l2", 1) == 9
    assert error(-3, "l1", 1) == 3
    assert error(3, "huber", 4) == pytest.approx(2 * 4 * (5 - 4))
    assert error(3, "smooth_l1", 4) == pytest.approx(2 * (5 - 4))


finite = st.floats(-50, 50, allow_subnormal=False)


@given(finite, st.floats(1e-3, 1))
def test_huber_lies_between_its_limits(difference: float, width: float) -> None:
    huber, smooth = error(difference, "huber", width), error(difference, "smooth_l1", width)
    assert 0 <= huber <= min(difference**2, 2 * width * abs(difference)) * 1.001 + 1e-12
    assert huber == pytest.approx(smooth * width, rel=1e-4, abs=1e-12)
    assert error(-difference, "huber", width) == huber


@given(st.floats(1e-4, 1e-2))
def test_wide_huber_is_l2_and_narrow_smooth_l1_is_twice_l1(difference: float) -> None:
    assert error(difference, "huber", 1) == pytest.approx(error(difference, "l2", 1), rel=1e-4)
    assert error(100 * difference, "smooth_l1", 1e-6) == pytest.approx(200 * difference, rel=1e-3)


def test_mask_counts_what_it_covers() -> None:
    prediction, target = torch.zeros(2, 4, 4, 4), torch.ones(2, 4, 4, 4)
    mask = torch.zeros(2, 1, 4, 4)
    mask[0, :, :2] = 1
    mask[1, :, :1] = 0.5
    loss = per_sample(masked(errors(prediction, target, "l2", torch.ones(2)), mask))
    assert loss.tolist() == pytest.approx([0.5, 0.125])  # not divided by the mask's mean


@given(st.integers(1, 3), st.integers(0, 2**31))
def test_a_full_mask_changes_nothing(count: int, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    prediction, target = torch.randn(2, count, 4, 3, 5, generator=generator)
    plain = errors(prediction, target, "huber", torch.full((count,), 0.3))
    assert torch.equal(masked(plain, torch.ones(count, 1, 3, 5)), plain)
    assert bool((per_sample(masked(plain, torch.full((count, 1, 3, 5), 0.5))) <= per_sample(plain)).all())
