"""The health report as a page of pictures: one file, thumbnails within, worst first, each with its command."""

import shlex
from pathlib import Path
from typing import Any

from danlu.health.examine import Report, summary
from danlu.health.findings import SEVERITIES, SEVERITY_NAMES, Finding
from danlu.kit.files import write_atomically
from danlu.kit.language import Text, language, pick


def write_page(report: Report, out: Path, options: str = "") -> None:
    """Write the page, in the language that is on. `options` are those of the commands that mend."""
    from jinja2 import Environment, PackageLoader

    template = Environment(loader=PackageLoader("danlu.health", "."), autoescape=True).get_template("page.html.jinja")
    write_atomically(out, template.render(_values(report, options)))


def fix_command(report: Report, check: str, picture: str | None, options: str) -> str:
    """The command line that mends the findings of a check, or one of them."""
    one = f" --picture {shlex.quote(picture)}" if picture else ""
    return f"danlu dataset fix {shlex.quote(str(report.survey.dataset.root))} {check}{one}{options}"


def _values(report: Report, options: str) -> dict[str, Any]:
    cards = _cards(report, options)
    fine = len(report.survey.pictures) - sum(card["thumbnail"] is not None for card in cards)
    return {
        "lang": "zh-CN" if language() == "zh" else "en",
        "name": report.survey.dataset.root.resolve().name,
        "summary": str(summary(report)),
        "kinds": [
            {
                "title": str(report.titles[kind]),
                "severity": findings[0].severity,
                "count": len(findings),
                "command": fix_command(report, kind, None, options) if any(one.fix for one in findings) else None,
            }
            for kind, findings in report.by_check()
        ],
        "general": [_told(report, one, options) for one in report.findings if one.picture is None],
        "cards": cards,
        "fine": fine > 0,
        "t": _words(fine),
    }


def _cards(report: Report, options: str) -> list[dict[str, Any]]:
    """One for each picture with findings, in the order of the worst one."""
    seen = {one.picture.name: one for one in report.survey.pictures}
    found: dict[str, list[Finding]] = {}
    for finding in report.findings:
        if finding.picture is not None:
            found.setdefault(finding.picture, []).append(finding)
    cards = [
        {
            "name": name,
            "size": str(seen[name].picture.size) if name in seen else "",
            "thumbnail": seen[name].thumbnail if name in seen else None,
            "severity": findings[0].severity,
            "findings": [_told(report, one, options) for one in findings],
        }
        for name, findings in found.items()
    ]
    return sorted(cards, key=lambda card: (SEVERITIES.index(card["severity"]), -len(card["findings"])))


def _told(report: Report, finding: Finding, options: str) -> dict[str, Any]:
    return {
        "severity": finding.severity,
        "mark": str(SEVERITY_NAMES[finding.severity]),
        "text": str(finding.text),
        "fix": str(finding.fix.title) if finding.fix else None,
        "command": fix_command(report, finding.check, finding.picture, options) if finding.fix else None,
    }


def _words(fine: int) -> dict[str, str]:
    words = {
        "title": Text("health", "健康检查"),
        "check": Text("Check", "检查项"),
        "found": Text("Found", "数量"),
        "fix_all": Text("Fix all of it", "全部修复"),
        "dataset": Text("The dataset", "数据集整体"),
        "pictures": Text("Pictures", "图片"),
        "fine": Text("Nothing was found.", "没有发现问题。"),
        "undo": Text(
            "Fixes change captions and danlu.toml only; `danlu dataset undo` takes them back.",
            "修复只改动标注和 danlu.toml，可用 `danlu dataset undo` 撤销。",
        ),
        "rest": Text(f"Nothing was found in {fine} more pictures.", f"其余 {fine} 张图片没有发现问题。"),
    }
    return {name: pick(*text) for name, text in words.items()}
