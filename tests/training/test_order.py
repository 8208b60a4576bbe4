"""What is planned is what is executed."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from danlu.datasets.pictures import Size
from danlu.kit.lengths import Length
from danlu.training.config import TrainingConfig
from danlu.training.order import make_order

BUCKETS = st.dictionaries(
    st.tuples(st.integers(1, 8), st.integers(1, 8)).map(lambda s: Size(s[0] * 64, s[1] * 64)),
    st.lists(st.integers(0, 30), min_size=1, max_size=40),
    min_size=1,
    max_size=6,
)
LENGTHS = st.builds(Length, st.integers(1, 12), st.sampled_from(["epochs", "steps"]))


@settings(max_examples=200, deadline=None)
@given(BUCKETS, st.integers(1, 9), st.integers(1, 4), LENGTHS, st.none() | st.integers(1, 50), st.integers(0, 9))
def test_planned_steps_are_executed(
    entries: dict[Size, list[int]], batch: int, accumulation: int, length: Length, cap: int | None, seed: int
) -> None:
    config = TrainingConfig(batch_size=batch, accumulation=accumulation, length=length, max_steps=cap, seed=seed)
    order = make_order(entries, config)
    steps = list(order.steps_after(0))
    assert [step.number for step in steps] == list(range(1, order.total_steps + 1))
    assert steps[-1].epoch == order.epochs
    assert steps[-1].ends_epoch
    assert cap is None or order.total_steps <= cap
    for epoch in range(1, order.epochs + 1):
        of_epoch = [step for step in steps if step.epoch == epoch]
        assert sum(step.ends_epoch for step in of_epoch) == 1
        if len(of_epoch) == order.steps_per_epoch:
            shown = Counter((step.group.bucket, item) for step in of_epoch for item in step.group.items)
            assert shown == Counter((bucket, item) for bucket, items in entries.items() for item in items)
            assert order.mean_batch * len(of_epoch) == pytest.approx(shown.total())


@settings(max_examples=50, deadline=None)
@given(BUCKETS, st.integers(1, 5), st.data())
def test_resuming_continues_the_same_order(entries: dict[Size, list[int]], batch: int, data: st.DataObject) -> None:
    order = make_order(entries, TrainingConfig(batch_size=batch, length=Length(3, "epochs")))
    done = data.draw(st.integers(0, order.total_steps))
    assert list(order.steps_after(done)) == list(order.steps_after(0))[done:]


def test_the_missions_example() -> None:
    """C1: 10 pictures × 20 repeats × 10 epochs ÷ batch 2 = 1000 steps."""
    config = TrainingConfig(batch_size=2, length=Length(10, "epochs"))
    assert make_order({Size(512, 512): list(range(10)) * 20}, config).total_steps == 1000
