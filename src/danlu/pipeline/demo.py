"""The whole way on the sample character: pictures, crops, tags, recipe, plan, training, evaluation, report.

Each stage leaves its result in the demo's folder; one whose result is there is not done again, and a training that was
interrupted goes on. Nothing is written outside of that folder and the cache.
"""

import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from danlu.kit.errors import UserError
from danlu.kit.language import Text
from danlu.kit.places import EMBEDDED_BASE, EMBEDDED_TAGGER, data_folder
from danlu.rundir.journal import Listener
from danlu.rundir.layout import RunFolder

if TYPE_CHECKING:
    from danlu.datasets.pictures import Size
    from danlu.evaluation.report import EvaluationReport, EvaluationSettings
    from danlu.training.loop import Outcome

TRIGGER = "danluhero"
Say = Callable[[Text], None]
OnProgress = Callable[[Text], Callable[[int, int], None]]


@dataclass(frozen=True)
class Demo:
    """Where the parts of a demo lie, and who is told of it."""

    root: Path
    say: Say
    on_progress: OnProgress
    watching: Callable[[], AbstractContextManager[Listener]]
    """Gives a listener for the events of the training."""
    settings: "EvaluationSettings | None" = None
    """How closely evaluation looks; None: as closely as `danlu evaluate`."""

    @property
    def dataset(self) -> Path:
        """The pictures, captions and manifest."""
        return self.root / "dataset"

    @property
    def crop_sheet(self) -> Path:
        """The contact sheet of the crops."""
        return self.root / "crops.png"

    @property
    def recipe(self) -> Path:
        """The recipe."""
        return self.root / "recipe.toml"

    @property
    def run(self) -> RunFolder:
        """The run."""
        return RunFolder(self.root / "run")


def play_demo(demo: Demo) -> "EvaluationReport | None":
    """Do what isn't done yet, stage by stage; returns what evaluation found, or None if the training was stopped.

    Raises `UserError` if the folder belongs to something else, or can't be written.
    """
    from danlu.pipeline.report import write_report

    _copy_pictures(demo)
    _crop(demo)
    _tag(demo)
    _write_recipe(demo)
    if _train(demo) == "stopped":
        return None
    report = _evaluate(demo)
    write_report(demo.run)
    return report


def _copy_pictures(demo: Demo) -> None:
    samples = data_folder() / "samples" / "character"
    pictures = sorted(path for path in samples.iterdir() if path.suffix.lower() in (".png", ".webp", ".jpg"))
    if demo.root.exists() and any(demo.root.iterdir()) and not demo.dataset.is_dir():
        raise UserError(
            f"'{demo.root}' holds other things: choose another folder with -o.",
            f"“{demo.root}”中已有其他内容：请用 -o 换一个文件夹。",
        )
    missing = [path for path in pictures if not (demo.dataset / path.name).exists()]
    demo.dataset.mkdir(parents=True, exist_ok=True)
    for path in missing:
        shutil.copyfile(path, demo.dataset / path.name)
    count = len(pictures)
    if missing:
        _tell(
            demo, f"1  {count} pictures of one character, without captions", f"1  同一角色的 {count} 张图片，没有标注"
        )
    else:
        _tell(demo, f"1  the {count} pictures are there", f"1  {count} 张图片已就位")


def _crop(demo: Demo) -> None:
    from danlu.cropping.crop import CropOptions, crop_dataset
    from danlu.cropping.sheet import crop_sheet

    if demo.crop_sheet.exists():
        _tell(demo, "2  the crops are there", "2  裁剪已完成")
        return
    shown = demo.on_progress(Text("   looking at pictures", "   查看图片"))
    crops = crop_dataset(demo.dataset, CropOptions("focus", _sizes()), on_progress=shown)
    crop_sheet(crops, demo.crop_sheet)
    buckets = len({crop.bucket for crop in crops})
    _tell(
        demo,
        f"2  cropped around the character, {buckets} sizes: {demo.crop_sheet}",
        f"2  已围绕角色裁剪，共 {buckets} 种尺寸：{demo.crop_sheet}",
    )


def _sizes() -> "list[Size]":
    from danlu.datasets.buckets import BucketConfig, sizes_for
    from danlu.families.find import find_base

    _, facts = find_base(EMBEDDED_BASE)
    return sizes_for(BucketConfig(), native_px=facts.native_px, step_px=facts.step_px)


def _tag(demo: Demo) -> None:
    from danlu.datasets.scan import scan_dataset
    from danlu.tagging.base import find_tagger
    from danlu.tagging.options import TagOptions
    from danlu.tagging.tag import tag_dataset

    dataset = scan_dataset(demo.dataset)
    if all(picture.caption is not None for picture in dataset.pictures) and dataset.concepts[0].trigger:
        _tell(demo, "3  the captions are there", "3  标注已完成")
        return
    shown = demo.on_progress(Text("   tagging", "   打标"))
    report = tag_dataset(demo.dataset, find_tagger(EMBEDDED_TAGGER), TagOptions(trigger=TRIGGER), on_picture=shown)
    traits = ", ".join(report.concepts[0].traits)
    first = next(iter(report.captions.values()))
    _tell(demo, f"3  tagged, for example: {first}", f"3  已打标，例如：{first}")
    _tell(
        demo,
        f"   true of all, so left to the trigger word '{TRIGGER}': {traits}",
        f"   所有图片共有、交给触发词“{TRIGGER}”吸收的特征：{traits}",
    )


def _write_recipe(demo: Demo) -> None:
    from danlu.pipeline.start import start_recipe

    if demo.recipe.exists():
        _tell(demo, f"4  the recipe is there: {demo.recipe}", f"4  配方已存在：{demo.recipe}")
        return
    start_recipe(demo.dataset, demo.recipe, base=EMBEDDED_BASE)
    _tell(demo, f"4  recipe: {demo.recipe}", f"4  配方：{demo.recipe}")


def _train(demo: Demo) -> "Outcome":
    from danlu.pipeline.continuation import is_finished
    from danlu.pipeline.plan import make_plan
    from danlu.pipeline.train import resume, train
    from danlu.recipe import load_recipe

    run = demo.run
    if is_finished(run):
        _tell(demo, f"5  the training is finished: {run.root}", f"5  训练已完成：{run.root}")
        return "finished"
    recipe = load_recipe(demo.recipe)
    plan = make_plan(recipe)
    _tell(demo, f"5  {plan.arithmetic.en}", f"5  {plan.arithmetic.zh}")
    with demo.watching() as listener:
        if run.plan.exists():
            _, outcome = resume(run.root, listeners=(listener,))
        else:
            _, outcome = train(recipe, run.root, listeners=(listener,))
    return outcome


def _evaluate(demo: Demo) -> "EvaluationReport":
    from danlu.pipeline.evaluate import evaluate_target
    from danlu.pipeline.verdict import read_evaluation

    if report := read_evaluation(demo.run):
        _tell(demo, "6  the evaluation is there", "6  评估已完成")
        return report
    shown = demo.on_progress(Text("6  evaluating: drawing and tagging", "6  评估：出图并打标"))
    return evaluate_target(demo.run.root, settings=demo.settings or _settings(), on_progress=shown)


def _settings() -> "EvaluationSettings":
    """Half the pictures of `danlu evaluate`: enough to choose an epoch, and the demo stays within minutes."""
    from danlu.evaluation.report import EvaluationSettings

    return EvaluationSettings(seeds=32, screening=8)


def _tell(demo: Demo, en: str, zh: str) -> None:
    demo.say(Text(en, zh))
