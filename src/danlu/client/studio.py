"""What one does with a studio from a script or from the command line, by the API that the web app uses too.

studio = Studio("http://127.0.0.1:8288")
dataset = studio.make_dataset("Mei")
studio.upload(dataset.id, [Path("pictures")])
job = studio.submit(NewTagging(kind="tag", dataset_id=dataset.id, trigger="mei"))
"""

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypeVar

from danlu.client.connection import Connection
from danlu.client.parcels import packed
from danlu.kit.errors import UserError, nearest
from danlu.kit.language import Text
from danlu.studio.shapes.datasets import DatasetDetail, DatasetShape
from danlu.studio.shapes.jobs import JobPage, JobShape
from danlu.studio.shapes.recipes import DraftShape
from danlu.studio.shapes.runs import CheckpointList, CheckpointShape, RunDetail, RunShape
from danlu.studio.shapes.uploads import UploadReport

_UPLOAD_SECONDS = 600.0
"""A request's pictures are decoded before it is answered."""

N = TypeVar("N", DatasetShape, RunShape)


class Studio:
    """A studio, by its address. Every call raises `UserError` with what the studio says against it."""

    def __init__(self, address: str) -> None:
        self._connection = Connection(address)

    # ------------------------------------------------------------ datasets

    def datasets(self) -> list[DatasetShape]:
        """All datasets, what was changed last at the top."""
        return self._connection.get("/api/datasets", list[DatasetShape])

    def find_dataset(self, name: str) -> DatasetShape:
        """The dataset of an id or a name."""
        return _find(self.datasets(), name, Text("dataset", "数据集"))

    def make_dataset(self, name: str) -> DatasetDetail:
        """An empty dataset."""
        return self._connection.post("/api/datasets", DatasetDetail, {"name": name})

    def upload(
        self, dataset_id: str, paths: Sequence[Path], on_progress: Callable[[int, int], None] | None = None
    ) -> Iterator[UploadReport]:
        """Bring folders, zips and files into a dataset, a few at a time; a report for each request that was answered.

        `on_progress` is told (bytes done, all). Sent again after an interruption, what arrived is told as duplicates.
        """
        with packed(paths) as parcels:
            sizes = [sum(file.stat().st_size for file in parcel.values()) for parcel in parcels]
            for number, parcel in enumerate(parcels, 1):
                yield self._connection.send_files(
                    f"/api/datasets/{dataset_id}/pictures", UploadReport, parcel, seconds=_UPLOAD_SECONDS
                )
                if on_progress:
                    on_progress(sum(sizes[:number]), sum(sizes))

    # ------------------------------------------------------------ jobs

    def draft(self, dataset_id: str, base: str, theme: str) -> DraftShape:
        """A recipe that suits a dataset, a base and a theme."""
        order = {"dataset_id": dataset_id, "base": base, "theme": theme}
        return self._connection.post("/api/recipes/draft", DraftShape, order)

    def submit(self, order: Mapping[str, Any]) -> JobShape:
        """Put a job at the end of the queue, once, however often the connection breaks. Its `kind` says what it is; the
        rest is what the API takes for that kind.
        """
        return self._connection.post("/api/jobs", JobShape, order, key=secrets.token_hex(16))

    def jobs(self, limit: int = 100) -> list[JobShape]:
        """Jobs at work and waiting in the queue's order, then those that are over, the newest first."""
        return self.queue(limit).jobs

    def queue(self, limit: int = 100) -> JobPage:
        """The same, and whether the queue is paused."""
        return self._connection.get("/api/jobs", JobPage, limit=limit)

    def job(self, job_id: str) -> JobShape:
        """A job as it is now."""
        return self._connection.get(f"/api/jobs/{job_id}", JobShape)

    def tell_job(self, job_id: str, what: Literal["stop", "cancel", "retry"]) -> JobShape:
        """Let a training save and end, end a job, or try it again."""
        return self._connection.post(f"/api/jobs/{job_id}/{what}", JobShape)

    # ------------------------------------------------------------ runs

    def runs(self) -> list[RunShape]:
        """All trainings, the newest first."""
        return self._connection.get("/api/runs", list[RunShape])

    def find_run(self, name: str) -> RunShape:
        """The training of an id or a name."""
        return _find(self.runs(), name, Text("training", "训练"))

    def recipe_of(self, run_id: str) -> Mapping[str, Any] | None:
        """Every setting of a training; None until it has begun."""
        return self._connection.get(f"/api/runs/{run_id}", RunDetail).recipe

    def checkpoints(self, run_id: str) -> list[CheckpointShape]:
        """The adapter files of a training, oldest first."""
        return self._connection.get(f"/api/runs/{run_id}/checkpoints", CheckpointList).checkpoints

    def download(self, file: CheckpointShape, target: Path, on_progress: Callable[[int, int], None]) -> None:
        """Fetch an adapter file, whole and as the studio has it, or not at all."""
        self._connection.download(file.url, target, on_progress, file.sha256)


def _find(things: Sequence[N], name: str, what: Text) -> N:
    """The one of an id, or the only one of a name."""
    found = [one for one in things if one.id == name] or [one for one in things if one.name == name]
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(one.id for one in found)
        raise UserError(
            f"There are {len(found)} {what.en}s named '{name}': give the id of one: {ids}.",
            f"有 {len(found)} 个名为“{name}”的{what.zh}：请使用其中一个的 id：{ids}。",
        )
    if not things:
        raise UserError(f"The studio has no {what.en} yet.", f"studio 中还没有{what.zh}。")
    near = nearest(name, [one.name for one in things])
    raise UserError(f"The studio has no {what.en} '{name}': {near.en}", f"studio 中没有{what.zh}“{name}”：{near.zh}")
