"""The rate over a run: golden values, and properties that hold for every shape."""

import math
import typing
from typing import Any

import diffusers.optimization
import pytest
import torch
import transformers.optimization
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from danlu.training.schedules import USED_BY, ScheduleConfig, ScheduleKind, rate_factor

KINDS: tuple[ScheduleKind, ...] = typing.get_args(ScheduleKind)


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
        ("cosine_with_restarts", 99, 0.5 * (1 + math.cos(math.pi * 0.98))),
        ("polynomial", 50, 0.25),
        ("linear", 99, 0.01),
        ("cosine", 99, 0.5 * (1 + math.cos(math.pi * 0.99))),
        ("inverse_sqrt", 0, 1.0),
        ("inverse_sqrt", 99, 1 / math.sqrt(1.0099)),
        ("warmup_stable_decay", 80, 1.0),
        ("warmup_stable_decay", 90, 0.5),
        ("warmup_stable_decay", 99, 0.5 * (1 + math.cos(math.pi * 0.95))),
    ],
)
def test_golden_values(kind: ScheduleKind, step: int, factor: float) -> None:
    cycles = {"cycles": 2} if kind == "cosine_with_restarts" else {}
    config = ScheduleConfig(kind=kind, warmup="0%", **cycles)
    assert rate_factor(config, step=step, total_steps=100) == pytest.approx(factor)


@pytest.mark.parametrize("library", [diffusers.optimization, transformers.optimization])
@pytest.mark.parametrize(
    ("name", "theirs", "ours"),
    [
        ("constant_with_warmup", {}, {"kind": "constant"}),
        ("linear", {}, {"kind": "linear"}),
        ("cosine", {}, {"kind": "cosine"}),
        ("cosine_with_restarts", {"num_cycles": 3}, {"kind": "cosine_with_restarts", "cycles": 3}),
        # Their rate ends at 1e-7, which is a thousandth of the rate below.
        ("polynomial", {"power": 1.7}, {"kind": "polynomial", "power": 1.7, "floor": 1e-3}),
        ("inverse_sqrt", {}, {"kind": "inverse_sqrt"}),
        ("inverse_sqrt", {"timescale": 90}, {"kind": "inverse_sqrt", "timescale": 90}),
        ("cosine_with_min_lr", {"min_lr_rate": 0.2}, {"kind": "cosine", "floor": 0.2}),
        (
            "warmup_stable_decay",
            {"num_decay_steps": 12, "min_lr_ratio": 0.1},
            {"kind": "warmup_stable_decay", "decay": "12 steps", "floor": 0.1},
        ),
    ],
)
def test_agrees_with_what_peers_use(library: Any, name: str, theirs: dict[str, Any], ours: dict[str, Any]) -> None:
    """After the warm-up (theirs begins with a step at rate 0, which does nothing), to the last step."""
    if library is diffusers.optimization and name not in {member.value for member in library.SchedulerType}:
        return  # known to transformers only
    rate, warmup, total = 1e-4, 10, 80
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=rate)
    settings: dict[str, Any] = {"num_warmup_steps": warmup, "num_training_steps": total}
    if library is transformers.optimization and name not in ("constant_with_warmup", "linear", "cosine"):
        settings["scheduler_specific_kwargs"] = theirs
    else:
        settings |= theirs
    scheduler = library.get_scheduler(name, optimizer, **settings)
    config = ScheduleConfig(warmup=f"{warmup} steps", **ours)
    for step in range(total):
        if step >= warmup:
            assert scheduler.get_last_lr()[0] / rate == pytest.approx(
                rate_factor(config, step=step, total_steps=total), abs=1e-9
            )
        optimizer.step()
        scheduler.step()


@given(
    st.sampled_from(KINDS),
    st.integers(0, 90),
    st.integers(0, 90),
    st.floats(0, 0.99),
    st.integers(1, 500),
    st.data(),
)
def test_stays_between_0_and_1_and_moves_at_every_step(
    kind: ScheduleKind, warmup: int, decay: int, floor: float, total: int, data: st.DataObject
) -> None:
    config = ScheduleConfig(kind=kind, warmup=f"{warmup}%", decay=f"{decay}%", floor=floor)
    step = data.draw(st.integers(0, total - 1))
    factor = rate_factor(config, step=step, total_steps=total)
    assert 0 < factor <= 1
    if step >= config.warmup_steps(total) and kind in USED_BY["floor"]:
        assert factor >= floor


@given(st.sampled_from(USED_BY["floor"]), st.integers(1, 90), st.floats(0, 0.9), st.integers(4, 500))
def test_ends_at_the_floor_one_step_after_the_last(kind: ScheduleKind, decay: int, floor: float, total: int) -> None:
    config = ScheduleConfig(kind=kind, decay=f"{decay}%", floor=floor, cycles=1)
    falling = config.decay_steps(total) if kind == "warmup_stable_decay" else total - config.warmup_steps(total)
    if falling:
        assert rate_factor(config, step=total, total_steps=total) == pytest.approx(floor)
        last = 1 / falling
        shape = {"linear": last, "polynomial": last**2}.get(kind, 0.5 * (1 - math.cos(math.pi * last)))
        assert rate_factor(config, step=total - 1, total_steps=total) == pytest.approx(floor + (1 - floor) * shape)


def test_settings_of_other_kinds_are_found() -> None:
    for name, kinds in USED_BY.items():
        value = "7 steps" if name == "decay" else 0.5 if name == "floor" else 7
        for kind in KINDS:
            idle = ScheduleConfig.model_validate({"kind": kind, name: value}).idle()
            assert idle == (None if kind in kinds else (name, kinds))


def test_warm_up_rises_to_the_full_rate() -> None:
    config = ScheduleConfig(kind="constant", warmup="10%")
    factors = [rate_factor(config, step=step, total_steps=100) for step in range(12)]
    assert factors[:10] == pytest.approx([(step + 1) / 11 for step in range(10)])
    assert factors[10:] == [1, 1]
    assert ScheduleConfig(warmup="7 steps").warmup_steps(100) == 7
    assert ScheduleConfig(warmup="700 steps").warmup_steps(100) == 100
    assert ScheduleConfig(warmup="90%", decay="90%").decay_steps(100) == 10


@pytest.mark.parametrize("text", ["", "-1", "95%", "half", "1.5"])
def test_nonsense_is_refused(text: str) -> None:
    for name in ("warmup", "decay"):
        with pytest.raises(ValidationError, match="write a share"):
            ScheduleConfig.model_validate({name: text})
