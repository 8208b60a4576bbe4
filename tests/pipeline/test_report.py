"""The report: one file, no network, no script, what happened and in the language that is on."""

import re
import shutil
from pathlib import Path

import pytest

from danlu.evaluation.concepts import TaughtConcept
from danlu.evaluation.report import BaseFigures, EpochFigures, EvaluationReport, EvaluationSettings
from danlu.kit.errors import UserError
from danlu.kit.files import write_atomically
from danlu.kit.language import Text, set_language
from danlu.pipeline.plan import read_plan
from danlu.pipeline.report import write_report
from danlu.pipeline.train import train
from danlu.pipeline.verdict import read_evaluation
from danlu.rundir.events import Warned
from danlu.rundir.journal import Journal
from danlu.rundir.layout import RunFolder
from small_world import make_recipe


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, dataset: Path, base_folder: Path) -> RunFolder:
    previews = {"every": "1 epoch", "steps": 1}
    recipe = make_recipe(dataset, base_folder, {"previews": previews, "name": "炉 & 火"})
    folder, _ = train(recipe, tmp_path_factory.mktemp("报告") / "run")
    return folder


def figures(epoch: int, score: float) -> EpochFigures:
    return EpochFigures(
        epoch=epoch, file=f"{epoch}.safetensors", seeds=8, trait_recall=score, prompt_control=1.0, leak=-0.001,
        copying=0.0, score=score, noise=0.01, control_hits=0.5, traits={"red hair": score},
    )  # fmt: skip


def test_it_needs_nothing_from_outside(run: RunFolder) -> None:
    page = write_report(run).read_text("utf-8")
    assert "<script" not in page and "http" not in re.sub(r"http://www\.w3\.org\S*", "", page)
    sources = re.findall(r'(?:src|href)="([^"]{0,30})', page)
    assert sources and all(source.startswith("data:image/webp;base64,") for source in sources)


def test_it_shows_what_happened(run: RunFolder) -> None:
    page = write_report(run).read_text("utf-8")
    assert "finished" in page and "炉 &amp; 火" in page
    # Four prompts; columns of the base and two epochs.
    assert page.count('loading="lazy"') == 4 * 3
    assert "epoch 2" in page and page.count("<polyline") == 4
    assert "zq, a, b" in page and "图 0.png" in page
    assert "optimizer" in page and "Evaluation" not in page


def test_it_speaks_chinese(run: RunFolder) -> None:
    set_language("zh")
    page = write_report(run).read_text("utf-8")
    assert 'lang="zh-CN"' in page and "预览" in page and "学习率" in page and "Previews" not in page


def test_pictures_that_the_base_does_not_know_are_told_at_its_head(run: RunFolder) -> None:
    plan = read_plan(run)
    run.plan.write_text(plan.model_copy(update={"cautions": (Text("9 unknown <pictures>", "9 张"),)}).model_dump_json())
    try:
        page = write_report(run).read_text("utf-8")
    finally:
        run.plan.write_text(plan.model_dump_json())
    assert 0 < page.index("9 unknown &lt;pictures&gt;") < page.index("<section")


def test_it_marks_the_best_epoch_and_escapes_what_users_write(run: RunFolder) -> None:
    report = EvaluationReport(
        base_name="tiny", tagger="t", concept=TaughtConcept(name="c", trigger="zq"), settings=EvaluationSettings(),
        recall_by="traits", copying_measured=False,
        base=BaseFigures(seeds=8, trait_recall=0.1, control_hits=0.5, trait_rate=0.1),
        epochs=(figures(1, 0.9), figures(2, 0.5)), best_epoch=1, reason=Text("epoch 1 is best", "第 1 轮最佳"),
        prompts={}, notices=(Text("note <i>", "注 <i>"),),
    )  # fmt: skip
    write_atomically(run.evaluation, report.model_dump_json())
    journal = Journal(run.journal)
    for _ in range(2):
        journal.write(Warned(en="mind <the> gap", zh="小心"))
    journal.close()
    try:
        page = write_report(run).read_text("utf-8")
    finally:
        run.evaluation.unlink()
    assert "epoch 1 is best" in page and "1 ★" in page and "-0.00" not in page
    assert "note &lt;i&gt;" in page and page.count("mind &lt;the&gt; gap") == 1
    assert page.count('class=" best"') == 4


def test_a_dataset_that_moved_away_costs_only_its_pictures(run: RunFolder) -> None:
    text = run.recipe.read_text("utf-8")
    write_atomically(run.recipe, re.sub(r'(\[dataset\]\npath = )".*"', r'\1"/nowhere"', text))
    try:
        page = write_report(run).read_text("utf-8")
    finally:
        write_atomically(run.recipe, text)
    assert "图 0.png" not in page and "Curves" in page


def test_a_damaged_evaluation_is_none_and_a_damaged_plan_is_told(run: RunFolder, tmp_path: Path) -> None:
    damaged = RunFolder(tmp_path / "damaged")
    shutil.copytree(run.root, damaged.root)
    damaged.evaluation.write_text('{"epochs": [')
    assert read_evaluation(damaged) is None and write_report(damaged).exists()
    damaged.plan.write_bytes(b"")
    with pytest.raises(UserError, match=r"plan\.json' can't be read.*danlu resume"):
        write_report(damaged)
