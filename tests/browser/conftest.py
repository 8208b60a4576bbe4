"""A real Chromium at a real studio. Without one these tests skip and say why; on the integration server they fail."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from browser.chromium import NoChromiumError, find_chromium
from browser.studio import RunningStudio, studio_at
from browser.visitor import Scheme, Visit, Visitor, visiting
from browser.words import LANGUAGES, Language

STATIC = Path(__file__).parents[2] / "src" / "danlu" / "studio" / "static" / "index.html"


def give_up(why: str) -> None:
    """Skip; where nothing may be missing, fail."""
    (pytest.fail if "CI" in os.environ else pytest.skip)(why)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium. Of each file's own: while Playwright is started, other tests of its process can't run event loops."""
    if not STATIC.exists():
        give_up("the web app isn't built: `make web`")
    with sync_playwright() as started:
        try:
            program = find_chromium(started.chromium.executable_path)
        except NoChromiumError as error:
            give_up(str(error))
        chromium = started.chromium.launch(executable_path=program)
        yield chromium
        chromium.close()


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> Language:
    """Each of the languages."""
    return request.param


@pytest.fixture
def studio(browser: Browser, tmp_path: Path) -> Iterator[RunningStudio]:
    """A studio with nothing in it."""
    with studio_at(tmp_path / "丹炉 studio") as running:
        yield running


@pytest.fixture(scope="module")
def shared_studio(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStudio]:
    """One for all tests of a file that bring their own datasets: starting one takes seconds."""
    with studio_at(tmp_path_factory.mktemp("shared") / "丹炉 studio") as running:
        yield running


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    """Sends somebody to a studio: `visit(studio, language, scheme, size)`. Any trouble in a page fails the test."""
    visitors: list[Visitor] = []
    with ExitStack() as stack:

        def begin(
            at: RunningStudio, language: Language = "en", scheme: Scheme = "light", size: str = "desktop"
        ) -> Visitor:
            visitors.append(stack.enter_context(visiting(browser, at.address, language, scheme, size)))
            return visitors[-1]

        yield begin
        troubles = [trouble for visitor in visitors for trouble in visitor.troubles]
    assert not troubles, "\n".join(troubles)
