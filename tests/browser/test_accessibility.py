"""Every page before axe: no violation of WCAG 2.2 A and AA, in any pair of language, scheme and width."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from browser.filling import fill
from browser.studio import RunningStudio, studio_at
from browser.views import VIEWS, Ids, View
from browser.visitor import Visit, Visitor
from browser.words import Language

AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
MANTINES_OWN = ["landmark-no-duplicate-banner", "landmark-unique"]
"""Not of WCAG: a dialog's head is a `header` there, which axe takes for the page's."""
LOOKS = {"en": (("light", "desktop"), ("dark", "phone")), "zh": (("dark", "desktop"), ("light", "phone"))}
"""Each language in both schemes and both widths; each scheme in both widths."""


@pytest.fixture(scope="module")
def filled(browser: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunningStudio, Ids]]:
    """A studio as after some days of use."""
    with studio_at(tmp_path_factory.mktemp("filled")) as running:
        yield running, fill(running)


def violations(visitor: Visitor) -> list[str]:
    """What axe has to say against the page as it stands: each rule with the first place that breaks it, and why.

    The handles of a crop box may lie closer together than fingers are wide: its numbers depend on the picture.
    """
    rules = {rule: {"enabled": False} for rule in MANTINES_OWN}
    options = {"runOnly": TAGS, "rules": rules, "resultTypes": ["violations"]}
    place = {"exclude": [[".ReactCrop__drag-handle"]]}
    found = visitor.page.evaluate("([place, options]) => axe.run(place, options)", [place, options])["violations"]
    firsts = [(one["id"], len(one["nodes"]), one["nodes"][0]) for one in found]
    return [
        f"{rule} ({count} times): {node['html'][:200]} {' '.join(node['failureSummary'].split()[5:])}"
        for rule, count, node in firsts
    ]


def look(visitor: Visitor, view: View, ids: Ids) -> list[str]:
    """What is wrong with a view in each of the language's looks."""
    wrong: list[str] = []
    view.open(visitor, ids)
    for scheme, size in LOOKS[visitor.language]:
        visitor.look(scheme, size)
        found = violations(visitor)
        wider = visitor.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        if wider > 0:
            found.append(f"the page is {wider} px wider than the window")
        wrong += [f"{view.name}, {scheme}, {size}: {one}" for one in found]
    return wrong


def test_every_page(filled: tuple[RunningStudio, Ids], visit: Visit, language: Language) -> None:
    studio, ids = filled
    visitor = visit(studio, language)
    visitor.page.add_init_script(path=AXE)
    wrong = [one for view in VIEWS if not view.empty for one in look(visitor, view, ids)]
    assert not wrong, "\n\n".join(wrong)


def test_pages_of_an_empty_studio(studio: RunningStudio, visit: Visit, language: Language) -> None:
    visitor = visit(studio, language)
    visitor.page.add_init_script(path=AXE)
    wrong = [one for view in VIEWS if view.empty for one in look(visitor, view, {})]
    assert not wrong, "\n\n".join(wrong)
