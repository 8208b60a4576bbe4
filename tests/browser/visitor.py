"""Somebody at the studio in a browser: one page in one language, colour scheme and width, whose troubles are noted."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Request, Response, expect

from browser.words import Language, pattern, word

Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
SIZES = {"desktop": (1280, 900), "phone": (390, 844)}
PATIENCE_MS = 60_000
"""On two cores, while a training takes both."""
expect.set_options(timeout=PATIENCE_MS)
_SLOW = "/api/recipes/memory"
"""It loads torch in a process of its own; a page says until then that it doesn't know yet."""
_STILL = """() =>
  !document.querySelector('.mantine-Skeleton-root[data-animate], .mantine-Loader-root') &&
  [...document.images].every((one) => one.complete || one.getBoundingClientRect().top > innerHeight) &&
  document.getAnimations().every((one) => one.playState !== 'running' || one.effect.getTiming().iterations === Infinity)
"""


@dataclass
class Visitor:
    """A page and the language that its visitor reads."""

    page: Page
    address: str
    language: Language
    troubles: list[str] = field(default_factory=list)
    """What went wrong in the page: errors, violations of the content security policy, requests without an answer."""
    under_way: set[Request] = field(default_factory=set)
    """Requests without an answer so far, but for streams."""
    patient: bool = False
    """Whether it is waited for what takes long, too."""
    calm: bool = False
    """Whether trouble is expected now, as while the studio is dead."""

    def word(self, key: str, **values: object) -> str:
        """What the web app says, by its key in the catalogues."""
        return word(self.language, key, **values)

    def goto(self, path: str) -> None:
        """Open an address of the studio."""
        self.page.goto(self.address + path)

    def button(self, key: str, within: Locator | None = None, **values: object) -> Locator:
        """A button by what it says, or by its label."""
        return (within or self.page).get_by_role("button", name=self.word(key, **values), exact=True)

    def press(self, key: str, within: Locator | None = None, **values: object) -> None:
        """Press a button."""
        self.button(key, within, **values).click()

    def field(self, key: str, within: Locator | None = None) -> Locator:
        """A field by its label."""
        return (within or self.page).get_by_role("textbox", name=self.word(key)).first

    def choose(self, menu: str, item: str, within: Locator | None = None) -> None:
        """Open a menu and choose from it, both by key."""
        self.press(menu, within)
        self.page.get_by_role("menuitem", name=self.word(item), exact=True).click()

    def tab(self, key: str) -> None:
        """Go to a tab."""
        self.page.get_by_role("tab", name=self.word(key), exact=True).click()

    def dialog(self, key: str) -> Locator:
        """The dialog of this title."""
        return self.page.get_by_role("dialog", name=self.word(key))

    def sees(self, text: "str | Any", within: Locator | None = None) -> Locator:
        """Wait until a text is there to be seen."""
        found = (within or self.page).get_by_text(text).first
        expect(found).to_be_visible()
        return found

    def sees_word(self, key: str, within: Locator | None = None) -> Locator:
        """Wait until something that the catalogue says is there to be seen, whatever fills its braces."""
        return self.sees(pattern(self.language, key), within)

    def download(self, link: Locator, folder: Path) -> Path:
        """Follow a link to a file, and keep that in a folder."""
        with self.page.expect_download() as download:
            link.click()
        file = folder / download.value.suggested_filename
        download.value.save_as(file)
        return file

    def look(self, scheme: Scheme, size: str) -> None:
        """Look at the same page in other light, at another width."""
        width, height = SIZES[size]
        self.page.set_viewport_size({"width": width, "height": height})
        self.page.emulate_media(color_scheme=scheme)
        self.settle()

    def settle(self) -> None:
        """Wait until nothing loads and nothing moves, but for what moves for ever."""
        until, still = time.monotonic() + 3 * PATIENCE_MS / 1000, 0
        while still < 2:
            assert time.monotonic() < until, f"never still: {[one.url for one in self.under_way]}"
            self.page.wait_for_timeout(50)
            still = still + 1 if not self.under_way and self.page.evaluate(_STILL) else 0

    @contextmanager
    def expecting_trouble(self) -> Iterator[None]:
        """Trouble in here is part of the test."""
        self.calm = True
        yield
        self.calm = False

    def note(self, trouble: str) -> None:
        """Note trouble."""
        if not self.calm:
            self.troubles.append(trouble)


def watch(visitor: Visitor) -> None:
    """Note what goes wrong in a visitor's page from now on."""

    def on_console(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            visitor.note(f"console {message.type}: {message.text}")

    def on_request(request: Request) -> None:
        if request.resource_type != "eventsource" and (visitor.patient or not request.url.endswith(_SLOW)):
            visitor.under_way.add(request)

    def on_finished(request: Request) -> None:
        visitor.under_way.discard(request)

    def on_failed(request: Request) -> None:
        visitor.under_way.discard(request)
        # What a page no longer needs is given up: streams and queries of a page that was left.
        if request.failure != "net::ERR_ABORTED":
            visitor.note(f"{request.method} {request.url}: {request.failure}")

    def on_response(response: Response) -> None:
        if response.status >= 400:
            visitor.note(f"{response.request.method} {response.url}: {response.status}")

    visitor.page.on("console", on_console)
    visitor.page.on("pageerror", lambda error: visitor.note(f"page error: {error}"))
    visitor.page.on("request", on_request)
    visitor.page.on("requestfinished", on_finished)
    visitor.page.on("requestfailed", on_failed)
    visitor.page.on("response", on_response)


@contextmanager
def visiting(
    browser: Browser, address: str, language: Language = "en", scheme: Scheme = "light", size: str = "desktop"
) -> Iterator[Visitor]:
    """A visitor with a fresh profile: nothing remembered, the browser set to their language and scheme."""
    width, height = SIZES[size]
    context = browser.new_context(
        locale={"en": "en-GB", "zh": "zh-CN"}[language],
        color_scheme=scheme,
        viewport={"width": width, "height": height},
        reduced_motion="reduce",
        accept_downloads=True,
    )
    context.set_default_timeout(PATIENCE_MS)
    try:
        visitor = Visitor(context.new_page(), address, language)
        watch(visitor)
        yield visitor
    finally:
        context.close()


Visit = Callable[..., Visitor]
"""The fixture `visit`: visit(studio, language, scheme, size)."""
