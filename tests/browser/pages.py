"""The pages of the studio as their visitors use them: what is found by role and name, and how a thing is done there."""

import re
from base64 import b64encode
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import Locator, expect

from browser.visitor import Visitor
from browser.words import pattern

WAIT_MS = 120_000
"""For pictures and jobs, on two cores."""
_CARRIED = """files => {
  const carried = new DataTransfer();
  for (const [name, content] of files)
    carried.items.add(new File([Uint8Array.from(atob(content), (one) => one.charCodeAt(0))], name));
  return carried;
}"""


class Home:
    """The first page."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor
        visitor.goto("/")

    def new_dataset(self, name: str) -> "Dataset":
        """Begin a dataset, as somebody new does."""
        self.visitor.press("dataset.new")
        dialog = self.visitor.dialog("dataset.new")
        self.visitor.field("dataset.name", dialog).fill(name)
        self.visitor.press("dataset.create", dialog)
        self.visitor.page.wait_for_url("**/datasets/*")
        return Dataset(self.visitor)


class Dataset:
    """A dataset's page, which is open."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor
        self.page = visitor.page

    @property
    def tiles(self) -> Locator:
        """The pictures of the grid that are drawn, by the boxes that choose them."""
        return self.page.get_by_role("checkbox", name=pattern(self.visitor.language, "dataset.select"))

    def open(self, name: str) -> Locator:
        """Open a picture; its dialog."""
        self.page.get_by_role("button", name=name).first.click()
        dialog = self.page.get_by_role("dialog", name=name)
        expect(dialog).to_be_visible()
        return dialog

    def upload(self, files: Sequence[Path]) -> None:
        """Choose files, and wait until all are in."""
        with self.page.expect_file_chooser() as chooser:
            self.visitor.press("upload.files")
        chooser.value.set_files(list(files))
        self.visitor.sees(self.visitor.word("upload.progress", done=len(files), count=len(files)))
        self.visitor.press("upload.clear")

    def drop(self, files: dict[str, bytes]) -> None:
        """Drop files on the page, by their names."""
        encoded = [[name, b64encode(content).decode()] for name, content in files.items()]
        carried = self.page.evaluate_handle(_CARRIED, encoded)
        self.page.locator("html").dispatch_event("dragenter", {"dataTransfer": carried})
        zone = self.page.locator(".mantine-Dropzone-root")
        for event in ("dragenter", "dragover", "drop"):
            zone.dispatch_event(event, {"dataTransfer": carried})

    def crop(self) -> None:
        """Crop all pictures around their subject, and wait for it."""
        self.visitor.press("batch.crop")
        self.visitor.press("crop.start", self.visitor.dialog("crop.title"))
        self.wait_for_jobs("crop")

    def tag(self, trigger: str = "") -> None:
        """Tag all pictures, and wait for it: by a job, or at once if the tagger has seen them before."""
        self.visitor.press("batch.tag")
        dialog = self.visitor.dialog("tagging.title")
        self.visitor.field("tagging.trigger", dialog).fill(trigger)
        self.visitor.press("tagging.start", dialog)
        expect(dialog).to_have_count(0)
        untagged = self.page.get_by_text(pattern(self.visitor.language, "dataset.untaggedCount"))
        expect(untagged).to_have_count(0, timeout=120_000)
        expect(self.page.get_by_text(f"{self.visitor.word('job.kind.tag')}: ")).to_have_count(0)

    def wait_for_jobs(self, kind: str) -> None:
        """Wait until a job of this dataset has been shown and is over."""
        line = self.page.get_by_text(f"{self.visitor.word(f'job.kind.{kind}')}: ")
        expect(line.first).to_be_visible()
        expect(line).to_have_count(0, timeout=180_000)

    def set_trigger(self, word: str) -> None:
        """Set the trigger word among the tags."""
        self.visitor.tab("dataset.tabTags")
        field = self.visitor.field("dataset.trigger")
        field.fill(word)
        self.visitor.press("common.apply")
        expect(self.visitor.button("common.apply")).to_be_disabled()

    def train(self) -> "Train":
        """Go on to a training of it."""
        self.visitor.press("dataset.train")
        self.page.wait_for_url("**/train?dataset=*")
        return Train(self.visitor)


