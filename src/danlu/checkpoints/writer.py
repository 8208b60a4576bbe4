"""The observer that saves: adapter files for use, and beside them the state to resume from.

No file is written over another one: where a name is taken by what an earlier step left (the run was extended since),
the next best name is used.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from danlu.adapters.files import write_adapter
from danlu.adapters.injection import Injection
from danlu.checkpoints.config import CheckpointConfig
from danlu.checkpoints.state import write_state
from danlu.kit.errors import UserError
from danlu.rundir.control import take_request
from danlu.rundir.events import Checkpoint
from danlu.rundir.journal import Journal
from danlu.rundir.layout import RunFolder
from danlu.training.ema import Ema
from danlu.training.loop import Trained
from danlu.weights.headers import read_header

STEP_KEY = "ss_steps"
"""Under which an adapter's metadata tell the step that it was saved after."""


@dataclass
class CheckpointWriter:
    """Writes `NAME-EPOCH.safetensors` at the end of epochs, `NAME-stepSTEP.safetensors` within them, and
    `NAME.safetensors` at the end of the run.
    """

    config: CheckpointConfig
    name: str
    folder: RunFolder
    injection: Injection
    optimizer: torch.optim.Optimizer
    metadata: Callable[[Trained], dict[str, str]]
    journal: Journal
    ema: Ema | None
    averaged: Callable[[], AbstractContextManager[None]]
    """While it lasts, the adapter holds the weights that are meant for use."""
    loop_state: Callable[[], Mapping[str, Any]]
    made_with: Mapping[str, Any]
    """What the run is trained with, for its state."""
    saved_step: int = 0
    """The step that was saved last; an earlier process may have saved more."""

    def on_step(self, trained: Trained) -> None:
        """Save when due, when asked, and at the end."""
        asked = take_request(self.folder, "save")
        due = self.config.every.is_due(step=trained.step, epoch_ended=trained.epoch_ended)
        if trained.is_last or due or asked:
            self._save(trained)

    def on_stop(self, trained: Trained) -> None:
        """Save where training was stopped, unless it is saved: the state before it would be lost."""
        if trained.step != self.saved_step:
            self._save(trained)

    def _save(self, trained: Trained) -> None:
        self._require_finite(trained)
        paths = self._paths(trained)
        with self.averaged():
            for path in paths:
                write_adapter(path, self.injection, self.metadata(trained), self.config.precision)
        write_state(
            self.folder.state,
            trained.step,
            self.injection,
            self.optimizer,
            ema=self.ema,
            loop=self.loop_state(),
            made_with=self.made_with,
        )
        self.journal.write(
            Checkpoint(
                step=trained.step,
                epoch=trained.epoch,
                path=paths[0].relative_to(self.folder.root).as_posix(),
                final=trained.is_last,
            )
        )
        self.saved_step = trained.step

    def _require_finite(self, trained: Trained) -> None:
        """What broke must not be written over what is good."""
        tensors = [tensor for layer in self.injection.layers.values() for tensor in layer.tensors.values()]
        if not all(bool(torch.isfinite(tensor).all()) for tensor in tensors):
            raise UserError(
                f"the adapter's weights aren't finite numbers any more at step {trained.step}, so they aren't saved: "
                "lower optimizer.lr, or use training.precision 'fp32'. The last checkpoint is kept.",
                f"第 {trained.step} 步 LoRA 的权重已不是有限数值，因此不保存：请降低 optimizer.lr，"
                "或使用 training.precision“fp32”。最近的检查点仍然保留。",
            )

    def _paths(self, trained: Trained) -> list[Path]:
        """Where the adapter is written: at the end of the run under its own name and, if epochs are kept, also as the
        last of them, to be compared with the others under its number.
        """
        at_end, at_epoch = self._path(""), self._path(f"-{trained.epoch:06d}")
        wanted = [at_end] if trained.is_last else []
        if trained.epoch_ended is not None and (not trained.is_last or self.config.every.unit == "epochs"):
            wanted.append(at_epoch)
        free = [path for path in wanted if is_free(path, trained.step)]
        return free or [self._path(f"-step{trained.step:08d}")]

    def _path(self, ending: str) -> Path:
        return self.folder.checkpoints / f"{self.name}{ending}.safetensors"


def is_free(path: Path, step: int) -> bool:
    """Whether nothing lies there, or only what the same step left before a crash."""
    if not path.exists():
        return True
    try:
        return read_header(path).metadata.get(STEP_KEY) == str(step)
    except UserError:  # whatever it is, it isn't ours
        return False
