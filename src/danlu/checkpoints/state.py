"""The state to resume from: one file that holds the adapter in fp32 (and its average, if the run keeps one), the
optimizer, how many steps are done, and the little that the loop itself must remember.

No generator states: all randomness follows from the step (see `training.randomness`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from danlu.adapters.injection import Injection
from danlu.kit.errors import UserError
from danlu.kit.files import atomic_path
from danlu.training.ema import Ema


@dataclass(frozen=True)
class TrainingState:
    """What a state file holds."""

    step: int
    adapter: dict[str, torch.Tensor]
    optimizer: dict[str, Any]
    ema: list[torch.Tensor] | None
    loop: dict[str, Any] = field(default_factory=dict[str, Any])
    """Of `Loop.state`; nothing in files of version 0.1."""


def write_state(
    path: Path,
    step: int,
    injection: Injection,
    optimizer: torch.optim.Optimizer,
    *,
    ema: Ema | None = None,
    loop: Mapping[str, Any],
) -> None:
    """Write the state whole or not at all. The weights are those of training, never their average."""
    state = {
        "step": step,
        "adapter": injection.state(),
        "optimizer": optimizer.state_dict(),
        "ema": ema.state() if ema is not None else None,
        "loop": dict(loop),
    }
    with atomic_path(path) as temporary:
        torch.save(state, temporary)


def read_state(path: Path) -> TrainingState:
    """Read a state file. Raises `UserError` if it is damaged."""
    try:
        return TrainingState(**torch.load(path, map_location="cpu", weights_only=True))
    except Exception as error:
        raise UserError(
            f"the saved state '{path}' can't be read ({error}): delete it to start the run again from its beginning.",
            f"无法读取保存的状态“{path}”（{error}）：删除它即可从头重新训练。",
        ) from error
