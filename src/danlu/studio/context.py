"""What every request needs: the studio, its owner, and the things asked for, if they are the owner's."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from string import hexdigits
from threading import Event
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Path, Request

from danlu.jobs.worker import Worker
from danlu.kit.language import Text
from danlu.rundir.layout import RunFolder
from danlu.store.database import Database
from danlu.store.datasets import find_dataset
from danlu.store.folder import StudioFolder
from danlu.store.jobs import find_job
from danlu.store.models import find_model
from danlu.store.records import LOCAL_OWNER, DatasetRecord, JobRecord, ModelRecord, RunRecord
from danlu.store.runs import find_run
from danlu.studio.answers import Answers
from danlu.studio.looking import Looks
from danlu.studio.problems import ProblemError


@dataclass(frozen=True)
class Studio:
    """What the application works with."""

    folder: StudioFolder
    database: Database
    worker: Worker
    answers: Answers = field(default_factory=Answers)
    looks: Looks = field(default_factory=Looks)
    closing: Event = field(default_factory=Event)
    """Set when the program ends, so that streams end too."""


T = TypeVar("T")
Id = Annotated[str, Path(description="What the studio calls it: hexadecimal digits.")]
_LONGEST_ID = 64


# `async`, so that they need no thread: what the database has told already is kept, and who reads it never waits.
async def _studio(request: Request) -> Studio:
    return request.app.state.studio


async def _owner() -> str:
    """On loopback there is one owner, without a login."""
    return LOCAL_OWNER


TheStudio = Annotated[Studio, Depends(_studio)]
Owner = Annotated[str, Depends(_owner)]


def _local_owner(owner: Owner) -> str:
    """Whoever sits at this machine: nobody else may name its folders, or clean its disk."""
    if owner != LOCAL_OWNER:
        text = Text("Only the owner of this machine may do that.", "只有本机的所有者可以执行此操作。")
        raise ProblemError(403, "refused", text)
    return owner


LocalOwner = Annotated[str, Depends(_local_owner)]


def require_dataset(studio: Studio, owner: str, dataset_id: str) -> DatasetRecord:
    """The owner's dataset. Raises `ProblemError` if there is none."""
    return _there(_find(find_dataset, studio, owner, dataset_id), Text("dataset", "数据集"), "dataset_id")


def require_run(studio: Studio, owner: str, run_id: str) -> RunRecord:
    """The owner's run. Raises `ProblemError` if there is none."""
    return _there(_find(find_run, studio, owner, run_id), Text("training", "训练"), "run_id")


def require_model(studio: Studio, owner: str, model_id: str) -> ModelRecord:
    """The owner's published model. Raises `ProblemError` if there is none."""
    return _there(_find(find_model, studio, owner, model_id), Text("model", "模型"), "model_id")


async def _dataset(studio: TheStudio, owner: Owner, dataset_id: Id) -> DatasetRecord:
    return require_dataset(studio, owner, dataset_id)


async def _job(studio: TheStudio, owner: Owner, job_id: Id) -> JobRecord:
    return _there(_find(find_job, studio, owner, job_id), Text("job", "任务"), "job_id")


async def _run(studio: TheStudio, owner: Owner, run_id: Id) -> RunRecord:
    return require_run(studio, owner, run_id)


async def _model(studio: TheStudio, owner: Owner, model_id: Id) -> ModelRecord:
    return require_model(studio, owner, model_id)


OwnedDataset = Annotated[DatasetRecord, Depends(_dataset)]
OwnedJob = Annotated[JobRecord, Depends(_job)]
OwnedRun = Annotated[RunRecord, Depends(_run)]
OwnedModel = Annotated[ModelRecord, Depends(_model)]


def run_folder(studio: Studio, run: RunRecord) -> RunFolder:
    """Where a run lies."""
    return RunFolder(studio.folder.run(run.folder))


def _find(find: Callable[[Database, str, str], T | None], studio: Studio, owner: str, called: str) -> T | None:
    """What `find` finds under an id; what doesn't even look like one isn't looked up."""
    is_id = 0 < len(called) <= _LONGEST_ID and all(sign in hexdigits for sign in called)
    return find(studio.database, owner, called) if is_id else None


def _there(thing: T | None, called: Text, name: str) -> T:
    if thing is None:
        raise ProblemError(404, "missing", Text(f"There is no such {called.en}.", f"没有这个{called.zh}。"), field=name)
    return thing


def immutable() -> Mapping[str, Any]:
    """Headers of what never changes under its URL."""
    return {"Cache-Control": "private, max-age=31536000, immutable"}
