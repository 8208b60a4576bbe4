"""Every page of the web app as a list: what axe looks at, and what `make screenshots` takes. A new page is one line."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from browser.pages import Dataset, Train
from browser.visitor import Visitor

Ids = dict[str, str]
"""What a filled studio holds, by the names of `filling.fill`."""
Doing = Callable[[Visitor], Any]


@dataclass(frozen=True)
class View:
    """A page in a state that is worth looking at."""

    name: str
    path: str
    """Its address; braces are filled with ids."""
    shows: str
    """Key of a text by which one sees that it is there."""
    then: Doing | None = None
    """What is done there before one looks."""
    empty: bool = False
    """Looked at in a studio that holds nothing."""

    def open(self, visitor: Visitor, ids: Ids) -> None:
        """Go there, and wait until it stands still."""
        visitor.goto(self.path.format(**ids))
        visitor.sees_word(self.shows)
        if self.then:
            self.then(visitor)
        visitor.settle()


def _picture(visitor: Visitor) -> None:
    Dataset(visitor).open("01.png")


def _seen(visitor: Visitor) -> None:
    _picture(visitor)
    visitor.press("seen.title")
    visitor.sees_word("seen.captions")


def _regularization(visitor: Visitor) -> None:
    visitor.choose("common.more", "regularization.title")


def _chosen(visitor: Visitor) -> None:
    tiles = Dataset(visitor).tiles
    tiles.nth(0).check()
    tiles.nth(1).check()


def _plan(visitor: Visitor) -> None:
    Train(visitor).fill("小丹", repeats=10, epochs=5, prompts=["danluhero, smile"])
    Train(visitor).expect_steps(105)


def _plan_known(visitor: Visitor) -> None:
    visitor.sees_word("train.memory")


def _changed(visitor: Visitor) -> None:
    visitor.page.locator('[id="setting-training.batch_size"]').fill("2")
    visitor.sees_word("setting.was")


def _kohya(visitor: Visitor) -> None:
    visitor.press("kohya.open")
    dialog = visitor.dialog("kohya.title")
    visitor.field("kohya.paste", dialog).fill('{"network_dim": 16, "xformers": true, "colour_of_the_sky": "blue"}')
    visitor.press("kohya.read", dialog)
    visitor.sees_word("kohya.carried", dialog)


def _preview(visitor: Visitor) -> None:
    visitor.page.get_by_role("button", name=f"{visitor.word('run.base')}: ").first.click()
    visitor.page.get_by_role("dialog").wait_for()


def _slider(visitor: Visitor) -> None:
    visitor.page.get_by_role("slider", name=visitor.word("preview.slider")).wait_for()


def _parameters(visitor: Visitor) -> None:
    visitor.press("run.parameters")


def _drawn(visitor: Visitor) -> None:
    visitor.page.get_by_role("table").get_by_role("button").first.click()
    visitor.sees_word("workbench.copy")


def press(key: str) -> Doing:
    """Press a button."""
    return lambda visitor: visitor.press(key)


def choose(menu: str, item: str) -> Doing:
    """Choose from a menu."""
    return lambda visitor: visitor.choose(menu, item)


VIEWS = (
    View("home-empty", "/", "home.welcome", empty=True),
    View("home", "/", "home.datasets"),
    View("home-new", "/", "home.datasets", press("dataset.new")),
    View("dataset-empty", "/datasets/{empty}", "upload.hint"),
    View("dataset", "/datasets/{dataset}", "batch.crop"),
    View("dataset-chosen", "/datasets/{dataset}", "batch.crop", _chosen),
    View("dataset-untagged", "/datasets/{untagged}", "batch.crop"),
    View("dataset-crop", "/datasets/{dataset}", "batch.crop", press("batch.crop")),
    View("dataset-tagging", "/datasets/{dataset}", "batch.tag", press("batch.tag")),
    View("dataset-change-tags", "/datasets/{dataset}", "batch.change", press("batch.change")),
    View("dataset-repeats", "/datasets/{dataset}", "batch.repeats", press("batch.repeats")),
    View("dataset-regularization", "/datasets/{dataset}", "batch.crop", _regularization),
    View("dataset-seen", "/datasets/{dataset}", "batch.crop", _seen),
    View("dataset-picture", "/datasets/{dataset}", "batch.crop", _picture),
    View("dataset-delete", "/datasets/{dataset}", "batch.crop", choose("common.more", "dataset.delete")),
    View("dataset-tags", "/datasets/{dataset}?tab=tags", "tag.count"),
    View("dataset-health", "/datasets/{untagged}?tab=health", "dataset.tabHealth"),
    View("train-empty", "/train", "train.noDataset"),
    View("train", "/train?dataset={dataset}", "train.plan", _plan),
    View("train-professional", "/train?dataset={dataset}&mode=pro", "setting.onlyChanged", _changed),
    View("train-toml", "/train?dataset={dataset}&mode=toml", "toml.hint", _plan_known),
    View("train-kohya", "/train?dataset={dataset}&mode=pro", "setting.onlyChanged", _kohya),
    View("train-again", "/train?dataset={dataset}&run={finished}", "train.again", _plan_known),
    View("run", "/runs/{finished}", "run.previews"),
    View("run-parameters", "/runs/{finished}", "run.previews", _parameters),
    View("run-preview", "/runs/{finished}", "run.previews", _preview),
    View("run-slider", "/runs/{finished}?picture=1-0&beside=r0", "run.previews", _slider),
    View("run-log", "/runs/{finished}?log=true", "run.log"),
    View("run-judge", "/runs/{finished}", "judge.help", press("judge.do")),
    View("compare", "/compare?runs={finished},{stopped}", "compare.figures"),
    View("compare-empty", "/compare", "compare.empty"),
    View("run-going-on", "/runs/{running}", "run.saveNow"),
    View("run-waiting", "/runs/{waiting}", "run.waiting"),
    View("run-stopped", "/runs/{stopped}", "run.resume"),
    View("workbench-empty", "/workbench", "workbench.empty", empty=True),
    View("workbench", "/workbench?drawing={drawing}", "workbench.history"),
    View("workbench-grid", "/workbench?drawing={drawing}", "workbench.history", press("workbench.reuse")),
    View("workbench-try", "/workbench?run={finished}", "workbench.stackHint"),
    View("workbench-picture", "/workbench?drawing={drawing}", "workbench.history", _drawn),
    View("queue-empty", "/queue", "queue.empty", empty=True),
    View("queue", "/queue", "queue.now"),
    View("models-empty", "/models", "model.none", empty=True),
    View("models", "/models", "model.intro"),
    View("publish", "/models/publish?run={finished}", "model.privacy"),
    View("model", "/models/{model}", "model.facts"),
    View("model-edit", "/models/{model}", "model.facts", press("model.edit")),
    View("settings", "/settings", "settings.cleanHint"),
    View("lost", "/queue/nowhere", "problem.lost"),
)
