"""Mistakes of the user: one clear sentence in both languages, that says what is wrong, where, and what to do.

Everything else that goes wrong is ours and keeps its traceback.
"""

import difflib
from collections.abc import Iterable

from danlu.kit.language import Text


class UserError(Exception):
    """Something only the user can mend; the command line prints it without a traceback and exits with 2."""

    def __init__(self, en: str, zh: str, *, field: str | None = None) -> None:
        self.text = Text(en, zh)
        self.field = field
        """The setting that it is about, as `optimizer.lr`; None if it is about no single one."""
        super().__init__(en)

    def __str__(self) -> str:
        return str(self.text)


def nearest(word: str, choices: Iterable[str]) -> Text:
    """A closing phrase that names the choice nearest to a mistyped word, or lists the choices if none is near."""
    known = sorted(choices)
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    if close:
        return Text(f"did you mean '{close[0]}'?", f"是不是想写“{close[0]}”？")
    return Text(f"choose one of: {', '.join(known)}.", f"可选：{'、'.join(known)}。")
