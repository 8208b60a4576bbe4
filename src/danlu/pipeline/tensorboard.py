"""A run's curves for TensorBoard: a listener of the journal that writes event files."""

from contextlib import suppress
from pathlib import Path

from danlu.kit.files import told_by_disk
from danlu.rundir.events import AnyEvent, Ended, Step, Validation


class TensorBoardLog:
    """Writes loss, learning rates and gradient norm of every step, and the loss of validation, under `folder`."""

    def __init__(self, folder: Path) -> None:
        from torch.utils.tensorboard import SummaryWriter

        self._folder = folder
        try:
            self._writer = SummaryWriter(str(folder))
        except OSError as error:
            raise told_by_disk(error, folder) from error

    def __call__(self, event: AnyEvent) -> None:
        """Take in one event. Raises `UserError` when the disk is full."""
        try:
            self._take(event)
        except OSError as error:
            raise told_by_disk(error, self._folder) from error

    def _take(self, event: AnyEvent) -> None:
        if isinstance(event, Step):
            self._writer.add_scalar("loss", event.loss, event.step, walltime=event.time)
            if event.gradient_norm is not None:
                self._writer.add_scalar("gradient norm", event.gradient_norm, event.step, walltime=event.time)
            for name, rate in event.rates.items():
                self._writer.add_scalar(f"learning rate/{name}", rate, event.step, walltime=event.time)
        elif isinstance(event, Validation):
            self._writer.add_scalar("loss on held-out pictures", event.loss, event.step, walltime=event.time)
        elif isinstance(event, Ended):
            self._writer.flush()

    def close(self) -> None:
        """Write what is left and close the file. What a full disk doesn't take any more is only curves to look at."""
        with suppress(OSError):
            self._writer.close()
