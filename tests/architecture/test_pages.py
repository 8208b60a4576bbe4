"""The pages that people write: every recipe is accepted, every answer is the program's, both languages agree."""

import re
import tomllib
from pathlib import Path

import pytest

from browser.words import LANGUAGES, Language, catalogue
from danlu.generation.drawing import Drawing
from danlu.kit.errors import UserError
from danlu.recipe import merge, parse_recipe

ROOT = Path(__file__).parents[2]
PAGES = [*sorted(ROOT.glob("README*.md")), *sorted(ROOT.glob("docs/**/*.md"))]
CONCEPTS = sorted(path for path in ROOT.glob("docs/concepts/*.md") if not path.name.endswith(".zh.md"))
TRANSLATED = [*CONCEPTS, ROOT / "docs" / "from-kohya.md"]
DRAWINGS = {ROOT / "docs" / "drawing.md", ROOT / "docs" / "drawing.zh.md"}
DATASET = {"dataset": {"path": "/data/pictures"}}
ANSWERED = re.compile(r"^\| `([a-z_.]+ = [^`]+)` \| (.+) \|$", re.MULTILINE)
"""A row of a table of mistakes: a line of a recipe, and what the program answers."""
MISTAKES = re.compile(
    r"^## (?:Mistakes, and what is answered|常见错误与程序的回答)$(.*?)^## ", re.MULTILINE | re.DOTALL
)
LINKED = re.compile(r"\]\(([^)#:]+?\.md)(?:#([^)]+))?\)")


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def chinese(path: Path) -> Path:
    return path.with_suffix(".zh.md")


def recipes_in(path: Path) -> list[str]:
    return re.findall(r"^```toml\n(.*?)^```$", path.read_text("utf-8"), re.MULTILINE | re.DOTALL)


def mistakes_in(path: Path) -> list[tuple[str, str]]:
    table = MISTAKES.search(path.read_text("utf-8"))
    return ANSWERED.findall(table[1]) if table else []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_file_in_a_page_is_accepted(page: Path) -> None:
    for text in recipes_in(page):
        values = tomllib.loads(text)
        if page in DRAWINGS:
            Drawing.model_validate(values)
        else:
            parse_recipe(merge(DATASET, values), name_of(page))


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_the_first_lora_presses_is_called_so_in_the_web_app(language: Language) -> None:
    page = ROOT / "docs" / ("first-lora.md" if language == "en" else "first-lora.zh.md")
    pressed = set(re.findall(r"\*\*(.+?)\*\*", page.read_text("utf-8")))
    assert len(pressed) > 12
    assert {
        one for one in pressed if one.casefold() not in {known.casefold() for known in catalogue(language).values()}
    } == set()


@pytest.mark.parametrize("page", TRANSLATED, ids=name_of)
def test_a_page_has_a_recipe_and_shows_the_same_ones_in_chinese(page: Path) -> None:
    assert recipes_in(page) == recipes_in(chinese(page)) != []


@pytest.mark.parametrize("page", CONCEPTS, ids=name_of)
def test_what_a_page_says_the_program_answers_is_what_it_answers(page: Path) -> None:
    rows = [mistakes_in(page), mistakes_in(chinese(page))]
    assert [line for line, _ in rows[0]] == [line for line, _ in rows[1]] != []
    for (line, english), (_, translated) in zip(*rows, strict=True):
        with pytest.raises(UserError) as caught:
            parse_recipe(merge(DATASET, tomllib.loads(line)), "x")
        assert caught.value.text.en == f"x: {english}"
        assert caught.value.text.zh == f"x：{translated}"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target, heading in LINKED.findall(page.read_text("utf-8")):
        linked = (page.parent / target).resolve()
        assert linked.is_file(), target
        assert not heading or heading in headings_of(linked), f"{target}#{heading}"


def headings_of(page: Path) -> set[str]:
    """The anchors of a page's headings, as code hosts make them."""
    titles = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
