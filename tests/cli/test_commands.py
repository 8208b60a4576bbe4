"""The commands on a tiny base: what they print, what they write, what programs read."""

import json
import re
from pathlib import Path

import pytest
from PIL import Image

from danlu.generation.pngtext import read_png


@pytest.fixture
def recipe(danlu, dataset: Path, base_folder: Path, tmp_path: Path) -> Path:
    path = tmp_path / "配方 1.toml"
    ran = danlu("init", dataset, "--base", base_folder, "-o", path)
    assert ran.code == 0 and str(path) in ran.out
    return path


def test_init_writes_a_recipe_with_comments_and_never_over_one(danlu, recipe: Path, dataset: Path) -> None:
    text = recipe.read_text("utf-8")
    assert "# Learning rate" in text and 'path = "数据 集"' in text
    again = danlu("init", dataset, "-o", recipe)
    assert again.code == 2 and "--overwrite" in again.err
    assert recipe.read_text("utf-8") == text


def test_a_theme_without_effect_is_refused(danlu, dataset: Path, tmp_path: Path) -> None:
    ran = danlu("init", dataset, "--theme", "real", "-o", tmp_path / "r.toml")
    assert ran.code == 2 and "has no effect with the base 'danlu-mini'" in ran.err
    assert not (tmp_path / "r.toml").exists()


