"""A run's curves for TensorBoard: a listener of the journal that writes event files."""

from pathlib import Path

from danlu.rundir.events import AnyEvent, Ended, Step, Validation


class TensorBoardLog:
    """Writes loss, learning rates and gradient norm of every step, and the loss of validation, under `folder`."""

    def __init__(self, folder: Path) -> None:
        from torch.utils.tensorboard import SummaryWriter

        self._writer = SummaryWriter(str(folder))

    def __call__(self, event: AnyEvent) -> None:
        """Take in one event."""
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
        """Write what is left and close the file."""
        self._writer.close()
