"""What a check finds, and what would mend it: plain values, which the command line, the page and the studio show.

A fix says what a text file is to hold, never how a picture is to change: facts for danlu.toml, or a caption made anew
from the old one. `mending` brings fixes about, so that each can be undone.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from danlu.datasets.manifest import PictureFacts
from danlu.kit.language import Text

Severity = Literal["problem", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("problem", "warning", "note")
"""Worst first: harms the training, may harm it, is good to know."""
SEVERITY_NAMES = {
    "problem": Text("problem", "问题"),
    "warning": Text("warning", "警告"),
    "note": Text("note", "提示"),
}


@dataclass(frozen=True)
class Fix:
    """What would mend a finding about one picture: facts for the manifest, or its caption rewritten."""

    title: Text
    """What is done, as in "leave it out"."""
    facts: PictureFacts | None = None
    rewrite: Callable[[str], str] | None = None
    """From the old text of the caption to the new; it is written as UTF-8."""
    safe: bool = False
    """Whether nothing is lost that anybody could want, so that it is done unless something else was asked for."""


@dataclass(frozen=True)
class Finding:
    """Something that a check has to say of a picture, or of the dataset."""

    check: str
    """The kind of the check."""
    severity: Severity
    picture: str | None
    """The picture's name; None if it concerns the dataset."""
    text: Text
    """One sentence with the figure in it, that doesn't repeat the picture's name."""
    weight: float = 0.0
    """How bad it is among the findings of its check; the larger, the worse."""
    fix: Fix | None = None
    other: str | None = None
    """The name of the picture that it is compared with, of a pair."""


LEAVE_OUT = Text("leave it out", "排除该图片")


def leave_out(*, safe: bool = False) -> Fix:
    """The fix that excludes a picture from the dataset; its file stays where it is."""
    return Fix(LEAVE_OUT, facts=PictureFacts(excluded=True), safe=safe)
