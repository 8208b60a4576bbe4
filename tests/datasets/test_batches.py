"""Groups of an epoch: one bucket each, every picture as often as its repeats say, counted as planned, repeatable."""

from collections import Counter
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from danlu.datasets.batches import count_trained, entries_by_bucket, epoch_entries, epoch_groups, groups_per_epoch
from danlu.datasets.buckets import BucketConfig, arrange
from danlu.datasets.pictures import Concept, Dataset, Picture, Size

shapes = st.sampled_from([Size(512, 512), Size(800, 600), Size(600, 800), Size(300, 900), Size(1000, 400)])
batches = st.integers(1, 9)
seeds = st.integers(0, 2**32)


def dataset_of(trained: list[tuple[Size, int]], regularizing: list[tuple[Size, int]] | None = None) -> Dataset:
    concepts = (Concept("x", 1, None, False, ()), Concept("reg", 1, None, True, ()))
    pictures = [
        Picture(Path(f"{concept}{i}"), f"{concept}{i}", concept, size, repeats, None, None)
        for concept, group in enumerate((trained, regularizing or []))
        for i, (size, repeats) in enumerate(group)
    ]
    return Dataset(Path(), concepts, tuple(pictures), ())


def groups_of(dataset: Dataset, batch: int, *, seed: int, epoch: int):
    arrangement = arrange(dataset, BucketConfig(), native_px=512, step_px=64)
    entries = entries_by_bucket(dataset, arrangement)
    return arrangement, entries, epoch_groups(entries, batch, seed=seed, epoch=epoch)


datasets = st.builds(
    dataset_of,
    st.lists(st.tuples(shapes, st.integers(1, 7)), min_size=1, max_size=30),
    st.lists(st.tuples(shapes, st.integers(1, 5)), max_size=10),
)


@settings(max_examples=200, deadline=None)
@given(datasets, batches, seeds, st.integers(1, 50))
def test_planned_steps_are_executed_steps(dataset: Dataset, batch: int, seed: int, epoch: int) -> None:
    _, entries, groups = groups_of(dataset, batch, seed=seed, epoch=epoch)
    assert len(groups) == groups_per_epoch({bucket: len(items) for bucket, items in entries.items()}, batch)


@given(datasets, batches, seeds)
def test_groups_hold_one_bucket_and_all_entries_exactly_once(dataset: Dataset, batch: int, seed: int) -> None:
    arrangement, _, groups = groups_of(dataset, batch, seed=seed, epoch=1)
    for group in groups:
        assert 1 <= len(group.items) <= batch
        assert all(arrangement.buckets[item] == group.bucket for item in group.items)
    counts = Counter(item for group in groups for item in group.items)
    assert counts == Counter(epoch_entries(dataset))
    for index, picture in enumerate(dataset.pictures):
        if picture.concept == 0:
            assert counts[index] == picture.repeats


@given(datasets, batches, seeds, st.integers(1, 50))
def test_the_same_seed_and_epoch_give_the_same_groups(dataset: Dataset, batch: int, seed: int, epoch: int) -> None:
    _, entries, groups = groups_of(dataset, batch, seed=seed, epoch=epoch)
    turned_round = dict(reversed(entries.items()))
    assert epoch_groups(turned_round, batch, seed=seed, epoch=epoch) == groups


def test_epochs_and_seeds_give_different_orders() -> None:
    entries = {Size(512, 512): tuple(range(40))}
    orders = [
        tuple(group.items for group in epoch_groups(entries, 2, seed=seed, epoch=epoch))
        for seed in (1, 2, 3)
        for epoch in (1, 2, 3)
    ]
    assert len(set(orders)) == 9


def test_this_order_never_changes() -> None:
    """A golden order: a resumed run must walk what the interrupted one would have walked, also after an update."""
    entries = {Size(512, 512): (0, 0, 1, 1, 2), Size(448, 576): (3, 3)}
    groups = epoch_groups(entries, 2, seed=42, epoch=3)
    assert [(group.bucket, group.items) for group in groups] == [
        ((512, 512), (0,)),
        ((448, 576), (3, 3)),
        ((512, 512), (0, 1)),
        ((512, 512), (1, 2)),
    ]


@given(datasets)
def test_regularization_pictures_match_the_others_in_number(dataset: Dataset) -> None:
    counts = Counter(dataset.pictures[index].concept for index in epoch_entries(dataset))
    assert counts[0] == count_trained(dataset)
    has_regularization = any(picture.concept == 1 for picture in dataset.pictures)
    assert counts[1] == (counts[0] if has_regularization else 0)


def test_regularization_is_cycled_as_in_the_formulas() -> None:
    """§1.7: the first pass adds each picture with its own repeats, later passes one each; the tail is unused."""
    square = Size(512, 512)
    assert epoch_entries(dataset_of([(square, 7)], [(square, 2), (square, 1)]))[7:] == [1, 1, 2, 1, 2, 1, 2]
    assert epoch_entries(dataset_of([(square, 3)], [(square, 2), (square, 1), (square, 1)]))[3:] == [1, 1, 2]


def test_the_arithmetic_of_the_guides() -> None:
    """10 pictures × 20 repeats × 10 epochs ÷ batch 2 = 1000 steps."""
    dataset = dataset_of([(Size(512, 512), 20)] * 10)
    _, entries, _ = groups_of(dataset, 2, seed=0, epoch=1)
    assert 10 * groups_per_epoch({bucket: len(items) for bucket, items in entries.items()}, 2) == 1000
