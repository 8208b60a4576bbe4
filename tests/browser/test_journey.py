"""The whole way in the browser, in both languages: pictures in, cropped, tagged, trained, watched, an epoch picked and
published, taken home, stacked with another in the workbench, and the same trained again.
"""

from pathlib import Path

from playwright.sync_api import expect
from safetensors import safe_open

from browser.pages import Home, Run
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
    run.star(1).click()
    expect(run.star(1)).to_have_attribute("aria-pressed", "true")
    told = studio.api("GET", f"/runs/{run.id}")
    model = run.publish(told["pick"], "主角 Hero")
    for path in (lora, model.download(tmp_path)):
        with safe_open(path, "pt") as file:
            assert any(name.startswith("lora_unet_") for name in file.keys())  # noqa: SIM118 -- safetensors' own object
            assert TRIGGER in file.metadata()["ss_tag_frequency"]
    bench = model.try_out()
    expect(bench.number("workbench.weight", name="主角 Hero")).to_have_value("1")
    bench.add("第一个")
    bench.number("workbench.steps").fill("2")
    bench.number("workbench.count").fill("2")
    drawing = studio.api("GET", f"/drawings/{bench.draw(2)}")["drawing"]
    assert [one["file"].partition(":")[0] for one in drawing["adapters"]] == ["model", "run"]
    expect(bench.drawn).to_have_count(2)
    again = Run.of(visitor, told["id"]).again()
    again.expect_steps(6)
    second = again.start()
    second.expect_state("succeeded")
    assert second.id != told["id"]
    recipes = [studio.api("GET", f"/runs/{one}/recipe") for one in (told["id"], second.id)]
    assert [one["run_name"] for one in recipes] == ["第一个", "第一个 (2)"]
    assert recipes[0]["recipe"] == recipes[1]["recipe"]
