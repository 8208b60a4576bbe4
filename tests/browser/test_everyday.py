"""Everyday things in the browser: files are dropped, some refused; a reload keeps place, language and colours."""

from playwright.sync_api import expect

from browser.filling import samples, small_dataset
from browser.pages import Dataset, Home
from browser.studio import RunningStudio
from browser.visitor import Visit
from browser.words import Language


def test_files_are_dropped_and_each_is_told_about(studio: RunningStudio, visit: Visit, language: Language) -> None:
    visitor = visit(studio, language)
    home = Home(visitor)
    visitor.sees_word("home.welcome")
    # On the first page files make a dataset of their own; on a dataset's page they come into it.
    dataset = Dataset(visitor) if language == "en" else home.new_dataset("拖放 drop")
    first, second = (path.read_bytes() for path in samples()[:2])
    dataset.drop({"一.png": first, "two.png": second, "copy.png": first, "not a picture.png": b"plain text"})
    visitor.sees(visitor.word("upload.progress", done=4, count=4))
    visitor.sees(visitor.word("upload.known"))
    visitor.sees(visitor.word("upload.failed"))
    expect(dataset.tiles).to_have_count(2)
    visitor.sees(visitor.word("stage.next", what=visitor.word("stage.cropHint")))


def test_a_reload_keeps_the_place(studio: RunningStudio, visit: Visit) -> None:
    made = small_dataset(studio)
    visitor = visit(studio, "en")
    visitor.goto(f"/datasets/{made['id']}")
    dataset = Dataset(visitor)
    visitor.tab("dataset.tabTags")
    visitor.page.reload()
    expect(visitor.field("dataset.trigger")).to_be_visible()
    visitor.tab("dataset.tabPictures")
    dataset.open("02.png")
    visitor.page.keyboard.press("ArrowLeft")
    expect(visitor.page.get_by_role("dialog", name="01.png")).to_be_visible()
    visitor.page.reload()
    expect(visitor.page.get_by_role("dialog", name="01.png")).to_be_visible()
    visitor.page.keyboard.press("Escape")
    expect(dataset.tiles).to_have_count(2)


def test_language_and_colours_are_remembered(studio: RunningStudio, visit: Visit) -> None:
    visitor = visit(studio, "en", "light")
    visitor.goto("/")
    visitor.press("nav.dark")
    visitor.page.get_by_role("button", name="中文").click()
    visitor.language = "zh"
    visitor.sees_word("home.welcome")
    visitor.page.reload()
    visitor.sees_word("home.welcome")
    expect(visitor.button("nav.light")).to_be_visible()
    expect(visitor.page.locator("html")).to_have_attribute("lang", "zh-CN")
