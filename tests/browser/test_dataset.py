"""The dataset page in a real browser: two tabs, a selection, the slider, uploads that break off, the tag table."""

import random
import re
import zipfile
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Route, expect

from browser.filling import add_dataset, samples
from browser.pages import Dataset
from browser.studio import RunningStudio
from browser.visitor import Visit
from browser.words import pattern

CAPTIONS = ["hero, smile, blue hair", "hero, grin", "hero, sad"]


@pytest.fixture
def studio(shared_studio: RunningStudio) -> RunningStudio:
    """Each test has its own dataset there."""
    return shared_studio


@pytest.fixture
def three(studio: RunningStudio) -> str:
    """A dataset of three pictures with captions."""
    return add_dataset(studio, "三 three", samples()[:3], CAPTIONS)["id"]


def caption(studio: RunningStudio, dataset: str, name: str = "01.png") -> str:
    return studio.api("GET", f"/datasets/{dataset}/picture", params={"name": name})["caption"]


def test_two_tabs_lose_nobodys_tags(studio: RunningStudio, visit: Visit, three: str) -> None:
    """The later of two changes of the same state is refused, told, and what the first has written is shown."""
    here, there = visit(studio), visit(studio)
    for tab in (here, there):
        tab.goto(f"/datasets/{three}?picture=01.png")
        tab.sees("blue hair", tab.page.get_by_role("dialog"))
    # The other tab hears nothing of changes for a while, as on a slow line.
    there.page.route(re.compile(rf"/api/datasets/{three}($|/pictures\?)"), lambda route: route.abort())
    here.page.get_by_role("button", name=here.word("tag.delete", tag="blue hair")).click()
    expect(here.page.get_by_role("dialog").get_by_text("blue hair")).to_have_count(0)
    assert caption(studio, three) == "hero, smile"
    with there.expecting_trouble():
        there.page.get_by_role("button", name=there.word("tag.delete", tag="smile")).click()
        there.sees_word("problem.changed")
        there.page.unroute_all()
        expect(there.page.get_by_role("dialog").get_by_text("blue hair")).to_have_count(0)
    assert caption(studio, three) == "hero, smile"
    there.page.get_by_role("button", name=there.word("tag.delete", tag="smile")).click()
    expect(there.page.get_by_role("dialog").get_by_text("smile")).to_have_count(0)
    expect(here.page.get_by_role("dialog").get_by_text("smile")).to_have_count(0)
    assert caption(studio, three) == "hero"


def test_a_selection_is_changed_and_nothing_else(studio: RunningStudio, visit: Visit, three: str) -> None:
    visitor = visit(studio, "zh")
    visitor.goto(f"/datasets/{three}")
    tiles = Dataset(visitor).tiles
    tiles.nth(0).check()
    tiles.nth(2).check()
    visitor.choose("mirror.title", "mirror.always")
    visitor.press("batch.change")
    dialog = visitor.dialog("batch.change")
    visitor.field("batch.tags", dialog).fill("best")
    dialog.get_by_text(visitor.word("batch.head")).click()
    expect(dialog.get_by_text(visitor.word("batch.changed", count=2))).to_be_visible()
    visitor.press("common.apply", dialog)
    expect(dialog).to_have_count(0)
    assert [caption(studio, three, f"0{n}.png") for n in (1, 2, 3)] == [
        "best, hero, smile, blue hair",
        "hero, grin",
        "best, hero, sad",
    ]
    known = studio.api("GET", f"/datasets/{three}/pictures")["pictures"]
    assert [one["mirror"] for one in known] == ["always", None, "always"]
    visitor.press("dataset.undo")
    expect(visitor.page.get_by_text("best, hero, sad")).to_have_count(0)
    assert caption(studio, three, "03.png") == "hero, sad"


