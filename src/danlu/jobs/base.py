"""What a job is asked to do: an order, kept with the job and turned into a `danlu` command when the job begins.

A kind of job is one file in `kinds/`: what can be ordered, and the command that does it.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self

from pydantic import Field, TypeAdapter

from danlu.jobs.attempts import Attempt
from danlu.kit.errors import UserError
from danlu.kit.files import write_atomically
from danlu.kit.forms import form
from danlu.kit.variants import Chosen, Variant
from danlu.rundir.layout import RunFolder

RESULTS = "results"
"""The folder of the files that a job makes for whoever asked, in the job's own."""

_PICTURE = form(
    r"^[^\r\n@*?][^\r\n*?]*$",
    "the name of a picture: one line without * and ?, no @ first",
    "是图片名：单行，不含 * 和 ?，不以 @ 开头",
)
PictureName = Annotated[str, Field(min_length=1, max_length=500, pattern=_PICTURE)]
"""Of one line, and not taken for a pattern or a list of names."""


@dataclass(frozen=True)
class Workplace:
    """Where a job is at work."""

    folder: Path
    """Its own folder."""
    dataset: Path | None
    """The folder of its dataset, if it has one that is still there."""
    run: RunFolder | None
    """The folder of its run, if it has one that is still there."""

    def require_dataset(self) -> str:
        """The path of its dataset. Raises `UserError` if it was deleted."""
        if self.dataset is None:
            raise UserError("The dataset of this job was deleted.", "该任务的数据集已被删除。")
        return str(self.dataset)

    def only(self, pictures: Sequence[str]) -> list[str]:
        """The arguments of a command that is about these pictures alone; none are all."""
        if not pictures:
            return []
        file = self.folder / "pictures.txt"
        write_atomically(file, "\n".join(pictures))
        return ["--only", f"@{file}"]

    def result(self, name: str) -> str:
        """Where a file goes that the job makes for whoever asked."""
        results = self.folder / RESULTS
        results.mkdir(parents=True, exist_ok=True)
        return str(results / name)

    def require_run(self) -> RunFolder:
        """The folder of its run. Raises `UserError` if it was deleted."""
        if self.run is None:
            raise UserError("The run of this job was deleted.", "该任务的训练已被删除。")
        return self.run


class Order(Variant, ABC):
    """What a job is asked to do. One file in `kinds/` each.
    中文: 任务内容，每种任务一个文件。
    """

    changes_dataset: ClassVar[bool] = False
    """Whether it writes into its dataset."""
    can_stop: ClassVar[bool] = False
    """Whether it can save and end early, to go on later; others are only cancelled."""

    @abstractmethod
    def command(self, place: Workplace) -> list[str]:
        """The arguments of `danlu`, asked for when the job begins: what lies there by then decides.

        Raises `UserError` if what the job needs is gone.
        """

    def expected(self) -> float | None:
        """How many seconds it will probably take; None if that isn't known."""
        return 30.0

    def subject(self) -> str | None:
        """Id of the run that it is about, if that isn't the job's own."""
        return None

    def run_in(self, folder: Path) -> RunFolder | None:
        """The run folder within the job's own that tells how far it is; None if it makes none there."""
        return None

    def results(self, folder: Path) -> list[Path]:
        """The files that it has made for whoever asked, in the job's folder."""
        made = folder / RESULTS
        return sorted(one for one in made.iterdir() if one.is_file()) if made.is_dir() else []

    @property
    def title(self) -> str | None:
        """What it is called where neither a dataset nor a run gives it a name."""
        return None

    def left(self, run: RunFolder | None, attempt: Attempt) -> Self:
        """What is left to order after an attempt, by what its run says."""
        return self


@cache
def _adapter() -> TypeAdapter[Order]:
    return TypeAdapter(Chosen[Order])


def read_order(values: dict[str, Any]) -> Order:
    """The order that a job was stored with."""
    return _adapter().validate_python(values)
