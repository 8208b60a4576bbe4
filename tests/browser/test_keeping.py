"""What somebody does to a picture is kept: done quickly, by key, left by Esc, offline, while nobody answers."""

import pytest
from playwright.sync_api import Locator, expect

from browser.filling import add_dataset, samples
from browser.pages import Dataset
from browser.studio import RunningStudio
from browser.visitor import Visit, Visitor

CAPTIONS = ["hero, smile, blue hair, hat, grin", "hero, smile"]


@pytest.fixture
def studio(shared_studio: RunningStudio) -> RunningStudio:
    """Each test has its own dataset there."""
    return shared_studio


@pytest.fixture
def dataset(studio: RunningStudio) -> str:
    """A dataset of two pictures with captions."""
    return add_dataset(studio, "keeping", samples()[:2], CAPTIONS)["id"]


@pytest.fixture
def visitor(visit: Visit, studio: RunningStudio, dataset: str) -> Visitor:
    """Somebody who has its page open."""
    visitor = visit(studio, "en")
    visitor.goto(f"/datasets/{dataset}")
    expect(Dataset(visitor).tiles).to_have_count(2)
    return visitor


def known(studio: RunningStudio, dataset: str, name: str = "01.png") -> dict:
    return studio.api("GET", f"/datasets/{dataset}/picture", params={"name": name})


def delete(visitor: Visitor, dialog: Locator, tag: str) -> None:
    dialog.get_by_role("button", name=visitor.word("tag.delete", tag=tag)).click()
    expect(dialog.get_by_text(tag, exact=True)).to_have_count(0)


def test_quick_changes_of_one_picture_are_all_kept(visitor: Visitor, studio: RunningStudio, dataset: str) -> None:
    dialog = Dataset(visitor).open("01.png")
    # Each is pressed while the one before is on its way, and after the studio has told of those before that.
    visitor.page.route("**/pictures", lambda route: (visitor.page.wait_for_timeout(500), route.continue_()))
    for tag in ("smile", "blue hair", "hat", "grin"):
        delete(visitor, dialog, tag)
        visitor.page.wait_for_timeout(400)
    visitor.settle()
    expect(dialog.get_by_role("button", name=visitor.word("tag.delete", tag="hero"))).to_be_visible()
    assert known(studio, dataset)["tags"] == ["hero"]


def test_a_text_left_by_esc_and_a_box_moved_by_key(visitor: Visitor, studio: RunningStudio, dataset: str) -> None:
    page = visitor.page
    dialog = Dataset(visitor).open("01.png")
    dialog.get_by_text(visitor.word("picture.asText"), exact=True).click()
    dialog.get_by_role("textbox", name=visitor.word("picture.caption")).fill("hero, a new caption")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    visitor.settle()
    assert known(studio, dataset)["caption"] == "hero, a new caption"
    dialog = Dataset(visitor).open("02.png")
    dialog.get_by_role("combobox", name=visitor.word("crop.size")).click()
    page.get_by_role("option").first.click()
    visitor.settle()
    left, top, *_ = known(studio, dataset, "02.png")["crop"]
    dialog.get_by_label(visitor.word("crop.area")).focus()
    page.keyboard.press("ArrowRight" if left else "ArrowDown")
    visitor.settle()
    assert known(studio, dataset, "02.png")["crop"][:2] != [left, top]


def test_a_picture_stays_open_that_no_longer_fits_the_search(visitor: Visitor) -> None:
    search = visitor.page.get_by_role("textbox", name=visitor.word("dataset.search"))
    search.press_sequentially("hat")
    search.press("Home")
    search.press("ArrowRight")
    search.press_sequentially("x")  # in the middle of what is there
    expect(search).to_have_value("hxat")
    search.fill("hat")
    expect(Dataset(visitor).tiles).to_have_count(1)
    dialog = Dataset(visitor).open("01.png")
    delete(visitor, dialog, "hat")
    visitor.settle()
    expect(dialog).to_be_visible()


def test_the_same_file_may_be_chosen_again(visitor: Visitor) -> None:
    chooser = visitor.page.locator("input[type=file][accept*=heic]")
    chooser.set_input_files(samples()[2])
    expect(Dataset(visitor).tiles).to_have_count(3)
    assert chooser.evaluate("one => one.files.length") == 0  # browsers don't tell of the file that is chosen already


def test_without_the_internet_and_while_nobody_answers(visitor: Visitor, studio: RunningStudio, dataset: str) -> None:
    page = visitor.page
    page.evaluate("window.dispatchEvent(new Event('offline'))")  # as browsers say when the wireless is switched off
    dialog = Dataset(visitor).open("01.png")
    delete(visitor, dialog, "grin")
    visitor.settle()
    assert "grin" not in known(studio, dataset)["tags"]
    with visitor.expecting_trouble():
        page.route("**/api/**", lambda route: route.abort())
        visitor.sees_word("problem.stale")
        expect(dialog).to_be_visible()
        page.unroute_all()
        expect(page.get_by_text(visitor.word("problem.stale"))).to_have_count(0)
    expect(dialog).to_be_visible()
