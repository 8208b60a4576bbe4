"""Professional mode in Chromium: every setting in reach, mistakes at their place, TOML, kohya, a run once more."""

import json
import re

from playwright.sync_api import Locator, expect

from browser.filling import small_dataset
from browser.pages import Train
from browser.studio import RunningStudio
from browser.visitor import Visit, Visitor
from browser.words import Language, pattern

KOHYA = {"network_dim": 4, "network_alpha": 2, "max_train_epochs": 1, "vae": "D:\\vae.pt", "unet_lr": 0.001}


class Professional:
    """The page of a new training in professional mode."""

    def __init__(self, visitor: Visitor, dataset: str) -> None:
        self.visitor = visitor
        self.page = visitor.page
        visitor.goto(f"/train?dataset={dataset}&mode=pro")
        expect(self.page.get_by_role("searchbox")).to_be_visible()

    def setting(self, key: str) -> Locator:
        """The control of a setting."""
        return self.page.locator(f'[id="setting-{key}"]')

    def look_for(self, text: str) -> None:
        """Search by keyboard alone, from wherever one is."""
        self.page.evaluate("document.activeElement.blur()")
        self.page.keyboard.press("/")
        expect(self.page.get_by_role("searchbox")).to_be_focused()
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.press("Delete")
        self.page.keyboard.type(text)

    def view(self, key: str) -> None:
        """Another view of the same recipe."""
        self.page.get_by_text(self.visitor.word(key) if "." in key else key, exact=True).click()


def test_every_setting_within_reach(studio: RunningStudio, visit: Visit, language: Language) -> None:
    visitor = visit(studio, language)
    dataset = small_dataset(studio)["id"]
    form = Professional(visitor, dataset)
    form.look_for("权重 衰减" if language == "zh" else "weight decay")
    expect(form.setting("optimizer.lr")).to_have_count(0)
    expect(form.setting("optimizer.weight_decay")).to_be_visible()
    visitor.page.keyboard.press("Enter")
    expect(form.setting("optimizer.weight_decay")).to_be_focused()
    form.setting("optimizer.weight_decay").fill("2e-2")
    form.look_for("conv_rank")
    visitor.page.get_by_role("button", name="lokr: conv_rank", exact=False).click()
    expect(form.setting("adapter.conv_rank")).to_be_visible()
    form.look_for("")
    with visitor.expecting_trouble():
        form.setting("schedule.cycles").fill("5")
        visitor.sees("cosine_with_restarts", visitor.page.get_by_role("alert"))
        visitor.page.reload()  # nothing is lost, and the mistake is still told where it is
        expect(form.setting("schedule.cycles")).to_have_value("5")
        visitor.sees("cosine_with_restarts", visitor.page.get_by_role("alert"))
        form.setting("schedule.kind").select_option("cosine_with_restarts")
        visitor.sees_word("train.memory")
    visitor.page.get_by_role("switch", name=visitor.word("setting.onlyChanged")).check()
    expect(visitor.page.locator("[data-changed]")).to_have_count(3)
    visitor.press("setting.resetOne", name="重启次数" if language == "zh" else "Restarts", value=3)
    expect(visitor.page.locator("[data-changed]")).to_have_count(2)
    form.view("train.basic")
    Train(visitor).fill("手 craft", repeats=1, epochs=2)
    form.view("TOML")
    text = visitor.field("toml.label")
    expect(text).to_have_value(re.compile('length = "2 epochs"'))
    toml = text.input_value()
    assert 'kind = "lokr"' in toml and "weight_decay = 0.02" in toml and "cycles" not in toml
    text.fill(toml.replace("weight_decay = 0.02", "weight_decay = 0.03"))
    visitor.press("toml.apply")
    form.view("train.pro")
    expect(form.setting("optimizer.weight_decay")).to_have_value("0.03")


def test_from_kohya_to_a_run_and_once_more(studio: RunningStudio, visit: Visit) -> None:
    visitor = visit(studio, "zh")
    dataset = small_dataset(studio)["id"]
    form = Professional(visitor, dataset)
    visitor.press("kohya.open")
    dialog = visitor.dialog("kohya.title")
    visitor.field("kohya.paste", dialog).fill(json.dumps(KOHYA))
    visitor.press("kohya.read", dialog)
    visitor.sees_word("kohya.dropped", dialog)
    visitor.press("kohya.use", dialog)
    expect(form.setting("adapter.rank")).to_have_value("4")
    visitor.field("train.name").fill("一次 once")
    visitor.button("train.start").dblclick()
    visitor.page.wait_for_url("**/runs/*")
    (job,) = studio.api("GET", "/jobs")["jobs"]
    recipe = studio.api("GET", f"/runs/{job['run_id']}/recipe")["recipe"]
    assert (recipe["name"], recipe["adapter"]["alpha"], recipe["optimizer"]["lr"]) == ("一次 once", 2, 1e-3)
    assert studio.ended(job["id"])["state"] == "succeeded"
    visitor.press("run.again")
    visitor.sees_word("train.again")
    visitor.field("train.epochs").fill("2")
    change = visitor.page.get_by_role("button", name=pattern("zh", "train.changes"))
    expect(change).to_contain_text("一次 once")
    change.click()
    visitor.sees("training.length")
    visitor.press("train.start")
    visitor.page.wait_for_url(lambda url: "/runs/" in url and job["run_id"] not in url)
    second = studio.api("GET", "/jobs")["jobs"][0]
    again = studio.api("GET", f"/runs/{second['run_id']}/recipe")["recipe"]
    assert again["training"]["length"] == "2 epochs" and again["adapter"] == recipe["adapter"]
