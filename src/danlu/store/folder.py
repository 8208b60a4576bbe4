"""The studio's folder: where its database, datasets, runs and jobs lie. Only names made here ever become paths.

studio.db              what is known of them           datasets/ID/NAME/  pictures, captions, danlu.toml
runs/NAME/             run folders                     jobs/ID/           how each job's process began and ended
models/NAME/           published models               uploads/          what is being uploaded; thrown away afterwards
"""

import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from danlu.datasets.folder_names import REGULARIZATION_NAMES
from danlu.kit.file_names import usable_name

_LONGEST = 60


@dataclass(frozen=True)
class StudioFolder:
    """The paths of a studio."""

    root: Path

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.root / "studio.db"

    @property
    def uploads(self) -> Path:
        """Where files lie while they are being uploaded."""
        return self.root / "uploads"

    def dataset(self, folder: str) -> Path:
        """The folder of a dataset."""
        return self.root / "datasets" / folder

    def dataset_lock(self, folder: str) -> Path:
        """Held by whoever changes a dataset, and while a job on it is taken from the queue."""
        return self.dataset(folder) / ".danlu" / "studio.lock"

    def run(self, folder: str) -> Path:
        """The folder of a run."""
        return self.root / "runs" / folder

    def model(self, folder: str) -> Path:
        """The folder of a published model."""
        return self.root / "models" / folder

    def job(self, job_id: str) -> Path:
        """The folder of a job."""
        return self.root / "jobs" / job_id


def folder_name(name: str, unique: str) -> str:
    """What a thing that people call `name` is called on disk: readable, portable, and of its own by `unique`."""
    words = _words(name)
    return f"{words}-{unique}" if words else unique


def dataset_folder(name: str, unique: str) -> str:
    """The same for a dataset, whose last folder names its concept: it mustn't say more than that by its form."""
    words = re.sub(r"^(\d+)_", r"\1-", _words(name))
    return f"{unique}/{'dataset' if words.lower() in REGULARIZATION_NAMES else words or 'dataset'}"


def file_stem(name: str, otherwise: str) -> str:
    """What a file that people call `name` is called on any system, in a prompt's `<lora:…>` too; `otherwise` if
    nothing is left of the name.
    """
    shown = "".join(sign for sign in unicodedata.normalize("NFC", name) if sign.isprintable() or sign.isspace())
    return _words(re.sub(r"[,;'`%&$#(){}\[\]]+", "-", shown)) or otherwise


def _words(name: str) -> str:
    return usable_name(usable_name(name, "")[:_LONGEST], "")
