"""Examine a dataset: scan it, measure its pictures, let every check judge; a report comes out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from danlu.datasets.captions import read_caption
from danlu.datasets.pictures import Dataset, Picture
from danlu.datasets.scan import scan_dataset
from danlu.health.base import CaptionFile, Check, Seen, Survey, Target
from danlu.health.findings import SEVERITIES, SEVERITY_NAMES, Finding, Severity
from danlu.health.measuring import Outcome, Progress, measure_name, measure_pictures
from danlu.kit.language import Text
from danlu.kit.variants import kinds_of


@dataclass(frozen=True)
class Report:
    """What the checks found in a dataset."""

    survey: Survey
    findings: tuple[Finding, ...]
    """Worst first: by severity, then by check, then by weight."""
    titles: Mapping[str, Text]
    """The checks' titles by their kind."""

    def count(self, severity: Severity) -> int:
        """How many findings are of a severity."""
        return sum(finding.severity == severity for finding in self.findings)

    def by_check(self) -> list[tuple[str, list[Finding]]]:
        """Findings grouped by their check, the check with the worst finding first."""
        groups: dict[str, list[Finding]] = {}
        for finding in self.findings:
            groups.setdefault(finding.check, []).append(finding)
        return list(groups.items())

    @property
    def notices(self) -> list[Text]:
        """What the scan had to say, without what a check says of captions."""
        told = tuple(seen.caption.notice.en for seen in self.survey.pictures if seen.caption and seen.caption.notice)
        return [notice for notice in self.survey.dataset.notices if not notice.en.startswith(told)]


def all_checks(*, nsfw_model: Path | None = None) -> list[Check]:
    """Every kind of check, in the order of their names."""
    from danlu.health.kinds.nsfw import Nsfw

    return [Nsfw(model=nsfw_model) if kind is Nsfw else kind() for _, kind in sorted(kinds_of(Check).items())]


def examine(
    root: Path, target: Target, checks: Sequence[Check] | None = None, *, on_progress: Progress | None = None
) -> Report:
    """Check a dataset for what it is meant for. Nothing is written but the cache.

    `on_progress` gets (done, total) pictures. Raises `UserError` for a folder that can't be scanned.
    """
    checks = all_checks() if checks is None else checks
    dataset = scan_dataset(root)
    pictures = dataset.files
    outcomes = measure_pictures(pictures, checks, on_progress)
    seen = [_seen(picture, dataset, outcome, checks) for picture, outcome in zip(pictures, outcomes, strict=True)]
    survey = Survey(dataset, target, tuple(seen))
    found = [finding for check in checks for finding in check.judge_all(survey)]
    found.sort(key=lambda one: (SEVERITIES.index(one.severity), one.check, -one.weight, one.picture or ""))
    return Report(survey, tuple(found), {check.name: check.title for check in checks})


def _seen(picture: Picture, dataset: Dataset, outcome: Outcome, checks: Sequence[Check]) -> Seen:
    concept, caption = dataset.concepts[picture.concept], _caption_of(picture, dataset.root)
    if isinstance(outcome, Text):
        return Seen(picture, concept, caption, {}, outcome, None)
    measures = {check.name: outcome.measures[measure_name(check)] for check in checks if check.measures}
    return Seen(picture, concept, caption, measures, None, outcome.thumbnail)


def _caption_of(picture: Picture, root: Path) -> CaptionFile | None:
    path = picture.caption_file
    if path is None:
        return None
    text, notice = read_caption(path)
    return CaptionFile(path.relative_to(root).as_posix(), path.read_bytes(), text, notice)


def summary(report: Report) -> Text:
    """One line: how many pictures, what for, how much was found."""
    survey = report.survey
    count = len(survey.pictures) + len(survey.dataset.problems)
    found = [(report.count(severity), SEVERITY_NAMES[severity]) for severity in SEVERITIES]
    english = ", ".join(f"{number} {name.en}{'s' if number != 1 else ''}" for number, name in found)
    chinese = "，".join(f"{number} 个{name.zh}" for number, name in found)
    target = survey.target
    return Text(
        f"{count} pictures, checked for {target.base} at {target.side_px} px: {english}.",
        f"共 {count} 张图片，按 {target.base}（{target.side_px} 像素）检查：{chinese}。",
    )
