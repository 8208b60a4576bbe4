"""How much memory a step will take, told without taking it.

In: what computes a step, over tensors that have shapes and no values (torch's fake tensors). Out: the bytes that live
at once at the step's peak. Nothing is estimated by formula: every operation that the real step does is done, forward
and backward, so that each adapter kind, precision and family is right by itself.
"""

import weakref
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class LiveBytes(TorchDispatchMode):
    """Counts the bytes of all tensors that operations make, and forgets them when they are freed."""

    def __init__(self) -> None:
        super().__init__()
        self.now = self.peak = 0
        self._seen: dict[int, int] = {}

    def __torch_dispatch__(
        self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """Do the operation, and note what it made."""
        # Views aren't made: their bytes were there before, counted or, like the base's weights, not to be counted.
        given = {id(storage) for storage in _storages((args, kwargs))}
        made = func(*args, **(kwargs or {}))
        for storage in _storages(made):
            if id(storage) not in given:
                self._note(storage)
        return made

    def _note(self, storage: torch.UntypedStorage) -> None:
        place = id(storage)
        if place in self._seen:
            return
        self._seen[place] = storage.nbytes()
        self.now += storage.nbytes()
        self.peak = max(self.peak, self.now)
        weakref.finalize(storage, self._forget, place)

    def _forget(self, place: int) -> None:
        self.now -= self._seen.pop(place)


def _storages(values: object) -> list[torch.UntypedStorage]:
    return [leaf.untyped_storage() for leaf in tree_leaves(values) if isinstance(leaf, Tensor)]


@contextmanager
def without_values() -> Generator[None]:
    """Within, new tensors have shapes, formats and devices, and no memory."""
    with FakeTensorMode(allow_non_fake_inputs=True):
        yield


def peak_bytes(step: Callable[[], object]) -> int:
    """The most bytes that live at once, above what lived before, while `step` runs within `without_values`."""
    with LiveBytes() as live:
        step()
    return live.peak


def module_bytes(modules: Iterable[nn.Module]) -> int:
    """Bytes of the modules' weights and buffers."""
    tensors = (tensor for module in modules for tensor in module.state_dict().values())
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors)


def optimizer_bytes(build: Callable[[list[nn.Parameter]], torch.optim.Optimizer], shapes: Iterable[torch.Size]) -> int:
    """What an optimizer keeps for parameters of these shapes, found by letting it take one step with real ones: one of
    each shape at a time, since together they may be as large as the base.
    """
    return sum(_state_bytes(build, shape) * count for shape, count in Counter(shapes).items())


def _state_bytes(build: Callable[[list[nn.Parameter]], torch.optim.Optimizer], shape: torch.Size) -> int:
    parameter = nn.Parameter(torch.zeros(shape))
    optimizer = build([parameter])
    parameter.grad = torch.full_like(parameter, 1e-8)
    optimizer.step()
    kept = {
        tensor.untyped_storage().data_ptr(): tensor.untyped_storage().nbytes()
        for state in optimizer.state.values()
        for tensor in state.values()
        if isinstance(tensor, Tensor)
    }
    return sum(kept.values())
