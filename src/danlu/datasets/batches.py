"""Which pictures make up each optimizer step of an epoch: pure Python, a function of (dataset, seed, epoch).

A group is one optimizer step. All its pictures share one bucket; every picture comes `repeats` times an epoch. The
plan counts groups with `groups_per_epoch`, the trainer walks `epoch_groups`: a test holds the two together.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle

from danlu.datasets.buckets import Arrangement
from danlu.datasets.pictures import Dataset, Size


@dataclass(frozen=True)
class Group:
    """The pictures of one optimizer step, by their index in `Dataset.pictures`; all of one bucket."""

    bucket: Size
    items: tuple[int, ...]


def count_trained(dataset: Dataset) -> int:
    """Σ pictures × repeats of one epoch, without regularization pictures."""
    return sum(picture.repeats for picture in dataset.pictures if not dataset.concepts[picture.concept].regularization)


def epoch_entries(dataset: Dataset) -> list[int]:
    """Picture indexes of one epoch, each as often as it is trained on; regularization pictures come last.

    Regularization pictures are cycled until there are as many of them as of the others: the first pass takes each as
    often as its own repeats say, later passes once (formulas §1.7). What isn't needed stays unused.
    """
    trained: list[int] = []
    regularizing: list[int] = []
    for index, picture in enumerate(dataset.pictures):
        (regularizing if dataset.concepts[picture.concept].regularization else trained).append(index)
    entries = [index for index in trained for _ in range(dataset.pictures[index].repeats)]
    if not regularizing:
        return entries
    first_pass = [index for index in regularizing for _ in range(dataset.pictures[index].repeats)]
    fill = cycle(regularizing)
    needed = len(entries)
    later = [next(fill) for _ in range(needed - len(first_pass))]
    return entries + first_pass[:needed] + later


def entries_by_bucket(dataset: Dataset, arrangement: Arrangement) -> dict[Size, tuple[int, ...]]:
    """The entries of one epoch by the bucket of their picture, buckets in sorted order."""
    sorted_in: dict[Size, list[int]] = {}
    for index in epoch_entries(dataset):
        sorted_in.setdefault(arrangement.buckets[index], []).append(index)
    return {bucket: tuple(sorted_in[bucket]) for bucket in sorted(sorted_in)}


def groups_per_epoch(counts_by_bucket: Mapping[Size, int], effective_batch: int) -> int:
    """Optimizer steps of one epoch: Σ over buckets of ⌈entries / batch⌉."""
    return sum(-(-count // effective_batch) for count in counts_by_bucket.values())


def epoch_groups(entries: Mapping[Size, Sequence[int]], effective_batch: int, *, seed: int, epoch: int) -> list[Group]:
    """The groups of one epoch in the order of training; the same for the same (entries, batch, seed, epoch).

    Entries are shuffled inside their bucket and cut into groups of at most `effective_batch` (a short last group is
    kept); then the groups are shuffled.
    """
    # A text seed is hashed whole; numbers combined by hand would give (seed 1, epoch 2) the order of (2, 1).
    rng = random.Random(f"groups {seed} {epoch}")
    groups: list[Group] = []
    for bucket in sorted(entries):
        items = list(entries[bucket])
        rng.shuffle(items)
        groups += [
            Group(bucket, tuple(items[start : start + effective_batch]))
            for start in range(0, len(items), effective_batch)
        ]
    rng.shuffle(groups)
    return groups
