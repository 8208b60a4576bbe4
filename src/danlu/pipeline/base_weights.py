"""A base's weights, one layer at a time by the names that adapter files give them; nothing else is loaded."""

from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager

import torch
from torch import Tensor

from danlu.adapters.files import AdapterFile, fitting_part
from danlu.adapters.targets import planned_targets
from danlu.families.base import BaseFacts
from danlu.weights.loading import opened

BaseWeights = Callable[[str], Tensor]
"""From a layer's name to its weight, in the file's number format."""


@contextmanager
def open_weights(facts: BaseFacts | None) -> Generator[BaseWeights]:
    """Read weights while it lasts; without a base there are none to read."""
    with ExitStack() as stack:
        targets = {target.name: target for target in planned_targets(facts)} if facts else {}
        parts = facts.components if facts else {}
        readers = {name: stack.enter_context(opened(part)) for name, part in parts.items()}
        yield lambda name: readers[targets[name].component](f"{targets[name].path}.weight")


def part_made_for(file: AdapterFile, facts: BaseFacts) -> AdapterFile:
    """An adapter without the few layers that a base hasn't; that they are left out is among its notes. Raises
    `UserError` if it was made for another base.
    """
    weights = {one.name: torch.empty(one.shape, device="meta") for one in planned_targets(facts)}
    return fitting_part(file, weights, facts)
