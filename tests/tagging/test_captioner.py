"""Sentences by models that have learnt to name a picture's colour: asked in a chat, or going on by themselves."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from danlu.datasets.history import undo
from danlu.datasets.manifest import ConceptFacts, read_manifest, update_manifest
from danlu.kit.errors import UserError
from danlu.tagging.captioner import QUESTION, Captioner, find_captioner
from danlu.tagging.kinds.wd14 import WD14
from danlu.tagging.options import TagOptions
from danlu.tagging.tag import tag_dataset
from tiny_captioners import make_blip, make_qwen, picture


@pytest.fixture(scope="module")
def blip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_blip(tmp_path_factory.mktemp("描述 models") / "blip")


@pytest.fixture(scope="module")
def qwen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_qwen(tmp_path_factory.mktemp("描述 models") / "qwen", [QUESTION, "What colour?"])


def make_dataset(root: Path, colours: Sequence[str]) -> Path:
    root.mkdir(parents=True)
    for number, colour in enumerate(colours):
        one = picture(colour)
        one.putpixel((0, 0), (number, number, number))  # each file is its own
        one.save(root / f"{number}.png")
    return root


class Counting(Captioner):
    """Counts the pictures that the model is run on, and breaks off before a certain batch."""

    breaks_at = 99

    def __init__(self, folder: Path, prompt: str | None = None) -> None:
        super().__init__(folder, prompt)
        self.runs: list[int] = []

    def run(self, prepared: Sequence[Image.Image]) -> list[str]:
        if len(self.runs) == self.breaks_at:
            raise KeyboardInterrupt
        self.runs.append(len(prepared))
        return super().run(prepared)


@pytest.mark.parametrize("prompt", [None, "the picture of"])
def test_a_model_that_goes_on_by_itself_or_from_a_prompt(blip: Path, prompt: str | None) -> None:
    seen = find_captioner(str(blip), prompt).run([picture("red", 60, 20), picture("blue"), picture("green", 8, 8)])
    assert seen == [f"{prompt or 'a picture of'} {colour}" for colour in ("red", "blue", "green")]


@pytest.mark.parametrize("prompt", [None, "What colour?"])
def test_a_model_that_is_asked_in_a_chat(qwen: Path, prompt: str | None) -> None:
    """Pictures of different sizes take different numbers of tokens; the question isn't part of the answer."""
    seen = find_captioner(str(qwen), prompt).run([picture("red", 64, 40), picture("blue", 24, 40), picture("green")])
    assert seen == ["red", "blue", "green"]


def test_sentences_become_captions_behind_the_trigger_word(tmp_path: Path, blip: Path) -> None:
    root = make_dataset(tmp_path / "图片 set", ["red", "blue"])
    report = tag_dataset(root, None, TagOptions(trigger="ohwx", add=["best"]), captioner=Captioner(blip))
    assert report.captions == {"0.png": "ohwx, best, a picture of red", "1.png": "ohwx, best, a picture of blue"}
    assert (root / "0.txt").read_text("utf-8") == "ohwx, best, a picture of red\n"
    undo(root)
    assert not list(root.glob("*.t*"))


def test_sentences_leave_the_recorded_traits_alone(tmp_path: Path, blip: Path) -> None:
    root = make_dataset(tmp_path / "set", ["red"])
    update_manifest(root, concepts={"set": ConceptFacts(trigger="ohwx", traits=("red hair",))})
    report = tag_dataset(root, None, captioner=Captioner(blip))
    assert report.captions == {"0.png": "ohwx, a picture of red"}
    assert read_manifest(root).concepts["set"].traits == ("red hair",)


def test_tags_follow_the_sentence(tmp_path: Path, blip: Path, tagger_folder: Path) -> None:
    root = make_dataset(tmp_path / "set", ["red", "blue"])
    tagger, captioner = WD14(path=tagger_folder), Captioner(blip)
    report = tag_dataset(root, tagger, captioner=captioner)
    assert report.captions["1.png"] == "a picture of blue, blue hair, solo, ^_^"
    again = tag_dataset(root, tagger, TagOptions(existing="append"), captioner=captioner)
    assert (again.captions, again.written) == (report.captions, False)


def test_an_interruption_loses_a_batch_and_nothing_is_said_twice(tmp_path: Path, blip: Path) -> None:
    root = make_dataset(tmp_path / "set", ["red", "blue", "green"] * 3)
    broken = Counting(blip)
    broken.breaks_at = 1
    with pytest.raises(KeyboardInterrupt):
        tag_dataset(root, None, captioner=broken)
    assert (broken.runs, list(root.glob("*.txt"))) == ([4], [])
    going_on, again = Counting(blip), Counting(blip)
    report = tag_dataset(root, None, captioner=going_on)
    assert (going_on.runs, report.computed, len(report.captions)) == ([4, 1], 5, 9)
    assert tag_dataset(root, None, captioner=again).captions == report.captions
    assert again.runs == []


def test_another_prompt_or_model_is_asked_anew(tmp_path: Path, blip: Path) -> None:
    keys = {Captioner(blip).key, Captioner(blip, "the picture of").key, Captioner(blip, "a").key}
    assert len(keys) == 3
    copy = tmp_path / "copy"
    copy.mkdir()
    for file in blip.iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    assert Captioner(copy).key in keys
    (copy / "config.json").write_text((copy / "config.json").read_text() + "\n")
    assert Captioner(copy).key not in keys


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (TagOptions(threshold=0.5), "--threshold is about tags"),
        (TagOptions(exclude=["a"]), "--exclude is about tags"),
        (TagOptions(replace={"a": "b"}), "--replace is about tags"),
        (TagOptions(absorb=False), "--keep-all is about tags"),
    ],
)
def test_options_of_tags_are_refused_without_a_tagger(
    tmp_path: Path, blip: Path, options: TagOptions, told: str
) -> None:
    with pytest.raises(UserError, match=told):
        tag_dataset(make_dataset(tmp_path / "set", ["red"]), None, options, captioner=Captioner(blip))


def test_what_is_no_captioner_is_told(tmp_path: Path, blip: Path) -> None:
    with pytest.raises(UserError, match="danlu download owner/name"):
        find_captioner("owner/name")
    with pytest.raises(UserError, match="isn't on this machine"):
        find_captioner(str(tmp_path / "no" / "where"))
    with pytest.raises(UserError, match="is no captioner"):
        find_captioner(str(tmp_path))
    (tmp_path / "config.json").write_text((blip / "config.json").read_text())
    (tmp_path / "pytorch_model.bin").write_bytes(b"pickle")
    with pytest.raises(UserError, match="pickles"):
        find_captioner(str(tmp_path))


@pytest.mark.parametrize("change", [{"model_type": "bert"}, {"model_type": "nothing"}, {"text_config": 5}])
def test_a_model_that_cant_be_loaded_is_told(tmp_path: Path, blip: Path, change: dict[str, Any]) -> None:
    for file in blip.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    config = json.loads((blip / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps(config | change))
    with pytest.raises(UserError, match="can't be loaded as a captioner"):
        find_captioner(str(tmp_path)).run([picture("red")])


def test_large_pictures_are_shown_smaller(blip: Path) -> None:
    large = Image.new("RGB", (4000, 1000))
    assert Captioner(blip).prepare(large).size == (1536, 384)
    assert large.size == (4000, 1000)
