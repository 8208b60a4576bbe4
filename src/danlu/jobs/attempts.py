"""What a run's files were before a job's process began: all that is new since then is of this attempt.

Compared by places and marks, never by times of day: clocks are set back and forward while jobs are at work.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from danlu.kit.files import write_atomically
from danlu.rundir.journal import end_of
from danlu.rundir.layout import RunFolder

_FILE = "before.json"


@dataclass(frozen=True)
class Attempt:
    """One process of a job, told apart from those before it."""

    journal: int = 0
    """Bytes of the run's journal that were there already."""
    recipe: int | None = None
    """When the run's recipe was written, as its file system tells it (ns); None if there was none."""

    def wrote_recipe(self, run: RunFolder) -> bool:
        """Whether the run's recipe was written in this attempt."""
        now = _written(run.recipe)
        return now is not None and now != self.recipe


def begin_attempt(folder: Path, run: RunFolder | None) -> None:
    """Write into a job's folder what its run was before it; its process mustn't have begun."""
    attempt = Attempt(end_of(run.journal), _written(run.recipe)) if run is not None else Attempt()
    write_atomically(folder / _FILE, json.dumps(asdict(attempt)))


def attempt_of(folder: Path) -> Attempt:
    """The attempt that a job's folder tells of."""
    try:
        return Attempt(**json.loads((folder / _FILE).read_text("utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return Attempt()  # begun by an earlier version: the whole journal counts


def _written(path: Path) -> int | None:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return None
