"""The judge against adapters whose qualities are known, through the real sampler and the real injection."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
import torch

from danlu.adapters.files import AdapterFile
from danlu.datasets.pictures import Dataset
from danlu.evaluation.concepts import TaughtConcept, describe_concepts
from danlu.evaluation.evaluate import evaluate_adapters
from danlu.evaluation.report import EvaluationReport, EvaluationSettings
from danlu.evaluation.sheet import evaluation_sheet
from danlu.kit.errors import UserError
from danlu.kit.language import set_language
from danlu.tagging.base import Tagger

MakeLora = Callable[[str, Mapping[tuple[str, str], float]], AdapterFile]
CONCEPT = TaughtConcept(
    name="角色 set",
    trigger="ohwx",
    traits=("red hair", "round glasses"),
    varied={"solo": 4, "smile": 2, "sad": 1, "hat": 1, "blue background": 1, "pink background": 2},
    pictures=4,
)
SETTINGS = EvaluationSettings(seeds=12, screening=6, steps=3, cfg=1, batch_size=8)
LEARNT = {("ohwx", "red hair"): 1.0, ("ohwx", "round glasses"): 1.0}
DISOBEYS = {("ohwx", tag): -1.0 for tag in ("smile", "sad", "hat", "blue background")}
LEAKS = {("solo", "red hair"): 1.0, ("solo", "round glasses"): 1.0}


def judge(base: Any, tagger: Tagger, adapters: list[AdapterFile], **options: Any) -> EvaluationReport:
    options = {"settings": SETTINGS, **options}
    return evaluate_adapters(base, list(enumerate(adapters, 1)), tagger, CONCEPT, **options).report


def test_the_figures_are_those_of_the_adapter(base: Any, tagger: Tagger, lora: MakeLora) -> None:
    report = judge(base, tagger, [lora("half", {("ohwx", "red hair"): 1.0}), lora("leaky", LEARNT | LEAKS)])
    half, leaky = report.epochs
    assert half.trait_recall == pytest.approx(0.5)
    assert half.traits == {"red hair": 1.0, "round glasses": 0.0}
    assert (half.prompt_control, half.leak) == (1.0, 0.0)
    assert (leaky.trait_recall, leaky.leak) == (1.0, 1.0)
    assert (report.base.trait_recall, report.base.trait_rate, report.base.control_hits) == (0.0, 0.0, 1.0)
    assert leaky.score == pytest.approx(1 - (1 - 0.15))


def test_the_best_epoch_is_not_the_last_by_rule(base: Any, tagger: Tagger, lora: MakeLora) -> None:
    weak = dict.fromkeys(LEARNT, 0.2)
    epochs = [lora("weak", weak), lora("good", LEARNT), lora("same", LEARNT), lora("stiff", LEARNT | DISOBEYS)]
    report = judge(base, tagger, epochs)
    assert report.best_epoch == 2
    assert report.best.score == pytest.approx(1)
    assert report.epochs[3].prompt_control < 0.8
    assert "epoch 4 obeys prompts less" in report.reason.en
    assert "epoch 1 recalls less" in report.reason.en
    assert "第 2 轮最佳" in report.reason.zh


def test_only_finalists_are_drawn_in_full_and_nothing_twice(base: Any, tagger: Tagger, lora: MakeLora) -> None:
    seen: list[tuple[int, int]] = []
    epochs = [lora("weak", {}), lora("good", LEARNT), lora("stiff", LEARNT | DISOBEYS)]
    settings = SETTINGS.model_copy(update={"finalists": 1})
    report = judge(base, tagger, epochs, settings=settings, on_picture=lambda *at: seen.append(at))
    assert [figures.seeds for figures in report.epochs] == [6, 12, 6]
    assert base.drawn == 3 * (12 + 3 * 6 + 6)  # base alone, screening, the rest of the finalist
    assert seen[-1] == (base.drawn, base.drawn)


def test_the_base_is_left_as_it_was(base: Any, tagger: Tagger, lora: MakeLora) -> None:
    layer, before = base.layer, base.layer.weight.clone()
    judge(base, tagger, [lora("good", LEARNT)])
    assert base.layer is layer
    assert torch.equal(layer.weight, before)


def test_the_same_again(base: Any, tagger: Tagger, lora: MakeLora) -> None:
    reports = [judge(base, tagger, [lora("good", LEARNT)]).model_dump_json() for _ in range(2)]
    assert reports[0] == reports[1]
    assert EvaluationReport.model_validate_json(reports[0]).model_dump_json() == reports[0]


def test_copying_is_measured_on_the_training_pictures(
    base: Any, tagger: Tagger, lora: MakeLora, dataset: Dataset
) -> None:
    new = judge(base, tagger, [lora("good", LEARNT)])
    assert (new.copying_measured, new.epochs[0].copying) == (False, 0.0)
    assert "copying isn't measured" in new.notices[0].en
    parrot = LEARNT | DISOBEYS | {("ohwx", "smile"): 1.0, ("ohwx", "blue background"): 1.0}
    report = judge(base, tagger, [lora("good", LEARNT), lora("parrot", parrot)], dataset=dataset)
    good, copy = report.epochs
    assert report.copying_measured
    assert copy.copying > good.copying
    assert copy.copying >= 0.5
    assert report.best_epoch == 1


def test_without_recorded_traits_they_are_found_in_the_pictures(
    base: Any, tagger: Tagger, lora: MakeLora, dataset: Dataset
) -> None:
    bare = CONCEPT.model_copy(update={"traits": ()})
    candidates = [(1, lora("good", LEARNT))]
    report = evaluate_adapters(base, candidates, tagger, bare, settings=SETTINGS, dataset=dataset).report
    assert set(report.concept.traits) == {"red hair", "round glasses"}
    assert report.recall_by == "traits"
    with pytest.raises(UserError, match="no traits"):
        evaluate_adapters(base, candidates, tagger, bare, settings=SETTINGS)


def test_a_style_is_judged_by_likeness(base: Any, tagger: Tagger, lora: MakeLora, dataset: Dataset) -> None:
    style = CONCEPT.model_copy(update={"traits": ("a trait that the tagger can't see",)})
    candidates = [(1, lora("nothing", {})), (2, lora("learnt", LEARNT))]
    report = evaluate_adapters(base, candidates, tagger, style, settings=SETTINGS, dataset=dataset).report
    assert report.recall_by == "likeness"
    nothing, learnt = report.epochs
    assert nothing.trait_recall == pytest.approx(0, abs=0.05)
    assert learnt.trait_recall > 0.6
    assert report.best_epoch == 2
    assert "can't see" in report.notices[0].en


def test_concepts_come_from_captions_and_manifest(dataset: Dataset) -> None:
    (concept,) = describe_concepts(dataset)
    assert concept == CONCEPT


def test_the_sheet_shows_base_and_best_epoch(base: Any, tagger: Tagger, lora: MakeLora) -> None:
    evaluated = evaluate_adapters(base, [(1, lora("good", LEARNT))], tagger, CONCEPT, settings=SETTINGS)
    for language in ("en", "zh"):
        set_language(language)
        try:
            sheet = evaluation_sheet(evaluated, tile_px=48)
        finally:
            set_language(None)
        assert sheet.width == 8 + 8 * 56
        assert sheet.height > 6 * 48
