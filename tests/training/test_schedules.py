"""The rate over a run: golden values, and properties that hold for every shape."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from danlu.training.schedules import ScheduleConfig, ScheduleKind, rate_factor

KINDS: tuple[ScheduleKind, ...] = ("constant", "linear", "cosine", "cosine_with_restarts")


@pytest.mark.parametrize(
    ("kind", "step", "factor"),
    [
        ("constant", 99, 1.0),
        ("linear", 0, 1.0),
        ("linear", 25, 0.75),
        ("cosine", 50, 0.5),
        ("cosine", 25, 0.5 * (1 + math.sqrt(0.5))),
        ("cosine_with_restarts", 50, 1.0),
        ("cosine_with_restarts", 25, 0.5),
    ],
)
def test_golden_values(kind: ScheduleKind, step: int, factor: float) -> None:
    config = ScheduleConfig(kind=kind, warmup="0%", cycles=2)
    assert rate_factor(config, step=step, total_steps=100) == pytest.approx(factor)


@given(st.sampled_from(KINDS), st.integers(0, 90), st.integers(1, 500), st.data())
def test_stays_between_0_and_1_and_moves_at_every_step(
    kind: ScheduleKind, percent: int, total: int, data: st.DataObject
) -> None:
    config = ScheduleConfig(kind=kind, warmup=f"{percent}%")
    step = data.draw(st.integers(0, total - 1))
    assert 0 < rate_factor(config, step=step, total_steps=total) <= 1


def test_warm_up_rises_to_the_full_rate() -> None:
    config = ScheduleConfig(kind="constant", warmup="10%")
    factors = [rate_factor(config, step=step, total_steps=100) for step in range(12)]
    assert factors[:10] == pytest.approx([(step + 1) / 11 for step in range(10)])
    assert factors[10:] == [1, 1]
    assert ScheduleConfig(warmup="7 steps").warmup_steps(100) == 7
    assert ScheduleConfig(warmup="700 steps").warmup_steps(100) == 100


@pytest.mark.parametrize("text", ["", "-1", "95%", "half", "1.5"])
def test_nonsense_is_refused(text: str) -> None:
    with pytest.raises(ValidationError, match="write a share"):
        ScheduleConfig(warmup=text)