def test_the_threshold_moves_live_once_the_tagger_has_looked(studio: RunningStudio, visit: Visit, three: str) -> None:
    visitor = visit(studio)
    visitor.goto(f"/datasets/{three}")
    Dataset(visitor).tiles.nth(1).check()
    visitor.press("batch.tag")
    dialog = visitor.dialog("tagging.title")
    look = visitor.button("tagging.look", dialog)
    shown = dialog.get_by_role("group", name=visitor.word("batch.preview"))
    expect(look.or_(shown).first).to_be_visible()
    if look.is_visible():  # the scores of an earlier test may be there
        look.click()
    expect(shown).to_contain_text("turtleneck")
    few = len(shown.inner_text())
    slider = dialog.get_by_role("slider")
    slider.focus()
    slider.press("Home")
    expect(slider).to_have_attribute("aria-valuenow", "0.05")
    visitor.page.wait_for_function(
        "few => document.querySelector('[role=dialog] [role=group]').innerText.length > few", arg=few
    )
    assert caption(studio, three, "02.png") == "hero, grin"
    visitor.press("tagging.start", dialog)
    expect(dialog).to_have_count(0)
    assert "turtleneck" in caption(studio, three, "02.png") and caption(studio, three) == CAPTIONS[0]


def test_a_large_file_goes_on_after_a_reload(studio: RunningStudio, visit: Visit, tmp_path: Path) -> None:
    dataset = studio.api("POST", "/datasets", json={"name": "big"})["id"]
    big = tmp_path / "大 big.zip"
    with zipfile.ZipFile(big, "w") as archive:
        for path in samples()[:2]:
            archive.write(path, path.name)
        archive.writestr("readme.json", random.Random(1).randbytes(9 * 2**20))
    sent: list[int] = []

    def break_off(route: Route) -> None:
        if route.request.method == "PATCH":
            sent.append(int(route.request.headers["upload-offset"]))
            if len(sent) > 1:
                route.abort()
                return
        route.continue_()

    visitor = visit(studio)
    visitor.goto(f"/datasets/{dataset}")
    visitor.sees_word("upload.hint")
    chooser = visitor.page.locator("input[type=file]").first
    with visitor.expecting_trouble():
        visitor.page.route("**/uploads/**", break_off)
        chooser.set_input_files(big)
        visitor.sees_word("upload.offline")
        visitor.page.get_by_role("link", name=visitor.word("nav.home")).first.click()
        visitor.press("upload.stay", visitor.dialog("upload.leave"))
        visitor.page.on("dialog", lambda asked: asked.accept())
        visitor.page.reload()
        visitor.sees_word("upload.unfinished")
        visitor.page.unroute_all()
    began: list[int] = []
    visitor.page.on(
        "request", lambda one: began.append(int(one.headers["upload-offset"])) if one.method == "PATCH" else None
    )
    chooser.set_input_files(big)
    expect(Dataset(visitor).tiles).to_have_count(2)
    assert sent[0] == 0 and min(began) == 4 * 2**20


def test_tags_are_renamed_and_merged_everywhere(studio: RunningStudio, visit: Visit, three: str) -> None:
    visitor = visit(studio)
    visitor.goto(f"/datasets/{three}?tab=tags")
    for tag in ("grin", "smile"):
        visitor.page.get_by_role("checkbox", name=visitor.word("dataset.select", name=tag)).check()
    visitor.page.get_by_role("button", name=pattern("en", "tag.merge")).click()
    dialog = visitor.page.get_by_role("dialog")
    visitor.field("tag.newName", dialog).fill("happy")
    visitor.press("common.apply", dialog)
    expect(visitor.page.get_by_role("row", name="happy")).to_contain_text("2")
    assert [caption(studio, three, f"0{n}.png") for n in (1, 2)] == ["hero, happy, blue hair", "hero, happy"]
    visitor.page.get_by_role("row", name="happy").get_by_text("happy").click()
    expect(Dataset(visitor).tiles).to_have_count(2)


def test_health_findings_are_fixed_with_one_click(studio: RunningStudio, visit: Visit, tmp_path: Path) -> None:
    twin, (first, second, *_) = tmp_path / "twin.png", samples()
    with Image.open(first) as picture:
        picture.resize((300, 300)).save(twin)
    dataset = add_dataset(studio, "twins", [first, second, twin], ["hero, smile", "hero, grin", "hero"])["id"]
    visitor = visit(studio, "zh")
    visitor.goto(f"/datasets/{dataset}?tab=health")
    visitor.sees("twin.png")
    visitor.press("health.fixSafe", count=1)
    expect(visitor.button("health.fixSafe", count=1)).to_have_count(0)
    assert studio.api("GET", f"/datasets/{dataset}")["excluded"] == 1
    visitor.press("dataset.undo")
    expect(visitor.button("health.fixSafe", count=1)).to_be_visible()
    assert studio.api("GET", f"/datasets/{dataset}")["excluded"] == 0
