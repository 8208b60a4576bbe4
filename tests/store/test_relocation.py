"""A data folder opened at another place: jobs and runs point to what lies there."""

import json
import tomllib
from pathlib import Path

import pytest

from danlu.rundir.layout import RunFolder
from danlu.store.database import open_database
from danlu.store.datasets import add_dataset, new_dataset
from danlu.store.folder import StudioFolder
from danlu.store.jobs import add_job, find_job
from danlu.store.records import LOCAL_OWNER
from danlu.store.relocation import settle_folder
from danlu.store.runs import run_of_job

RECIPE = """# kept
[dataset]
path = {dataset} # also kept
[base]
path = "/models/runs/base"
[adapter]
start_from = {run}
"""


@pytest.mark.parametrize("old", ["/old/studio", "C:\\Users\\a\\studio", "{root}/original"])
def test_paths_into_the_folder_are_written_anew_wherever_it_lay(tmp_path: Path, old: str) -> None:
    """Rows of any earlier version, whose folder nobody has noted; also a copy whose original is still there."""
    old = old.format(root=tmp_path)
    sep = "\\" if "\\" in old else "/"
    folder = StudioFolder(tmp_path / "moved 新")
    database = open_database(folder.database)
    dataset = add_dataset(database, new_dataset(LOCAL_OWNER, "小猫"))
    lay = sep.join([old, "datasets", *dataset.folder.split("/")])
    order = {"kind": "train", "recipe": {"dataset": {"path": lay}, "base": {"path": "/models/runs/base"}}}
    job = add_job(database, LOCAL_OWNER, "train", order, dataset_id=dataset.id, run_name="跑")
    run = run_of_job(database, job.id)
    assert run is not None
    file = sep.join([old, "runs", run.folder, "checkpoints", "a.safetensors"])
    judged = {"kind": "judge", "folder": sep.join([old, "runs", run.folder]), "files": [file, "runs/other"]}
    judge = add_job(database, LOCAL_OWNER, "judge", judged, dataset_id=None)
    recipe = RunFolder(folder.run(run.folder)).recipe
    recipe.parent.mkdir(parents=True)
    recipe.write_text(RECIPE.format(dataset=json.dumps(lay), run=json.dumps(file)), "utf-8")

    settle_folder(folder, database)

    here = str(folder.dataset(dataset.folder))
    told = find_job(database, None, job.id), find_job(database, None, judge.id)
    assert told[0] is not None and told[1] is not None
    assert told[0].order["recipe"] == {"dataset": {"path": here}, "base": {"path": "/models/runs/base"}}
    its = folder.run(run.folder)
    assert told[1].order["folder"] == str(its)
    assert told[1].order["files"] == [str(its / "checkpoints" / "a.safetensors"), "runs/other"]
    written = recipe.read_text("utf-8")
    assert written.startswith("# kept\n") and "# also kept" in written
    values = tomllib.loads(written)
    assert values["dataset"]["path"] == here and values["base"]["path"] == "/models/runs/base"
    assert values["adapter"]["start_from"] == str(its / "checkpoints" / "a.safetensors")


def test_a_folder_that_lies_where_it_lay_is_not_read(tmp_path: Path) -> None:
    folder = StudioFolder(tmp_path)
    database = open_database(folder.database)
    settle_folder(folder, database)
    job = add_job(database, LOCAL_OWNER, "train", {"recipe": {}}, dataset_id=None, run_name="跑")
    run = run_of_job(database, job.id)
    assert run is not None
    recipe = RunFolder(folder.run(run.folder)).recipe
    recipe.parent.mkdir(parents=True)
    recipe.write_text(f'path = "/old/runs/{run.folder}"')
    settle_folder(folder, database)
    assert "/old/" in recipe.read_text()
