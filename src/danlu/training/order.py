"""The order of a run: which pictures each optimizer step shows. Pure Python, the same in the plan and in the loop."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from danlu.datasets.batches import Group, epoch_groups, groups_per_epoch
from danlu.datasets.pictures import Size
from danlu.training.config import TrainingConfig


@dataclass(frozen=True)
class PlannedStep:
    """One optimizer step."""

    number: int
    """Counted from 1."""
    epoch: int
    """Counted from 1."""
    place: int
    """How many samples of the epoch come before it: with the epoch, the key of its randomness."""
    group: Group
    ends_epoch: bool
    """Whether it completes its epoch. A run that stops inside an epoch counts that epoch as completed at its end."""


@dataclass(frozen=True)
class Order:
    """All optimizer steps of a run."""

    entries: Mapping[Size, Sequence[int]]
    effective_batch: int
    """Samples that a step takes at most; a bucket may hold fewer (see `mean_batch`)."""
    seed: int
    steps_per_epoch: int
    total_steps: int

    @property
    def epochs(self) -> int:
        """Epochs begun."""
        return -(-self.total_steps // self.steps_per_epoch)

    @property
    def mean_batch(self) -> float:
        """Samples that a step averages: each bucket's last step takes what is left of it."""
        return sum(len(items) for items in self.entries.values()) / self.steps_per_epoch

    def steps_after(self, step: int) -> Iterator[PlannedStep]:
        """The steps after the first `step` ones, to the end of the run."""
        for epoch in range(step // self.steps_per_epoch, self.epochs):
            groups = epoch_groups(self.entries, self.effective_batch, seed=self.seed, epoch=epoch + 1)
            place = 0
            for index, group in enumerate(groups):
                number = epoch * self.steps_per_epoch + index + 1
                if step < number <= self.total_steps:
                    ends = index + 1 == len(groups) or number == self.total_steps
                    yield PlannedStep(number, epoch + 1, place, group, ends)
                place += len(group.items)


def make_order(entries: Mapping[Size, Sequence[int]], config: TrainingConfig) -> Order:
    """The order of a run over one epoch's entries (by bucket).

    Steps per epoch: Σ over buckets of ⌈entries / (batch · accumulation)⌉; in all, that times the epochs, or the steps
    asked for, and never more than `max_steps`.
    """
    effective = config.batch_size * config.accumulation
    per_epoch = groups_per_epoch({bucket: len(items) for bucket, items in entries.items()}, effective)
    asked = config.length.count * (per_epoch if config.length.unit == "epochs" else 1)
    total = asked if config.max_steps is None else min(asked, config.max_steps)
    return Order(entries, effective, config.seed, per_epoch, total)
