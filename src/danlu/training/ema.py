"""EMA: an average of the adapter's weights over the last steps, to save and to draw with (Polyak & Juditsky, 1992).

After step t the average is a ← a + (1 - decay_t)·(weights - a) with decay_t = min(decay, (1+t)/(10+t)): it forgets the
start quickly, however short the run. Training itself goes on from the plain weights, so the average changes nothing
that is learnt.
"""

from collections.abc import Generator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor


class Ema:
    """The averages of parameters, in float32 beside them."""

    def __init__(self, parameters: Sequence[Tensor], decay: float) -> None:
        self.parameters, self.decay = list(parameters), decay
        self.averages = [parameter.detach().clone() for parameter in parameters]

    def decay_after(self, step: int) -> float:
        """How much of the average is kept at optimizer step `step` (counted from 1)."""
        return min(self.decay, (1 + step) / (10 + step))

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Take in the weights after optimizer step `step`."""
        weight = 1 - self.decay_after(step)
        torch._foreach_lerp_(self.averages, self.parameters, weight)  # pyright: ignore[reportPrivateUsage]

    @contextmanager
    def applied(self) -> Generator[None]:
        """While it lasts, the parameters hold the averages; then their own values again, bit by bit."""
        training = [parameter.detach().clone() for parameter in self.parameters]
        self._put(self.averages)
        try:
            yield
        finally:
            self._put(training)

    def state(self) -> list[Tensor]:
        """Copies of the averages, in the parameters' order."""
        return [average.clone() for average in self.averages]

    def load_state(self, state: Sequence[Tensor]) -> None:
        """Put back what `state` gave."""
        for average, saved in zip(self.averages, state, strict=True):
            average.copy_(saved)

    @torch.no_grad()
    def _put(self, values: Sequence[Tensor]) -> None:
        for parameter, value in zip(self.parameters, values, strict=True):
            parameter.copy_(value)
