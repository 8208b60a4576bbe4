"""Regularization pictures drawn by the base: as many as asked for, resumable, trained on as such."""

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from danlu.cli.main import run
from danlu.datasets.pictures import Size
from danlu.datasets.scan import scan_dataset
from danlu.families.find import find_base
from danlu.generation.pngtext import read_png
from danlu.generation.prompts import Prompt
from danlu.kit.errors import UserError
from danlu.pipeline.plan import make_plan
from danlu.pipeline.regularize import ClassPictures, draw_class_pictures, plan_class_pictures
from small_world import make_dataset, make_recipe

PROMPT = Prompt("a (girl:1.2), {red|blue|green} hair", "", 7, Size(32, 32), 2, 3.0)


def digests(folder: Path) -> dict[str, str]:
    return {one.name: hashlib.sha256(one.read_bytes()).hexdigest() for one in sorted(folder.rglob("*.*"))}


def planned(root: Path, base: Path, count: int | None = None, prompt: Prompt = PROMPT) -> ClassPictures:
    return plan_class_pictures(scan_dataset(root), find_base(str(base)), prompt, count=count, name="girl")


def test_drawn_and_stopped_and_gone_on_with(base_folder: Path, tmp_path: Path) -> None:
    found = find_base(str(base_folder))
    whole, parts = (make_dataset(tmp_path / name, pictures=3) for name in ("a", "b"))
    assert draw_class_pictures(planned(whole, base_folder), found) == 6  # three pictures, two repeats

    def stop(done: int, total: int) -> None:
        if done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        draw_class_pictures(planned(parts, base_folder), found, on_picture=stop)
    again = planned(parts, base_folder)
    assert len(again.drawn) == 4
    again.path(0).with_suffix(".txt").unlink()
    assert draw_class_pictures(again, found) == 2
    assert digests(parts / "reg") == digests(whole / "reg")
    assert draw_class_pictures(planned(parts, base_folder, 5), found) == 0


def test_they_are_regularization_with_captions_and_parameters(base_folder: Path, tmp_path: Path) -> None:
    root = make_dataset(tmp_path / "d", pictures=3)
    before = digests(root)
    plan = planned(root, base_folder)
    draw_class_pictures(plan, find_base(str(base_folder)))
    dataset = scan_dataset(root)
    drawn = [one for one in dataset.pictures if dataset.concepts[one.concept].regularization]
    assert {dataset.concepts[one.concept].name for one in drawn} == {"girl"} and len(drawn) == 6
    assert {one.caption for one in drawn} == {f"a girl, {colour} hair" for colour in ("red", "blue", "green")}
    told = read_png(plan.path(1))
    assert (told.prompt, told.extra) == (plan.prompts[1], {"Model": base_folder.name})
    assert [prompt.seed for prompt in plan.prompts] == list(range(7, 13))
    made = make_plan(make_recipe(root, base_folder))
    assert made.regularization_images == plan.used == 6 and made.images_by_concept == (6, 6)
    assert {name: value for name, value in digests(root).items() if name in before} == before


def test_other_settings_are_refused(base_folder: Path, tmp_path: Path) -> None:
    root = make_dataset(tmp_path / "d", pictures=1)
    draw_class_pictures(planned(root, base_folder, 1), find_base(str(base_folder)))
    for other in (
        Prompt("another", "", 7, Size(32, 32), 2, 3.0),
        Prompt(PROMPT.text, "", 8, Size(32, 32), 2, 3.0),
        Prompt(PROMPT.text, "", 7, Size(32, 32), 3, 3.0),
    ):
        with pytest.raises(UserError, match="was drawn with another prompt"):
            planned(root, base_folder, 1, other)
    with pytest.raises(UserError, match="can't name a folder"):
        plan_class_pictures(scan_dataset(root), find_base(str(base_folder)), PROMPT, name="a/b")


def test_a_class_must_be_given(base_folder: Path, tmp_path: Path) -> None:
    root = make_dataset(tmp_path / "d", pictures=3)
    with pytest.raises(UserError, match="--prompt is empty"):
        planned(root, base_folder, prompt=replace(PROMPT, text=" "))
    assert not (root / "reg").exists()


def test_the_command(base_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = make_dataset(tmp_path / "d", pictures=2)
    line = ["dataset", "regularize", str(root), "--base", str(base_folder), "--prompt", "a girl", "--steps", "1"]
    assert run([*line, "--dry-run"]) == 0 and not (root / "reg").exists()
    assert "4 would be drawn" in capsys.readouterr().out
    assert run([*line, "--count", "1"]) == 0
    said = capsys.readouterr().out
    assert "1 drawn, 0 were there" in said and "1 regularization pictures; an epoch shows 4" in said
    assert (root / "reg" / "1_a girl" / "0001-0.txt").read_text("utf-8") == "a girl\n"
    assert run([*line, "--count", "none"]) == 2
    line[6] = "a boy --n blurry --d 18446744073709551615 --w 32 --h 64"
    assert run([*line, "--count", "2"]) == 0
    told = [read_png(path).prompt for path in sorted((root / "reg" / "1_a boy").glob("*.png"))]
    wanted = Prompt("a boy", "blurry", 2**64 - 1, Size(32, 64), 1)
    assert told == [wanted, replace(wanted, seed=0)]
    line[6] = "a boy --ar 2:3"
    assert run([*line, "--dry-run"]) == 2 and "--ar is no option" in capsys.readouterr().err
