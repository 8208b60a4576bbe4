"""Runs as training might have left them, for tests of what the studio does with finished ones."""

import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from adapter_making import make_adapter
from danlu.adapters.kinds.lora import LoRA
from danlu.datasets.pictures import Size
from danlu.families.find import find_base
from danlu.generation.pngtext import save_png, write_parameters
from danlu.generation.prompts import Prompt
from danlu.rundir.events import Checkpoint, Ended
from danlu.rundir.journal import Journal
from danlu.rundir.layout import RunFolder
from danlu.store.database import Database
from danlu.store.folder import StudioFolder
from danlu.store.jobs import add_job, change_job
from danlu.store.records import LOCAL_OWNER, JobState, RunRecord
from danlu.store.runs import run_of_job

METADATA = {
    "ss_output_name": "mei",
    "ss_network_dim": "2",
    "ss_tag_frequency": json.dumps({"10_Secret Folder": {"mei": 3, "smile": 2}}),
    "ss_dataset_dirs": json.dumps({"/home/anna/pictures": {"n_repeats": 1}}),
    "ss_training_comment": "not for others",
    "ss_vae_name": "/home/anna/models/nice vae.safetensors",
    "modelspec.trigger_phrase": "mei",
    "modelspec.implementation": "https://github.com/Stability-AI/generative-models",
    "danlu_concepts": json.dumps([{"name": "Secret Folder", "trigger": "mei", "traits": ["red hair"]}]),
    "danlu_recipe": json.dumps(
        {"name": "Secret Folder", "previews": {"prompts": ["a private wish"]}, "optimizer": {"lr": 1}}
    ),
    "somebody.else": "a note",
}


class Place(NamedTuple):
    """Where a studio keeps things."""

    folder: StudioFolder
    database: Database


def place_of(client: Any) -> Place:
    """Where a studio under test keeps things."""
    studio = client.app.state.studio
    return Place(studio.folder, studio.database)


def finished_run(
    studio: Place, base: Path | str, *, name: str = "梅 Mei", state: JobState = "succeeded", ended_at: float = 1.0
) -> tuple[RunRecord, RunFolder]:
    """A run with two checkpoints, previews of two epochs, and a state to resume from."""
    order = {"kind": "train", "recipe": {}}
    job = add_job(studio.database, LOCAL_OWNER, "train", order, dataset_id=None, run_name=name)
    change_job(studio.database, job.id, ("queued",), state=state, ended_at=ended_at)
    run = run_of_job(studio.database, job.id)
    assert run is not None
    folder = RunFolder(studio.folder.run(run.folder))
    folder.state.parent.mkdir(parents=True)
    folder.state.write_bytes(b"s" * 1000)
    _, facts = find_base(str(base))
    journal = Journal(folder.journal)
    for epoch, file in ((1, "mei-000001.safetensors"), (2, "mei.safetensors")):
        make_adapter(facts, LoRA(rank=2), folder.checkpoints / file, seed=epoch, metadata=METADATA)
        path = f"checkpoints/{file}"
        journal.write(Checkpoint(step=epoch * 2, epoch=epoch, path=path, final=epoch == 2))
        draw(folder.preview_folder(epoch) / "1.png", f"mei, smile {epoch}")
    journal.write(Ended(step=4, outcome="finished"))
    journal.close()
    log = studio.folder.job(job.id) / "output.txt"
    log.parent.mkdir(parents=True)
    log.write_text("trained")
    return run, folder


def draw(path: Path, prompt: str) -> None:
    """A picture that says how it was drawn."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(len(prompt) + ord(prompt[-1])).integers(0, 255, (32, 48, 3), dtype=np.uint8)
    parameters = write_parameters(Prompt(text=prompt, seed=7, size=Size(48, 32), steps=4), adapters=[("梅 Mei", 1)])
    save_png(Image.fromarray(pixels), path, parameters)
