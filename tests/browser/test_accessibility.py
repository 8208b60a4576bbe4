"""Every page before axe: no violation of WCAG 2.2 A and AA, in both languages, schemes and widths."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from pathlib import Path

import pytest

from browser.filling import fill
from browser.studio import RunningStudio, studio_at
from browser.views import VIEWS, Ids, View
from browser.visitor import SCHEMES, SIZES, Scheme, Visit, Visitor
from browser.words import LANGUAGES, Language

AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
MANTINES_OWN = ["landmark-no-duplicate-banner", "landmark-unique"]
"""Not of WCAG: a dialog's head is a `header` there, which axe takes for the page's."""
LOOKS: dict[Language, list[tuple[Scheme, str]]] = {"en": [("light", "desktop")], "zh": [("dark", "phone")]}
"""Of the filled studio every other page is looked at in the first, the rest in the second; an empty one's in all."""
ALL_LOOKS = {language: list(product(SCHEMES, SIZES)) for language in LANGUAGES}


@pytest.fixture
def filled(browser: object, tmp_path: Path) -> Iterator[tuple[RunningStudio, Ids]]:
    """A studio as after some days of use."""
    with studio_at(tmp_path) as running:
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


def look(visitor: Visitor, view: View, ids: Ids, looks: Iterable[tuple[Scheme, str]]) -> list[str]:
    """What is wrong with a view in some looks."""
    wrong: list[str] = []
    view.open(visitor, ids)
    for scheme, size in looks:
        visitor.look(scheme, size)
        found = violations(visitor)
        wider = visitor.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        if wider > 0:
            found.append(f"the page is {wider} px wider than the window")
        wrong += [f"{view.name}, {visitor.language}, {scheme}, {size}: {one}" for one in found]
    return wrong


def wrong_in(
    views: Iterable[View],
    studio: RunningStudio,
    visit: Visit,
    ids: Ids,
    looks: Mapping[Language, list[tuple[Scheme, str]]],
) -> list[str]:
    """What is wrong with these views, to readers of these languages."""
    wrong: list[str] = []
    for language in looks:
        visitor = visit(studio, language)
        visitor.page.add_init_script(path=AXE)
        wrong += [one for view in views for one in look(visitor, view, ids, looks[language])]
    return wrong


def test_every_page(filled: tuple[RunningStudio, Ids], visit: Visit) -> None:
    views = [view for view in VIEWS if not view.empty]
    wrong: list[str] = []
    for place, language in enumerate(LANGUAGES):
        wrong += wrong_in(views[place::2], filled[0], visit, filled[1], {language: LOOKS[language]})
    assert not wrong, "\n\n".join(wrong)


def test_pages_of_an_empty_studio(studio: RunningStudio, visit: Visit) -> None:
    wrong = wrong_in([view for view in VIEWS if view.empty], studio, visit, {}, ALL_LOOKS)
    assert not wrong, "\n\n".join(wrong)
