"""The observer that draws previews: the same prompts and seeds after every epoch, and once from the base alone.

What is drawn is what the saved file draws: the adapter's tensors are meanwhile those that the file would hold.
A preview never makes a run fail: a failure is a warning in the journal.
"""

from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch

from danlu.adapters.files import own_tensors
from danlu.adapters.injection import Injection
from danlu.families.base import Base
from danlu.generation.draw import draw
from danlu.generation.pngtext import read_png, save_png, write_parameters
from danlu.generation.prompts import Prompt
from danlu.kit.errors import UserError
from danlu.previews.config import PreviewConfig
from danlu.rundir.control import take_request
from danlu.rundir.events import Preview, Stage, Warned
from danlu.rundir.journal import Journal
from danlu.rundir.layout import RunFolder
from danlu.training.loop import Trained

STEP = "Step"
"""What the step is called in a picture's parameters."""


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
    check_stop: Callable[[], None]
    """Called between sampling steps: raises if the run is to stop."""

    def begin(self, last: Trained | None) -> None:
        """The base's own pictures, unless previews come only when asked for; and those of the last step, if the process
        that did it ended before they were drawn.
        """
        if self.config.every.unit == "never":
            return
        self._draw_base()
        if last is not None and self._is_due(last) and not self._are_drawn(self._folder_of(last)):
            self._draw_trained(last)

    def on_step(self, trained: Trained) -> None:
        """Draw when due, when asked, and at the end."""
        asked = take_request(self.folder, "preview")
        if asked or self._is_due(trained):
            self._draw_base()
            self._draw_trained(trained)

    def on_stop(self, trained: Trained) -> None:
        """Nothing: stopping is quick."""

    def _is_due(self, trained: Trained) -> bool:
        due = self.config.every.is_due(step=trained.step, epoch_ended=trained.epoch_ended)
        return due or (trained.is_last and self.config.every.unit != "never")

    def _are_drawn(self, folder: Path) -> bool:
        return all((folder / name).exists() for name in self._names())

    def _draw_trained(self, trained: Trained) -> None:
        with self.averaged(), as_saved(self.injection, self.saved_dtype):
            self._draw(self._folder_of(trained), trained)

    def _draw_base(self) -> None:
        """The base's own pictures at the same seeds, if they aren't there yet."""
        folder = self.folder.preview_folder(None)
        if not self._are_drawn(folder):
            with self.injection.switched_off():
                self._draw(folder, None)

    def _folder_of(self, trained: Trained) -> Path:
        """The epoch's own at its end, else one of the step; never one that another step has filled."""
        of_epoch = self.folder.preview_folder(trained.epoch)
        if trained.epoch_ended is not None and is_free(of_epoch, trained.step):
            return of_epoch
        return self.folder.preview_folder(trained.epoch, trained.step)

    def _names(self) -> list[str]:
        return [f"{number:02d}.png" for number in range(1, len(self.prompts) + 1)]

    def _draw(self, folder: Path, trained: Trained | None) -> None:
        self.journal.write(Stage(name="previews", total=len(self.prompts)))
        try:
            with torch.no_grad():
                pictures = draw(self.base, self.prompts, on_step=lambda _done, _total: self.check_stop())
            adapters = [] if trained is None else [(self.name, 1.0)]
            extra = {} if trained is None else {"Epoch": str(trained.epoch), STEP: str(trained.step)}
            for name, picture, prompt in zip(self._names(), pictures, self.prompts, strict=True):
                save_png(picture, folder / name, write_parameters(prompt, adapters=adapters, extra=extra))
        except (RuntimeError, UserError, OSError) as error:
            self.journal.write(Warned(en=f"No preview could be drawn: {error}", zh=f"预览失败：{error}"))
            return
        if trained is not None:
            paths = [(folder / name).relative_to(self.folder.root).as_posix() for name in self._names()]
            self.journal.write(Preview(step=trained.step, epoch=trained.epoch, paths=paths))


def is_free(folder: Path, step: int) -> bool:
    """Whether a folder holds no previews of another step; what can't be read may be some."""
    drawn = sorted(folder.glob("*.png"))
    if not drawn:
        return True
    try:
        return read_png(drawn[0]).extra.get(STEP) == str(step)
    except (UserError, OSError, ValueError, SyntaxError):  # saved again by another program, or damaged
        return False


@contextmanager
def as_saved(injection: Injection, dtype: torch.dtype) -> Generator[None]:
    """The adapter as a file of this precision holds it, which rounds most of its tensors."""
    exact = injection.state()
    kept = {
        name: own_tensors(layer.adapter, layer.adapter.to_file(dict(layer.tensors.items()), dtype))
        for name, layer in injection.layers.items()
    }
    injection.load_state({f"{name}/{key}": tensor for name, own in kept.items() for key, tensor in own.items()})
    try:
        yield
    finally:
        injection.load_state(exact)
