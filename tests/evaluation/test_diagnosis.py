"""Over- and underfitting: told from figures and from the held-out loss, with evidence that names what was measured."""

from typing import Any

import pytest

from danlu.evaluation.concepts import TaughtConcept
from danlu.evaluation.diagnosis import Fit, HeldOut, diagnose, fit_of
from danlu.evaluation.report import BaseFigures, EpochFigures, EvaluationReport, EvaluationSettings
from danlu.kit.language import Text


def figures(epoch: int = 1, **changes: float) -> EpochFigures:
    values: dict[str, Any] = {"trait_recall": 0.95, "prompt_control": 0.95, "leak": 0.05, "copying": 0.0, **changes}
    return EpochFigures(epoch=epoch, file="a", seeds=8, score=0.9, noise=0.02, control_hits=0.5, traits={}, **values)


def report(*epochs: EpochFigures, best: int) -> EvaluationReport:
    return EvaluationReport(
        base_name="b",
        tagger="t",
        concept=TaughtConcept(name="c", trigger="zq", traits=(), varied={}, pictures=3),
        settings=EvaluationSettings(),
        recall_by="traits",
        copying_measured=True,
        base=BaseFigures(seeds=8, trait_recall=0.1, control_hits=0.5, trait_rate=0.1),
        epochs=epochs,
        best_epoch=best,
        reason=Text("", ""),
        prompts={},
    )


@pytest.mark.parametrize(
    ("changes", "fit"),
    [
        ({}, "good"),
        ({"trait_recall": 0.4}, "under"),
        ({"copying": 0.3}, "over"),
        ({"prompt_control": 0.5}, "over"),
        ({"leak": 0.4, "trait_recall": 0.4}, "both"),
    ],
)
def test_each_failing_has_its_name(changes: dict[str, float], fit: Fit) -> None:
    assert fit_of(figures(**changes)) == fit


def test_the_end_is_judged_and_an_earlier_good_epoch_is_named() -> None:
    found = diagnose(report(figures(1), figures(2, copying=0.3), best=1), [])
    assert found.fit == "over"
    assert any("30% of its pictures copy" in one.en for one in found.evidence)
    assert "epoch 1" in found.advice[0].en and "第 1 轮" in found.advice[0].zh


def test_what_is_good_needs_no_advice() -> None:
    found = diagnose(report(figures(1), best=1), [])
    assert (found.fit, found.advice) == ("good", ())
    assert all(one.en and one.zh for one in found.evidence)


@pytest.mark.parametrize(
    ("losses", "fit"),
    [
        ([0.100, 0.080, 0.090], "over"),
        ([0.100, 0.090, 0.080], "under"),
        ([0.100, 0.080, 0.0801], None),
        ([0.100, 0.101], None),
    ],
)
def test_the_held_out_loss_speaks_alone(losses: list[float], fit: Fit | None) -> None:
    found = diagnose(None, [HeldOut(10 * index, index, loss) for index, loss in enumerate(losses)])
    assert found.fit == fit
    assert bool(found.advice) == (fit is not None)
    if fit == "over":
        assert "step 10" in found.evidence[0].en and "12%" in found.evidence[0].en