@pytest.mark.parametrize("theme", ["anime", "real", "2.5d", "standard"])
def test_every_theme_makes_a_plan(danlu, theme: str, dataset: Path, base_folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "recipe.toml"
    assert danlu("init", dataset, "--base", base_folder, "--theme", theme, "-o", path, "--lang", "zh").code == 0
    assert danlu("plan", path, "--set", "adapter.rank=8").code == 0  # the tiny base is narrower than a theme's rank


def test_plan_shows_its_arithmetic_and_gives_it_as_json(danlu, recipe: Path) -> None:
    options = ["--set", "training.length=3 epochs", "--set", "training.batch_size=2"]
    shown, told = danlu("plan", recipe, *options), danlu("plan", recipe, *options, "--json")
    plan = json.loads(told.out)
    # 5 pictures twice: 4 + 4 + 2 in three buckets, so 2 + 2 + 1 steps an epoch.
    assert (plan["images_per_epoch"], plan["steps_per_epoch"], plan["total_steps"]) == (10, 5, 15)
    assert "15 steps" in shown.out and "32x64" not in shown.err
    assert "\x1b" not in shown.out + shown.err + told.out


def test_plan_names_what_is_held_out(danlu, recipe: Path) -> None:
    ran = danlu("plan", recipe, "--set", "validation.pictures=1", "--set", 'training.length="3 epochs"')
    assert re.search(r"Held out for validation, measured 4 times: \S.*图 \d\.png\.", ran.out)
    assert "8 images an epoch" in ran.out


def test_a_recipe_with_an_unknown_key_is_told_with_the_nearest(danlu, recipe: Path) -> None:
    ran = danlu("plan", recipe, "--set", "optimizer.lrr=1", "--lang", "zh")
    assert ran.code == 2 and "optimizer.lrr" in ran.err and "“lr”" in ran.err


def test_crop_writes_boxes_and_a_sheet(danlu, dataset: Path, base_folder: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "总览.png"
    ran = danlu("crop", dataset, "--base", base_folder, "--centre", "--sheet", sheet, "--json")
    crops = json.loads(ran.out)
    assert ran.code == 0 and len(crops) == 5 and sheet.exists()
    assert (dataset / "danlu.toml").read_text("utf-8").count("crop = ") == 5
    again = danlu("crop", dataset, "--base", base_folder, "--centre")
    assert again.out.count("kept as it was") == 5


def test_crop_to_given_sizes(danlu, dataset: Path) -> None:
    ran = danlu("crop", dataset, "--sizes", "32x64, 64x32", "--centre", "--json")
    assert {tuple(crop["bucket"]) for crop in json.loads(ran.out)} <= {(32, 64), (64, 32)}
    assert danlu("crop", dataset, "--sizes", "32*64").code == 2


def test_train_then_generate_then_inspect(danlu, recipe: Path, base_folder: Path, tmp_path: Path) -> None:
    run = tmp_path / "训练 🔥"
    short = ["--set", "training.length=1 epoch", "--set", "previews.steps=2", "--set", "training.precision=fp32"]
    trained = danlu("train", recipe, "--run", run, *short)
    assert trained.code == 0, trained.err
    assert "Epoch 1/1" in trained.err and "\x1b" not in trained.err
    file = next(line.removeprefix("LoRA: ") for line in trained.out.splitlines() if line.startswith("LoRA: "))
    assert (run / "report.html").exists()

    drawn = danlu(
        "generate", "--base", base_folder, "--adapter", f"{file}:0.5", "--prompt", "a", "--steps", 2, "--count", 2,
        "--seed", 7, "-o", tmp_path / "图片",
    )  # fmt: skip
    pictures = [Path(line) for line in drawn.out.splitlines()]
    assert [path.name for path in pictures] == ["0001-7.png", "0002-8.png"]
    found = read_png(pictures[1])
    assert (found.prompt.seed, found.adapters) == (8, ((Path(file).stem, 0.5),))
    with Image.open(pictures[0]) as picture:
        assert picture.size == (found.prompt.size.width, found.prompt.size.height)

    about = json.loads(danlu("inspect", file, "--json").out)
    assert (about["kind"], about["adapter_kind"], about["hash_agrees"]) == ("adapter", "lora", True)
    assert json.loads(danlu("inspect", pictures[0], "--json").out)["seed"] == 7
    assert json.loads(danlu("inspect", run, "--json").out)["state"] == "finished"
    assert json.loads(danlu("inspect", base_folder, "--json").out)["family"] == "sd15"
    assert "运行" not in danlu("inspect", run, "--lang", "zh").err
    again = danlu("train", recipe, "--run", run)
    assert again.code == 2 and "danlu resume" in again.err


def test_generate_tells_what_is_cut(danlu, base_folder: Path, tmp_path: Path) -> None:
    def told(*options: object) -> str:
        prompt = ("--prompt", "a " * 80, "--steps", 1, "--count", 1)
        ran = danlu("generate", "--base", base_folder, *prompt, *options, "-o", tmp_path / "x")
        assert ran.code == 0, ran.err
        return ran.err

    assert "1 of 2 have more than the 75 tokens" in told()
    assert "tokens" not in told("--max-tokens", 150)
    found = [read_png(path).prompt.max_tokens for path in sorted((tmp_path / "x").glob("*.png"))]
    assert found == [75, 150]


def test_generate_takes_what_the_base_does_not_tell(danlu, base_folder: Path, tmp_path: Path) -> None:
    def drawn(*options: object) -> bytes:
        out = tmp_path / str(len(list(tmp_path.iterdir())))
        prompt = ("--prompt", "a", "--steps", 2, "--count", 1)
        ran = danlu("generate", "--base", base_folder, *prompt, *options, "-o", out)
        assert ran.code == 0, ran.err
        return Image.open(next(out.glob("*.png"))).tobytes()

    assert drawn() == drawn("--prediction", "epsilon", "--vae", base_folder) != drawn("--prediction", "v_prediction")
    ran = danlu("generate", "--base", base_folder, "--prompt", "a", "--vae", "nowhere", "-o", tmp_path / "x")
    assert ran.code == 2 and "'nowhere' doesn't exist" in ran.err


def test_generate_checks_everything_before_loading(danlu, base_folder: Path, tmp_path: Path) -> None:
    def mistake(*options: object) -> str:
        ran = danlu("generate", "--base", base_folder, "--prompt", "a", "-o", tmp_path / "x", *options)
        assert ran.code == 2 and not (tmp_path / "x").exists()
        return ran.err

    assert "multiples" in mistake("--size", "33x33")
    assert "no size" in mistake("--size", "big")
    assert "doesn't exist" in mistake("--adapter", "nowhere.safetensors:0.7")


def test_doctor_tells_and_exits_by_what_is_missing(danlu) -> None:
    ran = danlu("doctor", "--json")
    checks = json.loads(ran.out)
    assert [check["name"] for check in checks][:3] == ["python", "libraries", "device"]
    assert ran.code == (0 if all(check["ok"] for check in checks) else 1)
    assert all(check["advice"] for check in checks if not check["ok"])
    assert "计算设备" in danlu("doctor", "--lang", "zh").out
