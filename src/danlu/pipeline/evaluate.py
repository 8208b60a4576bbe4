"""Evaluate what a user points at: a run (all its kept epochs) or a single adapter file.

In: a run folder or a file, a tagger. Out: the report; for a run also `evaluation.json`, a sheet of the best epoch's
pictures, and the figures in the journal.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from danlu.adapters.files import AdapterFile, read_adapter
from danlu.datasets.pictures import Dataset
from danlu.evaluation.concepts import TaughtConcept, read_concepts
from danlu.evaluation.evaluate import Evaluated, evaluate_adapters
from danlu.evaluation.report import EvaluationReport, EvaluationSettings
from danlu.evaluation.sheet import evaluation_sheet
from danlu.families.base import BaseFacts, Family, MaxTokens, Prediction, Reading
from danlu.families.find import find_base
from danlu.generation.sheet import save_sheet
from danlu.kit.errors import UserError
from danlu.kit.files import write_atomically
from danlu.kit.places import EMBEDDED_TAGGER
from danlu.pipeline.survey import find_recipe_base, scan_recipe_dataset
from danlu.pipeline.train import kept_adapters
from danlu.recipe import BaseConfig, load_recipe
from danlu.rundir.events import Evaluation
from danlu.rundir.journal import Journal
from danlu.rundir.layout import RunFolder
from danlu.tagging.base import find_tagger
from danlu.training.precision import Precision, choose_compute


@dataclass(frozen=True)
class OtherBase:
    """What a user says of the base to judge on; None leaves it to what the target says."""

    name: str | None = None
    vae: str | None = None
    prediction: Prediction | None = None

    def on(self, config: BaseConfig) -> BaseConfig:
        """A run's base with what was said. Another base keeps none of what was said of the run's own."""
        other = {} if self.name is None else {"path": self.name, "vae": None, "prediction": "auto"}
        said = {"vae": self.vae, "prediction": self.prediction}
        return config.model_copy(update={**other, **{key: value for key, value in said.items() if value is not None}})


@dataclass(frozen=True)
class _Target:
    family: type[Family]
    facts: BaseFacts
    candidates: list[tuple[int, AdapterFile]]
    dataset: Dataset | None
    reading: Reading


def evaluate_target(
    target: Path,
    *,
    tagger: str = EMBEDDED_TAGGER,
    settings: EvaluationSettings | None = None,
    base: OtherBase = OtherBase(),
    precision: Precision = "auto",
    on_progress: Callable[[int, int], None] | None = None,
) -> EvaluationReport:
    """Evaluate a run folder or an adapter file. Raises `UserError` if it is neither, or nothing can be measured.

    `base` must be named for a file that was trained on a base other than the embedded one.
    """
    found = _of_run(RunFolder(target), base) if target.is_dir() else _of_file(target, base)
    judge = find_tagger(tagger)
    read = {"clip_skip": found.reading.clip_skip, "max_tokens": found.reading.max_tokens}
    asked = (settings or EvaluationSettings()).model_copy(update=read)
    compute = choose_compute(precision)
    evaluated = evaluate_adapters(
        found.family.load(found.facts, dtype=compute.dtype, device=compute.device),
        found.candidates,
        judge,
        _concept_of(found.candidates[-1][1]),
        settings=asked,
        dataset=found.dataset,
        on_picture=on_progress,
    )
    if target.is_dir():
        _write(RunFolder(target), evaluated)
    return evaluated.report


def _of_run(run: RunFolder, base: OtherBase) -> _Target:
    kept = kept_adapters(run)
    if not run.recipe.exists() or not kept:
        raise UserError(
            f"'{run.root}' holds no trained epoch: give the folder that `danlu train` made, or an adapter file.",
            f"“{run.root}”中没有已保存的 LoRA：请给出 `danlu train` 生成的文件夹，或 LoRA 文件。",
        )
    recipe = load_recipe(run.recipe)
    recipe = recipe.model_copy(update={"base": base.on(recipe.base)})
    try:
        dataset = scan_recipe_dataset(recipe)
    except UserError:
        dataset = None  # the pictures are gone: everything but copying can be measured, and the report says so
    candidates = [(epoch, read_adapter(path)) for epoch, path in sorted(kept.items())]
    return _Target(*find_recipe_base(recipe), candidates, dataset, recipe.reading)


def _of_file(path: Path, base: OtherBase) -> _Target:
    file = read_adapter(path)
    made_on = base.name or file.metadata.get("danlu_base")
    if not made_on:
        raise UserError(
            f"'{path}' doesn't say which base it was trained on: name it with --base.",
            f"“{path}”没有记录训练所用的底模：请用 --base 指定。",
        )
    told = {key: value for key, value in file.metadata.items() if value != "None"}
    longest = cast(MaxTokens, int(told.get("ss_max_token_length", "75")))
    reading = Reading(int(told.get("ss_clip_skip", "1")), longest)
    epoch = int(file.metadata.get("ss_epoch", "1"))
    found = find_base(made_on, vae=base.vae, prediction=base.prediction)
    return _Target(*found, [(epoch, file)], None, reading)


def _concept_of(file: AdapterFile) -> TaughtConcept:
    concepts = read_concepts(file.metadata)
    if not concepts:
        raise UserError(
            f"'{file.path}' doesn't say what it was taught (no trigger word in its metadata): tag the dataset with "
            "`danlu tag DATASET --trigger WORD` before training.",
            f"“{file.path}”没有记录学了什么（元数据中没有触发词）："
            "训练前请用 `danlu tag 数据集 --trigger 触发词` 打标。",
        )
    return concepts[0]


def _write(run: RunFolder, evaluated: Evaluated) -> None:
    save_sheet(evaluation_sheet(evaluated), run.evaluation_sheet)
    write_atomically(run.evaluation, evaluated.report.model_dump_json(indent=2))
    journal = Journal(run.journal)
    for figures in evaluated.report.epochs:
        journal.write(
            Evaluation(
                epoch=figures.epoch,
                trait_recall=figures.trait_recall,
                prompt_control=figures.prompt_control,
                leak=figures.leak,
                copying=figures.copying,
                score=figures.score,
            )
        )
    journal.close()
