"""A dataset's page in a real browser: when its pictures are there, and how it scrolls through all of them.

It is the system's Chromium without a window, driven by Playwright; frames are those of `requestAnimationFrame`.
"""

import shutil
import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

WINDOW = {"width": 1280, "height": 900}
_PER_FRAME_PX = 90
"""While scrolling: about six screens a second at 60 frames."""
_WATCH = """
window.painted = new Promise((done) => {
  let first = null;
  const inView = (one) => { const box = one.getBoundingClientRect(); return box.bottom > 0 && box.top < innerHeight; };
  const look = async () => {
    const seen = [...document.querySelectorAll('img[src*="/thumbnails/"]')].filter(inView);
    const there = seen.filter((one) => one.complete && one.naturalWidth > 0);
    if (first === null && there.length > 0) first = performance.now();
    if (seen.length > 0 && there.length === seen.length) {
      await Promise.all(seen.map((one) => one.decode()));
      requestAnimationFrame(() => requestAnimationFrame(() =>
        done({ first, all: performance.now(), pictures: seen.length })));
    } else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
});
"""
_SCROLL = """
(step) => new Promise((done) => {
  const frames = [], blank = [];
  let last = performance.now(), place = -1;
  const next = () => {
    const now = performance.now();
    frames.push(now - last);
    last = now;
    const seen = [...document.querySelectorAll('img[src*="/thumbnails/"]')].filter((one) => {
      const box = one.getBoundingClientRect();
      return box.bottom > 0 && box.top < innerHeight;
    });
    blank.push(seen.length ? seen.filter((one) => !one.complete).length / seen.length : 1);
    if (window.scrollY === place) return done({ frames, blank });
    place = window.scrollY;
    window.scrollBy(0, step);
    requestAnimationFrame(next);
  };
  requestAnimationFrame(next);
})
"""


@contextmanager
def browsing() -> Iterator[Browser]:
    """The system's Chromium, or the one that Playwright has installed."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium") or shutil.which("google-chrome"), args=["--no-sandbox"]
        )
        try:
            yield browser
        finally:
            browser.close()


def open_dataset(page: Page, address: str, dataset: str) -> dict[str, float]:
    """Milliseconds from the click to the first picture, and to all that are in view, painted."""
    page.goto(f"{address}/datasets/{dataset}", wait_until="commit")
    painted = page.evaluate("painted")
    return {"first_picture_ms": painted["first"], "grid_ms": painted["all"], "pictures_in_view": painted["pictures"]}


def look_at_dataset(browser: Browser, address: str, dataset: str, *, visits: int) -> dict[str, Any]:
    """The first visit of a studio that has just started, further ones with and without the browser's cache; scrolling
    through all pictures.
    """
    with _page(browser) as page:
        page.goto(f"{address}/favicon.svg")  # a browser that is in use: it has drawn something before
    first = _fresh(browser, address, dataset)
    others = [_fresh(browser, address, dataset) for _ in range(visits)]
    with _page(browser) as page:
        open_dataset(page, address, dataset)
        again = [open_dataset(page, address, dataset) for _ in range(visits)]
        scrolled = scroll(page)
    return {
        "first_visit": first,
        "new_browser": _medians(others),
        "same_browser": _medians(again),
        "scrolling": scrolled,
    }


def scroll(page: Page) -> dict[str, Any]:
    """Scroll to the end: how long frames take, which pictures are waited for, and what is asked of the studio."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    told = page.evaluate(_SCROLL, _PER_FRAME_PX)
    frames = sorted(told["frames"][1:])
    return {
        "frames": len(frames),
        "seconds": sum(frames) / 1000,
        "frame_ms": {"p50": frames[len(frames) // 2], "p95": frames[int(len(frames) * 0.95)], "most": frames[-1]},
        "share_of_frames_beyond_50_ms": sum(one > 50 for one in frames) / len(frames),
        "mean_share_of_blank_tiles": statistics.fmean(told["blank"]),
        "requests_for_thumbnails": sum("/thumbnails/" in url for url in asked),
        "requests_for_originals": sum("/files/" in url for url in asked),
    }


def _fresh(browser: Browser, address: str, dataset: str) -> dict[str, float]:
    """A visit by a browser that has nothing of the studio yet."""
    with _page(browser) as page:
        return open_dataset(page, address, dataset)


@contextmanager
def _page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport=WINDOW, locale="en-US")
    context.add_init_script(_WATCH)
    try:
        yield context.new_page()
    finally:
        context.close()


def _medians(found: list[dict[str, float]]) -> dict[str, float]:
    return {name: statistics.median(one[name] for one in found) for name in found[0]}
