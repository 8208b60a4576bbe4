"""Loss scaling for fp16: gradients too small for the format are lifted into its range (Micikevicius et al., 2018).

The loss is multiplied by S before the backward pass and the gradients are divided by it afterwards. A step whose
gradient overflows is left out and S halved; after 2000 good steps in a row S is doubled. That is the rule of torch's
GradScaler, which reads the device once more for it; here the loop's one reading decides.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

START = 65536.0
GROWTH_INTERVAL = 2000


@dataclass
class LossScale:
    """The scale S of a run's loss, a power of two."""

    value: float = START
    good_steps: int = 0
    """Steps in a row whose gradient was finite, since S last changed."""

    @torch.no_grad()
    def unscale(self, gradients: Sequence[Tensor]) -> None:
        """Divide gradients by S, exactly (but where they leave float32's range)."""
        torch._foreach_mul_(list(gradients), 1 / self.value)  # pyright: ignore[reportPrivateUsage]

    def update(self, *, finite: bool) -> None:
        """Learn from a step."""
        if not finite:
            self.value, self.good_steps = self.value / 2, 0
            return
        self.good_steps += 1
        if self.good_steps == GROWTH_INTERVAL:
            self.value, self.good_steps = self.value * 2, 0
