"""What an import did, told once: each file that was meant as a picture was taken, or left out for one reason."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from danlu.datasets.pictures import Size
from danlu.kit.language import Text

Reason = Literal["damaged", "duplicate", "outside", "unread", "caption", "manifest"]


@dataclass(frozen=True)
class Taken:
    """A picture that is in the dataset now."""

    source: str
    """Where it came from, as people recognise it."""
    name: str
    """POSIX path in the dataset."""
    size: Size
    has_caption: bool = False


@dataclass(frozen=True)
class LeftOut:
    """A file that isn't in the dataset, and why."""

    source: str
    why: Reason
    text: Text


@dataclass(frozen=True)
class ImportReport:
    """All that an import did."""

    root: Path
    taken: tuple[Taken, ...]
    left_out: tuple[LeftOut, ...]
    captions: tuple[str, ...]
    """Pictures that were in the dataset before and now have a caption."""
    notices: tuple[Text, ...]
    """What the user should know though nothing is wrong."""
