"""What evaluation found of a run, as people see it: figures by epoch, the best and why, over- or underfitting."""

from collections.abc import Sequence

from danlu.datasets.thumbnails import known_sha256
from danlu.evaluation.diagnosis import HeldOut, diagnose, fit_of
from danlu.evaluation.report import EpochFigures, EvaluationReport
from danlu.kit.language import Text
from danlu.pipeline.verdict import read_evaluation
from danlu.rundir.layout import RunFolder
from danlu.store.records import RunRecord
from danlu.studio.journals import journal_of
from danlu.studio.runs import file_url
from danlu.studio.shapes.common import Said, said
from danlu.studio.shapes.runs import EpochJudged, JudgementShape


def show_judgement(run: RunRecord, folder: RunFolder) -> JudgementShape:
    """All that is known of how good a run's epochs are."""
    report = read_evaluation(folder)
    measured = sorted(journal_of(folder).validations.items())
    diagnosis = diagnose(report, [HeldOut(step, one.epoch, one.loss) for step, one in measured])
    sheet = folder.evaluation_sheet
    return JudgementShape(
        best_epoch=report.best_epoch if report else None,
        best_checkpoint=report.best.file if report else None,
        reason=said(report.reason) if report else None,
        tagger=report.tagger if report else None,
        base_recall=report.base.trait_recall if report else None,
        epochs=[_epoch(report, one) for one in report.epochs] if report else [],
        notices=_all(report.notices) if report else [],
        # Judging again draws another sheet: its bytes are in the address, under which it may be kept for ever.
        sheet=f"{file_url(run, sheet.name)}?v={known_sha256(sheet)[:16]}" if report and sheet.exists() else None,
        fit=diagnosis.fit,
        evidence=_all(diagnosis.evidence),
        advice=_all(diagnosis.advice),
    )


def preferred_checkpoint(run: RunRecord, folder: RunFolder, names: Sequence[str]) -> str:
    """Which of a run's adapter files (at least one, oldest first) to take unless another is named.

    The owner's pick, else the one that was judged best, else the last.
    """
    report = read_evaluation(folder)
    wanted = (run.pick, report.best.file if report else None)
    return next((name for name in wanted if name is not None and name in names), names[-1])


def _epoch(report: EvaluationReport, figures: EpochFigures) -> EpochJudged:
    plain = figures.model_dump(include=set(EpochJudged.model_fields) - {"copying"})
    return EpochJudged(
        **plain,
        checkpoint=figures.file,
        pictures=figures.seeds,
        copying=figures.copying if report.copying_measured else None,
        fit=fit_of(figures),
    )


def _all(texts: "tuple[Text, ...]") -> list[Said]:
    return [said(text) for text in texts]
