"""From a job to the `danlu` command that does it, written when it begins: what lies there by then decides."""

from danlu.jobs.orders import ORDER, CropOrder, TagOrder, TrainOrder
from danlu.kit.errors import UserError
from danlu.kit.files import write_atomically
from danlu.recipe import parse_recipe, render_recipe
from danlu.rundir.layout import RunFolder
from danlu.store.database import Database
from danlu.store.datasets import find_dataset
from danlu.store.folder import StudioFolder
from danlu.store.records import JobRecord
from danlu.store.runs import run_of_job


def command_of(folder: StudioFolder, database: Database, job: JobRecord) -> list[str]:
    """The arguments of `danlu`. Raises `UserError` if what the job needs is gone."""
    order = ORDER.validate_python(job.order)
    if isinstance(order, TrainOrder):
        return _training(folder, database, job, order)
    dataset = find_dataset(database, job.owner_id, job.dataset_id or "")
    if dataset is None:
        raise UserError("The dataset of this job was deleted.", "该任务的数据集已被删除。")
    path = str(folder.dataset(dataset.folder))
    return _cropping(order, path) if isinstance(order, CropOrder) else _tagging(order, path)


def _training(folder: StudioFolder, database: Database, job: JobRecord, order: TrainOrder) -> list[str]:
    """A run that has begun goes on; one that hasn't is trained from its recipe."""
    run = run_of_job(database, job.id)
    if run is None:
        raise UserError("The run of this job was deleted.", "该任务的训练已被删除。")
    place = RunFolder(folder.run(run.folder))
    if place.journal.exists() and place.recipe.exists() and place.plan.exists():
        return ["resume", str(place.root), *(["--extend", order.extend] if order.extend else [])]
    file = folder.job(job.id) / "recipe.toml"
    write_atomically(file, render_recipe(parse_recipe(order.recipe, "recipe")))
    return ["train", str(file), "--run", str(place.root)]


def _cropping(order: CropOrder, path: str) -> list[str]:
    return [
        "crop",
        path,
        f"--{order.mode}",
        "--base",
        order.base,
        *(["--sizes", ",".join(order.sizes)] if order.sizes else []),
        *(["--overwrite"] if order.overwrite else []),
    ]


def _tagging(order: TagOrder, path: str) -> list[str]:
    return [
        "tag",
        path,
        "--tagger",
        order.tagger,
        *(["--threshold", str(order.threshold)] if order.threshold is not None else []),
        "--absorb" if order.absorb else "--keep-all",
        "--existing",
        order.existing,
        *([f"--trigger={order.trigger}"] if order.trigger else []),
    ]
