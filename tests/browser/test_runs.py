"""Runs in the browser: previews under a slider, the best one picked, trained for longer, two of them side by side."""

from typing import Any

from playwright.sync_api import expect

from browser.filling import TRIGGER, order_training, small_dataset
from browser.pages import Run
from browser.studio import RunningStudio
from browser.visitor import Visit

QUICK: dict[str, Any] = {
    "dataset": {"repeats": 1},
    "previews": {"steps": 1, "prompts": [TRIGGER]},
    "training": {"batch_size": 1},
}


def test_pick_extend_and_compare(studio: RunningStudio, visit: Visit) -> None:
    dataset = small_dataset(studio)["id"]
    jobs = [
        order_training(studio, dataset, name, "2 epochs", **QUICK, optimizer={"lr": rate})
        for name, rate in (("一 one", 1e-4), ("二 two", 2e-4))
    ]
    first = jobs[0]["run_id"]
    visitor = visit(studio, "zh")
    page, run = visitor.page, Run.of(visitor, first)
    run.expect_state("succeeded")

    run.preview(visitor.word("run.epochN", epoch=1), TRIGGER).click()
    page.keyboard.press("c")
    slider = page.get_by_role("slider", name=visitor.word("preview.slider"))
    slider.focus()
    page.keyboard.press("Home")
    expect(slider).to_have_attribute("aria-valuenow", "0")
    page.reload()
    expect(page.get_by_role("dialog", name=visitor.word("run.epochN", epoch=1))).to_be_visible()
    expect(slider).to_be_visible()
    page.keyboard.press("Escape")

    run.star(1).click()
    expect(run.star(1)).to_have_attribute("aria-pressed", "true")
    assert studio.api("GET", f"/runs/{first}")["pick"].endswith("-000001.safetensors")
    assert studio.ended(jobs[1]["id"])["state"] == "succeeded"
    run.extend(1)
    studio.wait(jobs[0]["id"], lambda job: job["progress"] == {"done": 6, "total": 6})
    run.expect_drawn(visitor.word("run.epochN", epoch=3), TRIGGER)

    visitor.goto("/")
    for name in ("一 one", "二 two"):
        page.get_by_role("checkbox", name=visitor.word("compare.add", name=name)).check()
    page.get_by_role("link", name=visitor.word("compare.these", count=2)).click()
    row = page.get_by_role("row", name="optimizer.lr")
    expect(row).to_contain_text("0.0001")
    expect(row).to_contain_text("0.0002")
    expect(page.get_by_role("row", name="adapter.rank")).to_have_count(0)
    third = visitor.word("run.epochN", epoch=3)
    expect(page.get_by_role("button", name=f"{third}: 一 one")).to_be_visible()
    expect(page.get_by_role("button", name=f"{third}: 二 two")).to_have_count(0)
