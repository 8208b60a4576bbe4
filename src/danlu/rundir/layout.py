"""The run folder: where each thing lies. The only contract between the engine and whatever watches it.

recipe.toml          the resolved recipe          plan.json            what it will do
journal.jsonl        typed events                 checkpoints/         adapter files, and state/ to resume from
previews/            base/ and EPOCH/ pictures    logs/                TensorBoard
evaluation.json      figures of every kept epoch  evaluation.png       the pictures behind them
report.html          everything, for people       rate.html            of a search for the rate: its curve
requests/            what the watcher asks for: empty files `stop`, `save`, `preview`
run.lock             held by the process that is at work on the run
history/NNN/         recipe and plan as they were before the run was extended
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Request = Literal["stop", "save", "preview"]


@dataclass(frozen=True)
class RunFolder:
    """The paths of one run."""

    root: Path

    @property
    def recipe(self) -> Path:
        """The resolved recipe."""
        return self.root / "recipe.toml"

    @property
    def plan(self) -> Path:
        """The plan as JSON."""
        return self.root / "plan.json"

    @property
    def journal(self) -> Path:
        """The events, one JSON object a line."""
        return self.root / "journal.jsonl"

    @property
    def checkpoints(self) -> Path:
        """The folder of adapter files."""
        return self.root / "checkpoints"

    @property
    def state(self) -> Path:
        """The file from which training resumes."""
        return self.checkpoints / "state" / "training.pt"

    @property
    def previews(self) -> Path:
        """The folder of previews."""
        return self.root / "previews"

    @property
    def logs(self) -> Path:
        """The folder of TensorBoard's event files."""
        return self.root / "logs"

    @property
    def evaluation(self) -> Path:
        """The figures of every kept epoch."""
        return self.root / "evaluation.json"

    @property
    def evaluation_sheet(self) -> Path:
        """The pictures behind those figures: the base's and the best epoch's."""
        return self.root / "evaluation.png"

    @property
    def report(self) -> Path:
        """The report for people."""
        return self.root / "report.html"

    @property
    def rate_chart(self) -> Path:
        """The curve of d·lr, if the run is a search for the rate."""
        return self.root / "rate.html"

    @property
    def lock(self) -> Path:
        """Held by the process that is at work on the run."""
        return self.root / "run.lock"

    def earlier(self, number: int) -> "RunFolder":
        """Where recipe and plan lie as they were before the run was extended for the `number`th time (from 1)."""
        return RunFolder(self.root / "history" / f"{number:03d}")

    def request(self, request: Request) -> Path:
        """The file whose existence asks the running process for something."""
        return self.root / "requests" / request

    def preview_folder(self, epoch: int | None, step: int | None = None) -> Path:
        """The previews at the end of an epoch, or within it after a step; no epoch: the base's own pictures at the same
        seeds.
        """
        if epoch is None:
            return self.previews / "base"
        return self.previews / (f"{epoch:03d}" if step is None else f"{epoch:03d}-step{step:08d}")
