"""Unreadable: the file is damaged, cut short, no picture, or something beside it keeps it from being used."""

from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar, Literal

from danlu.datasets.decode import read_size
from danlu.health.base import Check, Survey
from danlu.health.findings import Finding, leave_out
from danlu.kit.errors import UserError
from danlu.kit.language import Text


class Unreadable(Check):
    """Pictures that can't be used at all."""

    kind: Literal["unreadable"] = "unreadable"
    title: ClassVar[Text] = Text("can't be used", "无法使用")

    def judge_all(self, survey: Survey) -> Iterable[Finding]:
        """What the scan couldn't read, then what couldn't be decoded; a damaged file is safely left out."""
        for problem in survey.dataset.problems:
            fix = leave_out(safe=True) if _is_damaged(survey.dataset.root / problem.name) else None
            yield Finding(self.kind, "problem", problem.name, problem.text, fix=fix)
        for seen in survey.pictures:
            if seen.error:
                yield Finding(self.kind, "problem", seen.picture.name, seen.error, fix=leave_out(safe=True))


def _is_damaged(path: Path) -> bool:
    """Whether it is the picture itself that can't be read, and not its caption or its crop box, which can be mended."""
    try:
        read_size(path)
    except UserError:
        return path.is_file()
    return False
