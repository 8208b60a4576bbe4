"""The observer that saves: adapter files for use, and beside them the state to resume from."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import torch

from danlu.adapters.files import write_adapter
from danlu.adapters.injection import Injection
from danlu.checkpoints.config import CheckpointConfig
from danlu.checkpoints.state import write_state
from danlu.kit.errors import UserError
from danlu.rundir.events import Checkpoint
from danlu.rundir.journal import Journal
from danlu.rundir.layout import RunFolder
from danlu.training.ema import Ema
from danlu.training.loop import Trained


@dataclass
class CheckpointWriter:
    """Writes `NAME-EPOCH.safetensors` on the way and `NAME.safetensors` at the end."""

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

    def on_step(self, trained: Trained) -> None:
        """Save when due, when asked, and at the end."""
        asked = self.folder.request("save")
        due = self.config.every.is_due(step=trained.step, epoch_ended=trained.epoch_ended)
        if trained.is_last or due or asked.exists():
            asked.unlink(missing_ok=True)
            self._save(trained)

    def on_stop(self, trained: Trained) -> None:
        """Save where training was stopped."""
        self._save(trained)

    def _save(self, trained: Trained) -> None:
        self._require_finite(trained)
        path = self.folder.checkpoints / f"{self._name(trained)}.safetensors"
        with self.averaged():
            write_adapter(path, self.injection, self.metadata(trained), self.config.precision)
            if trained.is_last and trained.epoch_ended and self._epoch_is_kept(trained):
                # The last epoch is one of the kept ones: it's compared with the others under its own number.
                epoch = self.folder.checkpoints / f"{self.name}-{trained.epoch:06d}.safetensors"
                write_adapter(epoch, self.injection, self.metadata(trained), self.config.precision)
        write_state(
            self.folder.state, trained.step, self.injection, self.optimizer, ema=self.ema, loop=self.loop_state()
        )
        self.journal.write(
            Checkpoint(
                step=trained.step,
                epoch=trained.epoch,
                path=path.relative_to(self.folder.root).as_posix(),
                final=trained.is_last,
            )
        )

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

    def _epoch_is_kept(self, trained: Trained) -> bool:
        return self.config.every.unit == "epochs"

    def _name(self, trained: Trained) -> str:
        if trained.is_last:
            return self.name
        if trained.epoch_ended is not None:
            return f"{self.name}-{trained.epoch:06d}"
        return f"{self.name}-step{trained.step:08d}"
