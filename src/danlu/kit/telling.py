"""What a command tells the program that started it, beside what it prints: how far it is, and the user's mistake.

The starter sets `DANLU_TELL` to a folder, in which these lie as JSON:

progress.json    {"done": 3, "total": 12}       mistake.json    {"en": "…", "zh": "…"}
"""

import json
import os
import time
from collections.abc import Callable
from pathlib import Path

from danlu.kit.files import write_quickly
from danlu.kit.language import Text

VARIABLE = "DANLU_TELL"
PROGRESS, MISTAKE = "progress.json", "mistake.json"
_EVERY_SECONDS = 0.3


def teller() -> Callable[[int, int], None] | None:
    """A function that tells (done, total) to whoever started this command; None if nobody asked."""
    folder = os.environ.get(VARIABLE)
    if not folder:
        return None
    told_at = [0.0]

    def tell(done: int, total: int) -> None:
        now = time.monotonic()
        if done >= total or now - told_at[0] >= _EVERY_SECONDS:
            told_at[0] = now
            write_quickly(Path(folder) / PROGRESS, json.dumps({"done": done, "total": total}).encode())

    return tell


def tell_mistake(text: Text) -> None:
    """Tell the user's mistake in both languages to whoever started this command."""
    if folder := os.environ.get(VARIABLE):
        write_quickly(Path(folder) / MISTAKE, json.dumps(text._asdict()).encode())
