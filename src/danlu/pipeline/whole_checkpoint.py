"""What full fine-tuning ends in: the whole checkpoint, the run's base with what was trained in its weights.

In: a finished run's adapter, as it stands in float32 (not as it is rounded in a file). Out: one file in the original
layout, beside the adapter files, whole or not at all. A run is finished only once it is there; resuming makes up for
it.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import torch

from danlu.adapters.files import AdapterFile
from danlu.adapters.injection import Injection
from danlu.checkpoints.writer import STEP_KEY, is_free
from danlu.evaluation.concepts import TRIGGER
from danlu.pipeline.merged_base import write_merged_base
from danlu.pipeline.sources import Source
from danlu.pipeline.survey import Survey
from danlu.rundir.events import BaseWritten, Checkpoint
from danlu.rundir.journal import Journal, last_of
from danlu.rundir.layout import RunFolder


def write_whole_checkpoint(
    survey: Survey,
    folder: RunFolder,
    journal: Journal,
    *,
    injection: Injection,
    averaged: Callable[[], AbstractContextManager[None]],
) -> None:
    """Write `NAME-base.safetensors` if the adapter is of a kind that wants it. Raises `UserError` if the disk is full;
    what was trained is saved by then.
    """
    saved = last_of(folder.journal, Checkpoint)
    if not survey.recipe.adapter.writes_base or saved is None:
        return
    out = _free_path(folder, survey.recipe.name, saved.step)
    told = {STEP_KEY: str(saved.step), **({TRIGGER: survey.concept.trigger} if survey.concept.trigger else {})}
    with averaged():
        source = _source_of(injection, folder.root / saved.path)
        write_merged_base([source], survey.facts, out, told=told)
    journal.write(BaseWritten(step=saved.step, path=out.relative_to(folder.root).as_posix()))


def _source_of(injection: Injection, path: Path) -> Source:
    """The adapter as a file of it would be in float32; the file that was saved lends its name."""
    layers = {
        name: layer.adapter.to_file({key: one.cpu() for key, one in layer.tensors.items()}, torch.float32)
        for name, layer in injection.layers.items()
    }
    return Source(AdapterFile(path, layers, {}), 1.0, {name: one.adapter for name, one in injection.layers.items()})


def _free_path(folder: RunFolder, name: str, step: int) -> Path:
    usual = folder.checkpoints / f"{name}-base.safetensors"
    return usual if is_free(usual, step) else folder.checkpoints / f"{name}-step{step:08d}-base.safetensors"
