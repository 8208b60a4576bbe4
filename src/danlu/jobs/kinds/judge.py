"""Judging the kept epochs of a run."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from danlu.jobs.base import Order, Workplace
from danlu.kit.errors import UserError
from danlu.kit.places import EMBEDDED_TAGGER
from danlu.rundir.layout import RunFolder


class JudgeOrder(Order):
    """Measure every kept epoch of a training, and say which is best and why.
    中文: 检验训练保留的每一轮，指出哪一轮最好以及原因。
    """

    kind: Literal["judge"] = "judge"
    run_id: str
    folder: str
    """Where the run lies."""
    tagger: str = EMBEDDED_TAGGER
    """Folder of the tagger."""
    seeds: Annotated[int, Field(ge=4, le=1024)] = 64
    """Pictures for each figure."""

    def command(self, place: Workplace) -> list[str]:
        """`danlu evaluate`."""
        if not RunFolder(Path(self.folder)).journal.exists():
            raise UserError("The run of this job was deleted.", "该任务的训练已被删除。")
        return ["evaluate", self.folder, "--tagger", self.tagger, "--seeds", str(self.seeds)]

    def expected(self) -> float | None:
        """It depends on the base and the machine: not known before it draws."""
        return None

    def subject(self) -> str | None:
        """The run that is judged."""
        return self.run_id
