"""Bring fixes about: findings go in, what text files are to hold comes out, and is written so that it can be undone.

Pictures themselves are never touched: a picture is left out or cropped in danlu.toml, a caption is rewritten beside it.
"""

import difflib
from collections.abc import Collection, Sequence
from pathlib import Path

from danlu.datasets.history import Change, Contents, apply_change
from danlu.datasets.manifest import MANIFEST_NAME, PictureFacts, manifest_with
from danlu.health.examine import Report
from danlu.health.findings import Finding, Fix
from danlu.kit.errors import UserError, nearest
from danlu.kit.language import Text


def choose_fixes(report: Report, checks: Collection[str] = (), pictures: Collection[str] = ()) -> list[Finding]:
    """The findings that are to be mended: of the named checks every one that can be, without names all that are safe;
    of the named pictures only, if any are named. Of a picture that is left out nothing else is mended.

    Raises `UserError` for names that aren't known.
    """
    _require_known(report, checks, pictures)
    chosen = [
        finding
        for finding in report.findings
        if finding.fix
        and (finding.check in checks if checks else finding.fix.safe)
        and (not pictures or finding.picture in pictures)
    ]
    left_out: dict[str, Finding] = {}
    for finding in chosen:
        if finding.picture and _leaves_out(finding):
            left_out.setdefault(finding.picture, finding)
    return [one for one in chosen if left_out.get(one.picture or "", one) is one]


def contents_of(report: Report, chosen: Sequence[Finding]) -> Contents:
    """What the dataset's text files are to hold after the chosen fixes."""
    facts: dict[str, PictureFacts] = {}
    captions: dict[str, str] = {}
    seen = {one.picture.name: one for one in report.survey.pictures}
    for finding, fix in ((finding, finding.fix) for finding in chosen):
        if fix is None or finding.picture is None:
            continue
        if fix.facts:
            facts[finding.picture] = _merged(facts.get(finding.picture), fix)
        caption = seen[finding.picture].caption if finding.picture in seen else None
        if fix.rewrite and caption:
            captions[caption.name] = fix.rewrite(captions.get(caption.name, caption.text))
    contents: dict[str, bytes | None] = {name: f"{text.strip()}\n".encode() for name, text in captions.items()}
    if facts:
        contents[MANIFEST_NAME] = manifest_with(report.survey.dataset.root, pictures=facts).encode()
    return contents


def mend(report: Report, chosen: Sequence[Finding]) -> Change | None:
    """Bring the chosen fixes about, as one change; None if there is nothing to do."""
    names = sorted({str(report.titles[finding.check].en) for finding in chosen})
    chinese = sorted({str(report.titles[finding.check].zh) for finding in chosen})
    title = Text(f"fix {len(chosen)} findings ({', '.join(names)})", f"修复 {len(chosen)} 处（{'、'.join(chinese)}）")
    contents = contents_of(report, chosen)
    return apply_change(report.survey.dataset.root, title, contents) if contents else None


def differences(root: Path, contents: Contents) -> str:
    """What would change, as a unified diff. Old text in another encoding is shown as UTF-8 reads it."""
    parts: list[str] = []
    for name, new in contents.items():
        path = root / name
        before = path.read_bytes().decode("utf-8", "replace") if path.exists() else ""
        after = new.decode() if new is not None else ""
        lines = difflib.unified_diff(before.splitlines(), after.splitlines(), name, name, lineterm="", n=1)
        parts += lines
    return "\n".join(parts)


def _merged(old: PictureFacts | None, fix: Fix) -> PictureFacts:
    new = fix.facts.model_dump(exclude_unset=True) if fix.facts else {}
    return PictureFacts(**{**(old.model_dump(exclude_unset=True) if old else {}), **new})


def _leaves_out(finding: Finding) -> bool:
    return bool(finding.fix and finding.fix.facts and finding.fix.facts.excluded)


def _require_known(report: Report, checks: Collection[str], pictures: Collection[str]) -> None:
    for check in checks:
        if check not in report.titles:
            near = nearest(check, report.titles)
            raise UserError(f"There is no check '{check}': {near.en}", f"没有名为“{check}”的检查：{near.zh}")
    known = {seen.picture.name for seen in report.survey.pictures}
    known |= {problem.name for problem in report.survey.dataset.problems}
    for picture in pictures:
        if picture not in known:
            near = nearest(picture, known)
            root = report.survey.dataset.root
            raise UserError(
                f"There is no picture '{picture}' in '{root}': {near.en}", f"“{root}”中没有图片“{picture}”：{near.zh}"
            )
