"""The state to resume from: one file that holds the adapter in fp32 (and its average, if the run keeps one), the
optimizer, how many steps are done, and the little that the loop itself must remember.

No generator states: all randomness follows from the step (see `training.randomness`). The state before it is kept
beside it, and taken where the newest can't be read; a disk that has no room for both keeps the newest.
"""

import errno
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from danlu.adapters.injection import Injection
from danlu.kit.errors import UserError
from danlu.kit.files import atomic_path
from danlu.kit.language import Text
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
    made_with: dict[str, Any] = field(default_factory=dict[str, Any])
    """What it was trained with (see `pipeline.sameness`); nothing in files of version 0.1."""


def write_state(
    path: Path,
    step: int,
    injection: Injection,
    optimizer: torch.optim.Optimizer,
    *,
    ema: Ema | None = None,
    loop: Mapping[str, Any],
    made_with: Mapping[str, Any],
) -> None:
    """Write the state whole or not at all. The weights are those of training, never their average."""
    state = {
        "step": step,
        "adapter": injection.state(),
        "optimizer": optimizer.state_dict(),
        "ema": ema.state() if ema is not None else None,
        "loop": dict(loop),
        "made_with": dict(made_with),
    }
    try:
        _replace_state(path, state)
    except UserError as error:
        is_full = isinstance(error.__cause__, OSError) and error.__cause__.errno in (errno.ENOSPC, errno.EDQUOT)
        if not (is_full and path.exists() and earlier_state(path).exists()):
            raise
        earlier_state(path).unlink()
        _replace_state(path, state)


def earlier_state(path: Path) -> Path:
    """Where the state before the newest lies."""
    return path.with_name(f"{path.stem}.1{path.suffix}")


def has_state(path: Path) -> bool:
    """Whether there is a state to go on from, be it the one before the newest."""
    return path.exists() or earlier_state(path).exists()


def read_newest_state(path: Path) -> tuple[TrainingState, Text | None] | None:
    """The newest state that can be read, and what the user should know of it; None if there is none.

    Raises `UserError` if there is one, and none can be read.
    """
    earlier = earlier_state(path)
    try:
        if path.exists():
            return read_state(path), None
        if not earlier.exists():
            return None
    except UserError:
        if not earlier.exists():
            raise
    state = read_state(earlier)
    return state, Text(
        f"The newest saved state '{path}' is missing or damaged: it goes on from the one before, of step {state.step}.",
        f"最新的状态“{path}”缺失或已损坏：从前一个状态（第 {state.step} 步）继续。",
    )


def _replace_state(path: Path, state: Mapping[str, Any]) -> None:
    with atomic_path(path) as temporary:
        with temporary.open("wb") as file:
            try:
                torch.save(state, file)
            except RuntimeError as error:
                # torch hides what the disk said behind its own words; a full disk must be told as one.
                raise error.__context__ if isinstance(error.__context__, OSError) else error from None
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            path.replace(earlier_state(path))


def read_state(path: Path) -> TrainingState:
    """Read a state file. Raises `UserError` if it is damaged."""
    try:
        return TrainingState(**torch.load(path, map_location="cpu", weights_only=True))
    except Exception as error:
        raise UserError(
            f"the saved state '{path}' can't be read ({error}): put a copy back, or start a new run; the adapter files "
            "beside it are whole.",
            f"无法读取保存的状态“{path}”（{error}）：请放回备份，或新建训练；旁边的 LoRA 文件完好。",
        ) from error
