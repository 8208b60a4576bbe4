"""The algebra of changes, as properties of ΔW: sums are exact, cuts are the nearest, shares are what they say."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from adapter_variants import VARIANTS, disturbed, make_layer
from danlu.adapters.algebra import (
    Cut,
    Factors,
    Spectrum,
    spectrum_of_change,
    spectrum_of_factors,
    stack,
    thin_factors,
)
from danlu.adapters.kinds.locon import LoCon

SHAPES = st.sampled_from([(12, 7), (7, 12), (9, 9), (1, 6), (8, 5, 1, 1), (6, 4, 3, 3), (40, 2, 3, 3)])
SEEDS = st.integers(0, 2**31)
WEIGHTS = st.floats(-2, 2).filter(lambda weight: abs(weight) > 1e-3)


def make_factors(shape: tuple[int, ...], rank: int, seed: int) -> Factors:
    generator = torch.Generator().manual_seed(seed)
    up = torch.randn(shape[0], rank, generator=generator, dtype=torch.float64)
    return Factors(up, torch.randn(rank, *shape[1:], generator=generator, dtype=torch.float64))


def full_rank(shape: tuple[int, ...]) -> int:
    return min(shape[0], math.prod(shape[1:]))


def close(one: Tensor, other: Tensor, tolerance: float = 1e-6) -> bool:
    return bool((one - other).norm() <= tolerance * max(1.0, float(other.norm())))


@given(SHAPES, st.lists(st.tuples(st.integers(1, 5), WEIGHTS, SEEDS), min_size=1, max_size=4))
def test_stacked_factors_are_the_weighted_sum(shape: tuple[int, ...], parts: list[tuple[int, float, int]]) -> None:
    made = [(make_factors(shape, rank, seed), weight) for rank, weight, seed in parts]
    total = stack(made)
    assert total.rank == sum(rank for rank, _, _ in parts) and total.shape == shape
    wanted = sum((weight * factors.change() for factors, weight in made), torch.zeros(shape, dtype=torch.float64))
    torch.testing.assert_close(total.change(), wanted, rtol=1e-12, atol=1e-12)
    assert total.norm() == pytest.approx(float(wanted.norm()), rel=1e-6, abs=1e-6)


def test_linear_layers_and_1x1_convolutions_are_one() -> None:
    linear, conv = make_factors((6, 4), 2, 0), make_factors((6, 4, 1, 1), 3, 1)
    total = stack([(linear, 0.5), (conv, 2.0)])
    assert total.shape == (6, 4, 1, 1)
    torch.testing.assert_close(total.change().flatten(1), 0.5 * linear.change() + 2 * conv.change().flatten(1))
    with pytest.raises(ValueError, match="different shapes"):
        stack([(linear, 1), (make_factors((6, 5), 2, 0), 1)])
    with pytest.raises(ValueError, match="different shapes"):
        stack([(linear, 1), (make_factors((6, 4, 3, 3), 2, 0), 1)])


@given(SHAPES, st.integers(1, 20), SEEDS)
def test_both_ways_of_taking_apart_agree_and_nothing_is_lost(shape: tuple[int, ...], rank: int, seed: int) -> None:
    factors = make_factors(shape, rank, seed)
    change = factors.change()
    known = torch.linalg.svdvals(change.flatten(1))
    for spectrum in (spectrum_of_factors(factors), spectrum_of_change(change)):
        count = min(len(spectrum.singular), len(known))
        torch.testing.assert_close(spectrum.singular[:count], known[:count], rtol=1e-6, atol=1e-6)
        assert spectrum.norm() == pytest.approx(float(change.norm()), rel=1e-9)
        whole = spectrum.cut(full_rank(shape))
        assert whole.shape == shape and close(whole.change().double(), change)


@given(SHAPES, st.integers(2, 8), st.integers(1, 8), SEEDS)
def test_a_cut_is_the_nearest_change_of_its_rank(shape: tuple[int, ...], rank: int, cut: int, seed: int) -> None:
    """What is lost is exactly the norm of the singular values left out, and the kept share is told right."""
    factors = make_factors(shape, rank, seed)
    change = factors.change()
    lost = float(torch.linalg.svdvals(change.flatten(1))[cut:].norm())
    for spectrum in (spectrum_of_factors(factors), spectrum_of_change(change)):
        nearest = spectrum.cut(cut).change().double()
        assert float((change - nearest).norm()) == pytest.approx(lost, rel=1e-4, abs=1e-5 * float(change.norm()))
        assert float(nearest.norm()) == pytest.approx(spectrum.norm(cut), rel=1e-5)


@given(SHAPES, st.integers(1, 4), SEEDS)
def test_a_change_of_low_rank_is_whole_at_that_rank(shape: tuple[int, ...], rank: int, seed: int) -> None:
    change = make_factors(shape, rank, seed).change().float()
    assert close(spectrum_of_change(change).cut(rank).change(), change, 1e-5)


def test_tiny_and_empty_changes_stay_finite_in_half_precision() -> None:
    for scale in (0.0, 1e-7, 1e-4):
        factors = spectrum_of_change(make_factors((64, 48), 3, 0).change() * scale).cut(8)
        assert all(part.half().isfinite().all() for part in factors)
        wanted = make_factors((64, 48), 3, 0).change() * scale
        half = Factors(factors.up.half().double(), factors.down.half().double())
        assert float((half.change() - wanted).norm()) <= 2e-3 * float(wanted.norm())


SINGULAR = st.lists(st.floats(1e-3, 1e3), min_size=1, max_size=30).map(
    lambda values: torch.tensor(sorted(values, reverse=True), dtype=torch.float64)
)


@given(SINGULAR, st.floats(0.05, 1.0))
def test_a_share_gives_the_lowest_rank_that_keeps_it(singular: Tensor, share: float) -> None:
    rank = Cut(share=share).choose(singular)
    kept = [float(singular[:count].norm() / singular.norm()) for count in (rank - 1, rank)]
    assert kept[1] >= share - 1e-9 and (rank == 1 or kept[0] < share + 1e-9)


@given(SINGULAR, st.floats(1, 100))
def test_a_ratio_keeps_what_is_large_enough_and_nothing_else(singular: Tensor, ratio: float) -> None:
    rank = Cut(ratio=ratio).choose(singular)
    assert all(value * ratio >= singular[0] for value in singular[:rank])
    assert all(value * ratio < singular[0] for value in singular[rank:])


@given(SINGULAR, st.integers(1, 40), st.floats(0.05, 1), st.floats(1, 100))
def test_of_several_limits_the_lowest_counts(singular: Tensor, rank: int, share: float, ratio: float) -> None:
    alone = [one.choose(singular) for one in (Cut(rank=rank), Cut(share=share), Cut(ratio=ratio))]
    assert alone[0] == min(rank, len(singular))
    assert Cut(rank, share, ratio).choose(singular) == min(alone)


def test_zero_keeps_rank_one() -> None:
    zeros = torch.zeros(5, dtype=torch.float64)
    assert Cut(share=0.9).choose(zeros) == 1
    assert Spectrum(torch.zeros(4, 5), zeros, torch.zeros(5, 3)).cut(1).rank == 1


@pytest.mark.parametrize("shape", [(24, 40), (24, 20, 1, 1), (24, 20, 3, 3)])
@pytest.mark.parametrize("adapter", VARIANTS.values(), ids=VARIANTS)
def test_factors_of_a_kind_are_its_change_or_none(adapter, shape: tuple[int, ...]) -> None:
    """Those that are a product of thin matrices say so; for the others the whole ΔW has to be worked out."""
    weight = make_layer(shape).weight
    tensors = disturbed(adapter.start(weight, torch.Generator().manual_seed(0)))
    factors = adapter.factors(tensors)
    thin = {"lora_down.weight", "lora_up.weight"} <= set(adapter.to_file(tensors, torch.float32))
    is_plain = thin and "magnitude" not in tensors and adapter.model_dump()["kind"] != "dylora"
    assert (factors is not None) == is_plain
    if factors:
        torch.testing.assert_close(factors.change(), adapter.delta(tensors, weight), rtol=1e-4, atol=1e-5)


def test_a_core_goes_into_the_inner_factor() -> None:
    adapter = LoCon(rank=3, alpha=2, tucker=True)
    tensors = disturbed(adapter.start(torch.zeros(8, 6, 3, 3), torch.Generator().manual_seed(0)))
    factors = thin_factors(tensors, adapter.scale)
    assert factors.rank == 3
    torch.testing.assert_close(factors.change(), adapter.delta(tensors, torch.zeros(8, 6, 3, 3)))
