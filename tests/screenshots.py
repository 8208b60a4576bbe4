"""Every page of the web app as pictures (`make screenshots`): wide and narrow, light and dark, in both languages.

    python tests/screenshots.py [--out FOLDER] [--only WORD] [--full]
    python tests/screenshots.py --docs

Starts a studio, fills it with samples, crops, tags, trainings; opens each view of `browser/views.py` in each look.
FOLDER/VIEW-SIZE-SCHEME-LANGUAGE.png are the windows; FOLDER/sheets/VIEW.png shows all looks of a view side by side, and
FOLDER/index.html all sheets. `--docs` trains properly first, and takes the pictures of `docs/first-lora.md`.
"""

import argparse
import html
import io
import os
import tempfile
from collections.abc import Iterable
from itertools import product
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from browser.chromium import find_chromium
from browser.filling import fill
from browser.studio import studio_at
from browser.views import VIEWS, Ids, View
from browser.visitor import SCHEMES, SIZES, Visitor, visiting
from browser.words import LANGUAGES

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs" / "pictures" / "studio"
IN_DOCS = ("home-empty", "dataset", "dataset-picture", "train", "run", "workbench-grid", "model")
SHEET_WIDTHS = {"desktop": 900, "phone": 380}
GAP = 16


def main() -> None:
    """Take them all, or those whose view's name holds a word."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / "screenshots", help="where they go")
    parser.add_argument("--only", default="", help="take views whose name holds this word")
    parser.add_argument("--full", action="store_true", help="take whole pages instead of windows")
    parser.add_argument("--docs", action="store_true", help="take the pictures of docs/first-lora.md")
    given = parser.parse_args()
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    (DOCS if given.docs else given.out / "sheets").mkdir(parents=True, exist_ok=True)
    views = [view for view in VIEWS if (view.name in IN_DOCS if given.docs else given.only in view.name)]
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(playwright.chromium.executable_path))
        for empty in (True, False):
            these = [view for view in views if view.empty == empty]
            if these:
                with studio_at(Path(folder) / f"studio-{empty}") as studio:
                    epochs, steps = (7, 20) if given.docs else (3, 10)
                    ids = {} if empty else fill(studio, epochs=epochs, steps=steps)
                    if given.docs:
                        take_for_docs(browser, studio.address, these, ids)
                    else:
                        take(browser, studio.address, these, ids, given.out, full=given.full)
        browser.close()
    if given.docs:
        return
    for view in views:
        write_sheet(view, given.out)
    write_index(views, given.out)
    print(f"{given.out / 'index.html'}: {len(views)} views")


def take(browser: Browser, address: str, views: Iterable[View], ids: Ids, out: Path, *, full: bool) -> None:
    """Take views of one studio in all looks."""
    views = list(views)
    for language, size in product(LANGUAGES, SIZES):
        with visiting(browser, address, language, "light", size) as visitor:
            visitor.patient = True
            for view in views:
                view.open(visitor, ids)
                for scheme in SCHEMES:
                    visitor.look(scheme, size)
                    file = out / f"{view.name}-{size}-{scheme}-{language}.png"
                    visitor.page.screenshot(path=file, full_page=full, animations="disabled")
            tell_troubles(visitor)


def take_for_docs(browser: Browser, address: str, views: Iterable[View], ids: Ids) -> None:
    """Take views as `docs/` shows them: wide and light, in both languages."""
    views = list(views)
    for language in LANGUAGES:
        with visiting(browser, address, language) as visitor:
            visitor.patient = True
            for view in views:
                view.open(visitor, ids)
                with Image.open(io.BytesIO(visitor.page.screenshot(animations="disabled"))) as picture:
                    picture.convert("RGB").save(DOCS / f"{view.name}.{language}.webp", quality=82, method=6)
            tell_troubles(visitor)


def tell_troubles(visitor: Visitor) -> None:
    """Say what went wrong in the pages on the way."""
    for trouble in visitor.troubles:
        print(f"  ! {trouble}")


def write_sheet(view: View, out: Path) -> None:
    """All looks of a view in one picture: a row a language, the wide ones before the narrow ones."""
    rows: list[list[Image.Image]] = []
    for language in LANGUAGES:
        row: list[Image.Image] = []
        for size, scheme in product(SIZES, SCHEMES):
            with Image.open(out / f"{view.name}-{size}-{scheme}-{language}.png") as picture:
                width = SHEET_WIDTHS[size]
                row.append(picture.convert("RGB").resize((width, round(picture.height * width / picture.width))))
        rows.append(row)
    heights = [max(picture.height for picture in row) for row in rows]
    width = max(sum(picture.width + GAP for picture in row) for row in rows)
    sheet = Image.new("RGB", (width, sum(heights) + GAP * len(rows)), "gray")
    top = 0
    for row, height in zip(rows, heights, strict=True):
        left = 0
        for picture in row:
            sheet.paste(picture, (left, top))
            left += picture.width + GAP
        top += height + GAP
    sheet.save(out / "sheets" / f"{view.name}.png")


def write_index(views: Iterable[View], out: Path) -> None:
    """All sheets on one page."""
    figures = "\n".join(
        f'<h2>{html.escape(view.name)}</h2><img src="sheets/{view.name}.png" style="width:100%">' for view in views
    )
    page = f'<!doctype html><meta charset="utf-8"><title>Danlu</title><body>{figures}</body>'
    (out / "index.html").write_text(page, "utf-8")


if __name__ == "__main__":
    main()
