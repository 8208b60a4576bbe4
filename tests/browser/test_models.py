"""Models in the browser, in both languages: an epoch is published with its pictures, found, edited, downloaded, taken
back; a LoRA made elsewhere is brought in. And the settings: a folder that isn't there, the clean-up.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from browser.filling import samples
from browser.pages import Run
from browser.studio import RunningStudio, studio_at
from browser.visitor import Visit, Visitor
from browser.words import Language
from danlu.kit.places import EMBEDDED_BASE
from danlu.store.database import open_database
from danlu.store.folder import StudioFolder
from danlu.weights.headers import read_header
from studio_runs import Place, finished_run


@pytest.fixture
def studio(browser: Browser, tmp_path: Path) -> Iterator[RunningStudio]:
    """A studio with a finished training of two epochs."""
    place = StudioFolder(tmp_path / "丹炉 studio")
    database = open_database(place.database)
    finished_run(Place(place, database), EMBEDDED_BASE)
    database.close()
    with studio_at(place.root) as running:
        yield running


@pytest.fixture
def run(studio: RunningStudio) -> str:
    """The id of its training."""
    return studio.api("GET", "/runs")[0]["id"]


def download(visitor: Visitor, folder: Path) -> Path:
    with visitor.page.expect_download() as started:
        visitor.page.get_by_role("link", name=visitor.word("model.download")).click()
    file = folder / started.value.suggested_filename
    started.value.save_as(file)
    return file


def test_an_epoch_becomes_a_model(
    studio: RunningStudio, visit: Visit, language: Language, run: str, tmp_path: Path
) -> None:
    visitor = visit(studio, language)
    page = visitor.page
    Run.of(visitor, run)
    page.get_by_role("button", name=f"{visitor.word('common.more')}: mei-000001.safetensors").click()
    page.get_by_role("menuitem", name=visitor.word("run.publish"), exact=True).click()
    first = f"{visitor.word('run.epochN', epoch=1)} · mei-000001.safetensors"
    expect(page.get_by_role("combobox", name=visitor.word("model.epoch"))).to_have_value(first)
    expect(page.get_by_text("mei", exact=True).first).to_be_visible()
    show = page.get_by_role("button", name=visitor.word("model.choose", prompt="mei, smile 1"))
    show.click()
    expect(visitor.button("model.publish")).to_be_disabled()
    visitor.sees_word("model.needsPicture")
    show.click()
    visitor.field("model.name").fill("小丹 / Danlu: 1")
    visitor.field("model.description").fill("A drawn hero.")
    page.get_by_role("radio", name=visitor.word("model.privacy.minimal")).check()
    visitor.press("model.publish")
    page.wait_for_url("**/models/*")
    visitor.sees("Only for danlu-mini" if language == "en" else "仅适用于内置的教学底模 danlu-mini")
    model = studio.api("GET", "/models")["models"][0]
    told = studio.api("GET", f"/models/{model['id']}")
    visitor.sees(told["sha256"])
    file = download(visitor, tmp_path)
    assert file.name == "小丹-Danlu-1.safetensors"
    assert hashlib.sha256(file.read_bytes()).hexdigest() == told["sha256"]
    assert "danlu_recipe" not in read_header(file).metadata
    visitor.press("model.edit")
    dialog = visitor.dialog("model.edit")
    visitor.field("model.name", dialog).fill("Hero")
    visitor.press("common.save", dialog)
    expect(page.get_by_role("heading", name="Hero")).to_be_visible()
    visitor.press("model.unpublish")
    visitor.press("model.unpublish", visitor.dialog("model.unpublish"))
    page.wait_for_url("**/models")
    visitor.sees_word("model.none")
    assert studio.api("GET", f"/runs/{run}")["name"] == "梅 Mei"


def test_a_lora_is_brought_in_and_found(
    studio: RunningStudio, visit: Visit, language: Language, run: str, tmp_path: Path
) -> None:
    visitor = visit(studio, language)
    page = visitor.page
    file = Run.of(visitor, run).download(tmp_path)
    file = file.rename(tmp_path / "别处 elsewhere.safetensors")
    visitor.goto("/models")
    with page.expect_file_chooser() as chooser:
        visitor.press("model.import")
    chooser.value.set_files(file)
    page.wait_for_url("**/models/*")
    visitor.sees_word("model.source.imported")
    visitor.press("model.edit")
    dialog = visitor.dialog("model.edit")
    with page.expect_file_chooser() as chooser:
        visitor.press("model.upload", dialog)
    chooser.value.set_files(samples()[0])
    visitor.sees_word("model.cover", dialog)
    dialog.get_by_role("switch").check()
    visitor.press("common.save", dialog)
    expect(dialog).to_have_count(0)
    visitor.goto("/models?find=elsewhere")
    expect(page.get_by_role("link", name="别处 elsewhere")).to_be_visible()
    page.get_by_role("searchbox").fill("nothing like it")
    visitor.sees_word("model.notFound")
    (model,) = studio.api("GET", "/models")["models"]
    assert model["listed"] and model["pictures"] == 1


def test_settings(studio: RunningStudio, visit: Visit, language: Language, run: str, tmp_path: Path) -> None:
    visitor = visit(studio, language)
    page = visitor.page
    visitor.goto("/settings")
    folder = page.get_by_role("textbox", name=visitor.word("settings.bases"))
    with visitor.expecting_trouble():  # the refusal is an answer of 422
        folder.fill(str(tmp_path / "没有"))
        folder.press("Enter")
        visitor.sees("没有")
        expect(folder).to_have_attribute("aria-invalid", "true")
    broken = tmp_path / "bases" / "broken"
    broken.mkdir(parents=True)
    (broken / "model_index.json").write_text("{}")
    folder.fill(str(broken.parent))
    folder.press("Enter")
    visitor.sees("unet/")
    state = next((studio.folder / "runs").glob("*/checkpoints/state/training.pt"))
    page.get_by_role("combobox", name=visitor.word("settings.older")).click()
    page.get_by_role("option", name=visitor.word("settings.anyAge")).click()
    visitor.sees("梅 Mei")
    page.get_by_role("checkbox", name=visitor.word("settings.clean.states"), exact=True).check()
    page.get_by_role("button", name=visitor.word("settings.clean")).last.click()
    assert state.exists()
    visitor.press("settings.clean", visitor.dialog("settings.clean"))
    visitor.sees_word("settings.freed")
    assert not state.exists()
