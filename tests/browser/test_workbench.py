"""The workbench in the browser: two LoRAs stacked, pictures and a grid as they come, and settings used again."""

from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Locator, expect

from browser.filling import TRIGGER, order_training, small_dataset
from browser.pages import WAIT_MS, Workbench
from browser.studio import RunningStudio
from browser.visitor import Visit, Visitor
from browser.words import Language
from danlu.generation.pngtext import read_png


def trained(studio: RunningStudio, *names: str) -> list[dict[str, Any]]:
    """Trainings of a few steps, finished."""
    dataset = small_dataset(studio)["id"]
    quick = {"previews": {"every": "never"}, "dataset": {"repeats": 1}}
    jobs = [order_training(studio, dataset, name, "2 epochs", **quick) for name in names]
    return [studio.ended(job["id"]) for job in jobs]


@pytest.mark.parametrize("language", ["en"])  # the journey goes through the workbench in both
def test_two_loras_pictures_and_a_grid(studio: RunningStudio, visit: Visit, language: Language, tmp_path: Path) -> None:
    first, _ = trained(studio, "一 one", "二 two")
    visitor = visit(studio, language)
    bench = Workbench.at(visitor, f"?run={first['run_id']}")
    word = visitor.word
    expect(bench.number("workbench.weight", name="一 one")).to_have_value("1")
    visitor.field("workbench.prompt").fill(f"{TRIGGER}, smile")
    bench.add("二 two")
    bench.number("workbench.weight", name="二 two").fill("-0.5")
    bench.number("workbench.steps").fill("2")
    bench.number("workbench.seed").fill("7")
    bench.number("workbench.count").fill("2")
    visitor.page.get_by_role("checkbox", name=word("workbench.beside")).check()
    bench.draw(4)
    expect(bench.drawn).to_have_count(4)
    look_at_a_picture(visitor, tmp_path)
    visitor.page.get_by_role("radiogroup", name=word("workbench.mode")).get_by_text(word("workbench.grid")).click()
    bench.pick("workbench.axis.x", "workbench.kind.weight")
    bench.number("workbench.values").fill("0-1 [3]")
    bench.pick("workbench.axis.y", "workbench.kind.checkpoint")
    bench.draw(6)
    table = visitor.page.get_by_role("table")
    expect(table.get_by_role("columnheader")).to_have_text(["0", "0.5", "1"])
    expect(table.get_by_role("rowheader")).to_have_text(
        [word("workbench.epoch", epoch=1), word("workbench.final", epoch=2)]
    )
    expect(table.locator("img")).to_have_count(6)
    take_home_and_delete(visitor, table, tmp_path)


def look_at_a_picture(visitor: Visitor, folder: Path) -> None:
    """Large, with its settings, from one to the next by keyboard; downloaded, it says how it was drawn."""
    word = visitor.word
    visitor.page.get_by_role("button", name=f"{word('workbench.seed')} 7", exact=True).click()
    dialog = visitor.page.get_by_role("dialog")
    visitor.sees("× -0.5", dialog)
    visitor.page.keyboard.press("ArrowRight")
    with visitor.page.expect_download() as download:
        visitor.page.get_by_role("link", name=word("workbench.download"), exact=True).click()
    download.value.save_as(folder / "one.png")
    found = read_png(folder / "one.png")
    assert (found.prompt.seed, [weight for _, weight in found.adapters]) == (8, [1.0, -0.5])
    visitor.press("workbench.reuseOne", dialog)
    expect(dialog).to_have_count(0)
    expect(visitor.field("workbench.seed")).to_have_value("8")


def take_home_and_delete(visitor: Visitor, table: Locator, folder: Path) -> None:
    """A reload keeps the place; the labelled sheet comes as one picture; what is deleted is gone."""
    visitor.page.reload()
    expect(table.locator("img")).to_have_count(6)
    with visitor.page.expect_download() as download:
        visitor.choose("common.more", "workbench.sheet")
    download.value.save_as(folder / "sheet.png")
    with Image.open(folder / "sheet.png") as sheet:
        assert sheet.width > 3 * 128 and sheet.height > 2 * 128
    visitor.choose("common.more", "workbench.delete")
    visitor.press("workbench.delete", visitor.page.get_by_role("dialog"))
    expect(table).to_have_count(0)


@pytest.mark.parametrize("language", ["zh"])
def test_refused_at_its_field_cancelled_and_gone_on_with(
    studio: RunningStudio, visit: Visit, language: Language
) -> None:
    visitor = visit(studio, language)
    bench = Workbench.at(visitor)
    visitor.sees_word("workbench.empty")
    visitor.field("workbench.prompt").fill("a girl")
    bench.number("workbench.steps").fill("20")
    size = visitor.page.get_by_role("combobox", name=visitor.word("workbench.size"), exact=True)
    size.fill("100x100")
    with visitor.expecting_trouble():
        visitor.press("workbench.drawCount", count=4)
        visitor.sees("96x96")
    size.fill("")
    bench.number("workbench.count").fill("5")
    visitor.press("workbench.drawCount", count=5)
    bench.drawn.first.wait_for(timeout=WAIT_MS)
    visitor.press("workbench.cancel")
    visitor.press("workbench.rest")
    expect(bench.drawn).to_have_count(5, timeout=WAIT_MS)
