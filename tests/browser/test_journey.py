"""The whole way in the browser, in both languages: pictures in, cropped, tagged, trained, watched, taken home."""

from pathlib import Path

from playwright.sync_api import expect
from safetensors import safe_open

from browser.pages import Home
from browser.studio import RunningStudio
from browser.visitor import Visit
from browser.words import Language
from danlu.kit.places import data_folder

SAMPLES = sorted((data_folder() / "samples" / "character").glob("*.png"))
TRIGGER = "danluhero"


def test_from_pictures_to_a_lora(studio: RunningStudio, visit: Visit, language: Language, tmp_path: Path) -> None:
    visitor = visit(studio, language)
    dataset = Home(visitor).new_dataset("小丹 Danlu")
    dataset.upload(SAMPLES)
    expect(dataset.tiles).to_have_count(len(SAMPLES))
    dataset.crop()
    dataset.tag()
    dataset.set_trigger(TRIGGER)
    train = dataset.train()
    train.fill("第一个", repeats=1, epochs=2, prompts=[TRIGGER])
    train.expect_steps(6)
    run = train.start()
    run.expect_drawn(visitor.word("run.base"), TRIGGER)
    run.expect_drawn(visitor.word("run.epochN", epoch=2), TRIGGER)
    run.expect_state("succeeded")
    lora = run.download(tmp_path)
    assert lora.name == "第一个.safetensors"
    with safe_open(lora, "pt") as file:
        assert any(name.startswith("lora_unet_") for name in file.keys())  # noqa: SIM118 -- safetensors' own object
        assert TRIGGER in file.metadata()["ss_tag_frequency"]
