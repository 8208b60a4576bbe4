"""The observer that draws previews: the same prompts and seeds after every epoch, and once from the base alone.

What is drawn is what the saved file draws: the adapter's tensors are rounded to the file's precision meanwhile.
A preview never makes a run fail: a failure is a warning in the journal.
"""

from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

import torch

from danlu.adapters.injection import Injection
from danlu.families.base import Base
from danlu.generation.draw import draw
from danlu.generation.pngtext import save_png, write_parameters
from danlu.generation.prompts import Prompt
from danlu.kit.errors import UserError
from danlu.previews.config import PreviewConfig
from danlu.rundir.events import Preview, Warned
from danlu.rundir.journal import Journal
from danlu.rundir.layout import RunFolder
from danlu.training.loop import Trained


@dataclass
class PreviewWriter:
    """Draws and saves previews."""

    config: PreviewConfig
    prompts: Sequence[Prompt]
    base: Base
    injection: Injection
    saved_dtype: torch.dtype
    name: str
    folder: RunFolder
    journal: Journal
    averaged: Callable[[], AbstractContextManager[None]]
    """While it lasts, the adapter holds the weights that are meant for use."""

    def draw_base(self) -> None:
        """The base's own pictures at the same seeds, if they aren't there yet."""
        folder = self.folder.preview_folder(None)
        if self.prompts and not all((folder / name).exists() for name in self._names()):
            with self.injection.switched_off():
                self._draw(None, 0)

    def on_step(self, trained: Trained) -> None:
        """Draw when due, when asked, and at the end."""
        asked = self.folder.request("preview")
        due = self.config.every.is_due(step=trained.step, epoch_ended=trained.epoch_ended)
        if asked.exists() or due or (trained.is_last and self.config.every.unit != "never"):
            asked.unlink(missing_ok=True)
            with self.averaged(), _rounded(self.injection, self.saved_dtype):
                self._draw(trained.epoch, trained.step)

    def on_stop(self, trained: Trained) -> None:
        """Nothing: stopping is quick."""

    def _names(self) -> list[str]:
        return [f"{number:02d}.png" for number in range(1, len(self.prompts) + 1)]

    def _draw(self, epoch: int | None, step: int) -> None:
        folder = self.folder.preview_folder(epoch)
        try:
            with torch.no_grad():
                pictures = draw(self.base, self.prompts, batch_size=len(self.prompts))
            adapters = [] if epoch is None else [(self.name, 1.0)]
            extra = {} if epoch is None else {"Epoch": str(epoch), "Step": str(step)}
            for name, picture, prompt in zip(self._names(), pictures, self.prompts, strict=True):
                save_png(picture, folder / name, write_parameters(prompt, adapters=adapters, extra=extra))
        except (RuntimeError, UserError, OSError) as error:
            self.journal.write(Warned(en=f"No preview could be drawn: {error}", zh=f"预览失败：{error}"))
            return
        if epoch is not None:
            paths = [(folder / name).relative_to(self.folder.root).as_posix() for name in self._names()]
            self.journal.write(Preview(step=step, epoch=epoch, paths=paths))


@contextmanager
def _rounded(injection: Injection, dtype: torch.dtype) -> Generator[None]:
    """The adapter as its file holds it."""
    exact = injection.state()
    injection.load_state({name: tensor.to(dtype) for name, tensor in exact.items()})
    try:
        yield
    finally:
        injection.load_state(exact)