class Train:
    """The page of a new training, which is open."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor
        self.page = visitor.page

    def number(self, key: str) -> Locator:
        """A field for a number."""
        return self.visitor.field(key)

    def fill(self, name: str, *, repeats: int, epochs: int, prompts: Sequence[str] = ()) -> None:
        """What basic mode asks for."""
        self.visitor.field("train.name").fill(name)
        self.number("train.repeats").fill(str(repeats))
        self.number("train.epochs").fill(str(epochs))
        for index, prompt in enumerate(prompts):
            self.visitor.press("train.promptAdd")
            self.page.get_by_label(f"{self.visitor.word('train.prompts')} {index + 1}").fill(prompt)

    def expect_steps(self, count: int) -> None:
        """Wait until the plan says so many steps."""
        self.visitor.sees(self.visitor.word("train.stepsOf", count=count))

    def start(self) -> "Run":
        """Start it."""
        self.visitor.press("train.start")
        self.page.wait_for_url("**/runs/*")
        return Run(self.visitor)


class Run:
    """A training's page, which is open."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor
        self.page = visitor.page

    @property
    def id(self) -> str:
        """Its id, read off the address."""
        return self.page.url.rpartition("/runs/")[2].partition("?")[0]

    @classmethod
    def of(cls, visitor: Visitor, run_id: str) -> "Run":
        """Open a training's page by its address."""
        visitor.goto(f"/runs/{run_id}")
        return cls(visitor)

    def expect_state(self, state: str, seconds: float = 180) -> None:
        """Wait until its badge says so."""
        badge = self.page.get_by_text(self.visitor.word(f"job.state.{state}"), exact=True)
        expect(badge.first).to_be_visible(timeout=seconds * 1000)

    def expect_checkpoint(self, seconds: float = 180) -> None:
        """Wait until there is a LoRA file, so that it can go on from there."""
        self.downloads.first.wait_for(timeout=seconds * 1000)

    @property
    def downloads(self) -> Locator:
        """Links to the LoRA files, the newest first."""
        return self.page.get_by_role("link", name=re.compile(f"^{self.visitor.word('run.download')}: "))

    def star(self, epoch: int) -> Locator:
        """The button among the files that chooses an epoch as the best."""
        name = f"{self.visitor.word('run.pick')}: {self.visitor.word('run.epochN', epoch=epoch)}"
        return self.page.get_by_role("button", name=name, exact=True).first

    def extend(self, epochs: int) -> None:
        """Let it go on for longer."""
        self.visitor.press("run.extend")
        self.page.get_by_role("textbox", name=self.visitor.word("run.extendBy")).fill(str(epochs))
        self.visitor.button("run.extend").last.click()

    def preview(self, row: str, prompt: str) -> Locator:
        """A preview by the name of its row and its prompt."""
        return self.page.get_by_role("button", name=f"{row}: {prompt}", exact=True)

    def expect_drawn(self, row: str, prompt: str, seconds: float = 180) -> None:
        """Wait until a preview is there and its picture is shown."""
        picture = self.preview(row, prompt).locator("img")
        picture.scroll_into_view_if_needed(timeout=seconds * 1000)
        expect(picture).to_have_js_property("complete", True)
        assert picture.evaluate("image => image.naturalWidth") > 0

    def download(self, folder: Path, index: int = 0) -> Path:
        """Download a LoRA file, the newest first."""
        return self.visitor.download(self.downloads.nth(index), folder)

    def publish(self, file: str, name: str) -> "Model":
        """Publish one of its LoRA files with the previews that are proposed."""
        self.page.get_by_role("button", name=f"{self.visitor.word('common.more')}: {file}").click()
        self.page.get_by_role("menuitem", name=self.visitor.word("run.publish"), exact=True).click()
        self.visitor.field("model.name").fill(name)
        self.visitor.press("model.publish")
        self.page.wait_for_url(re.compile("/models/[0-9a-f]+$"))
        return Model(self.visitor)

    def again(self) -> "Train":
        """Begin another training with its settings."""
        self.visitor.press("run.again")
        self.page.wait_for_url("**/train?*")
        return Train(self.visitor)


class Model:
    """A model's page, which is open."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor
        self.page = visitor.page

    def download(self, folder: Path) -> Path:
        """Download its file."""
        return self.visitor.download(self.page.get_by_role("link", name=self.visitor.word("model.download")), folder)

    def try_out(self) -> "Workbench":
        """Try it in the workbench."""
        self.page.get_by_role("link", name=self.visitor.word("model.try"), exact=True).click()
        self.page.wait_for_url(re.compile("/workbench"))
        return Workbench(self.visitor)


class Workbench:
    """The workbench, which is open."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor
        self.page = visitor.page

    @classmethod
    def at(cls, visitor: Visitor, search: str = "") -> "Workbench":
        """Open it by its address."""
        visitor.goto(f"/workbench{search}")
        return cls(visitor)

    @property
    def drawn(self) -> Locator:
        """Pictures that are there, small."""
        return self.page.locator("#main button:has(img)")

    def number(self, key: str, **values: object) -> Locator:
        """A field for a number."""
        return self.page.get_by_role("textbox", name=self.visitor.word(key, **values), exact=True)

    def pick(self, key: str, option: str) -> None:
        """Choose from a list, both by key."""
        self.page.get_by_role("combobox", name=self.visitor.word(key), exact=True).click()
        self.page.get_by_role("option", name=self.visitor.word(option), exact=True).click()

    def add(self, name: str) -> None:
        """Put a run's or a model's LoRA on the stack."""
        self.visitor.press("workbench.add")
        self.page.get_by_role("menuitem", name=name, exact=True).click()

    def draw(self, count: int) -> str:
        """Draw, and wait until all are there; the drawing's id."""
        self.visitor.press("workbench.drawCount", count=count)
        self.page.wait_for_url("**/workbench?drawing=*")
        done = self.visitor.word("workbench.progress", done=count, total=count)
        self.page.get_by_text(done).first.wait_for(timeout=WAIT_MS)
        return re.search("drawing=(?:%22)?([0-9a-f]+)", self.page.url)[1]  # quoted if it could be a number


class Queue:
    """The queue's page."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor
        self.page = visitor.page
        visitor.goto("/queue")

    def line(self, name: str) -> Locator:
        """The line of a training."""
        link = self.page.get_by_role("link", name=name, exact=True)
        return self.page.get_by_role("listitem").filter(has=link)

    def expect_order(self, heading: str, names: Sequence[str]) -> None:
        """Wait until the jobs under a heading, by key, are these."""
        title = self.page.get_by_role("region", name=self.visitor.word(heading), exact=True)
        expect(title.get_by_role("link")).to_have_text(list(names))

    def do(self, name: str, action: str) -> None:
        """Choose what is to be done with a training, by key."""
        label = f"{self.visitor.word(action)}: {name}"
        self.line(name).get_by_role("button", name=label, exact=True).click()
