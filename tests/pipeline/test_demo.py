"""The demo on the tiny base and a tiny tagger: every stage, then nothing twice, then what was interrupted."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from danlu.evaluation.report import EvaluationSettings
from danlu.kit import places
from danlu.kit.errors import UserError
from danlu.kit.language import Text
from danlu.pipeline.demo import TRIGGER, Demo, play_demo
from danlu.pipeline.plan import Plan
from danlu.rundir.events import AnyEvent, Step
from danlu.rundir.journal import Listener
from tiny_tagger import make_tagger

SETTINGS = EvaluationSettings(seeds=4, screening=2, steps=2)


@pytest.fixture
def small_data(tmp_path: Path, base_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The package's data folder with the tiny base and tagger in place of the embedded ones."""
    real = places.data_folder()
    data = tmp_path / "danlu" / "data"
    data.mkdir(parents=True)
    (data / "danlu-mini").symlink_to(base_folder)
    for whole in ("samples", "blazeface", "danlu-mini-faces"):
        (data / whole).symlink_to(real / whole)
    (data / "presets").mkdir()
    for path in (real / "presets").glob("*.toml"):
        (data / "presets" / path.name).write_text(path.read_text("utf-8"), "utf-8")
    short = '[dataset]\nrepeats = 1\n[training]\nlength = "2 epochs"\nbatch_size = 6\n[previews]\nsteps = 1\n'
    (data / "presets" / "danlu-mini.toml").write_text(short)
    make_tagger(data / "danlu-mini-tagger")
    monkeypatch.setattr(places, "__file__", str(data.parent / "kit" / "places.py"))
    return data


class Witness:
    """Hears what a demo says and counts what it does."""

    def __init__(self) -> None:
        self.said: list[Text] = []
        self.steps = 0

    def demo(self, root: Path) -> Demo:
        return Demo(root, self.said.append, lambda _text: lambda _done, _total: None, self.watching, SETTINGS)

    @contextmanager
    def watching(self) -> Iterator[Listener]:
        yield self.hear

    def hear(self, event: AnyEvent) -> None:
        self.steps += isinstance(event, Step)


def contents(folder: Path) -> dict[str, float]:
    return {
        path.as_posix(): path.stat().st_mtime
        for path in folder.rglob("*")
        if path.is_file() and path.name != "report.html"
    }


def test_the_whole_way_once_and_nothing_twice(small_data: Path, tmp_path: Path) -> None:
    root, first, second = tmp_path / "演示 demo", Witness(), Witness()
    before = contents(small_data)
    report = play_demo(first.demo(root))
    assert report is not None and report.concept.trigger == TRIGGER and first.steps > 0
    assert {path.name for path in root.iterdir()} == {"dataset", "crops.png", "recipe.toml", "run"}
    pictures = sorted(path.stem for path in (root / "dataset").glob("*.png"))
    assert pictures == sorted(path.stem for path in (root / "dataset").glob("*.txt"))
    assert all(path.read_text("utf-8").startswith(TRIGGER) for path in (root / "dataset").glob("*.txt"))
    page = (root / "run" / "report.html").read_text("utf-8")
    assert "Evaluation" in page and f"{report.best_epoch} ★" in page

    made = contents(root)
    again = play_demo(second.demo(root))
    assert again == report and second.steps == 0
    assert contents(root) == made and contents(small_data) == before
    assert all("there" in text.en or "finished" in text.en for text in second.said)
    assert [text.zh[0] for text in second.said] == ["1", "2", "3", "4", "5", "6"]


def test_an_interrupted_training_goes_on(small_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root, first, second = tmp_path / "demo", Witness(), Witness()
    demo, hear = first.demo(root), first.hear

    def stop_at_once(event: AnyEvent) -> None:
        if isinstance(event, Step):
            demo.run.request("stop").parent.mkdir(exist_ok=True)
            demo.run.request("stop").touch()
        hear(event)

    monkeypatch.setattr(first, "hear", stop_at_once)
    assert play_demo(demo) is None and first.steps == 1
    report = play_demo(second.demo(root))
    plan = Plan.model_validate_json(demo.run.plan.read_text("utf-8"))
    assert report is not None and first.steps + second.steps == plan.total_steps


def test_a_folder_with_other_things_is_left_alone(small_data: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("…")
    with pytest.raises(UserError, match="other things"):
        play_demo(Witness().demo(tmp_path / "mine"))
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["thesis.txt"]
