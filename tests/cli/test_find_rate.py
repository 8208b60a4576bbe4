"""`danlu find-rate` as a user sees it."""

from pathlib import Path

from danlu.recipe import load_recipe


def test_finds_a_rate_and_writes_recipes(danlu, dataset: Path, base_folder: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    recipe = tmp_path / "my.toml"
    assert danlu("init", dataset, "--base", base_folder, "-o", recipe).code == 0
    before = recipe.read_bytes()
    call = ("find-rate", recipe, "--steps", 24, "--set", "training.precision=fp32", "--set", "training.device=cpu")
    ran = danlu(*call)
    assert ran.code == 0, ran.err
    found = [load_recipe(tmp_path / f"my-{kind}.toml") for kind in ("adamw", "lion")]
    assert f"AdamW {found[0].optimizer.lr:g}: {tmp_path / 'my-adamw.toml'}" in ran.out
    assert 2.5 < found[0].optimizer.lr / found[1].optimizer.lr < 3.5
    assert found[0].training.precision == "fp32"  # what was set is in what was found
    assert recipe.read_bytes() == before
    runs = list((tmp_path / "runs").iterdir())
    assert len(runs) == 1 and (runs[0] / "rate.html").exists() and (runs[0] / "report.html").exists()
    assert "█" in ran.out and "danlu train" in ran.out

    again = danlu(*call)
    assert again.code == 2 and "my-adamw.toml" in again.err and "--overwrite" in again.err
    told = danlu("--lang", "zh", *call, "--overwrite")
    assert told.code == 0 and "图表" in told.out and list((tmp_path / "runs").iterdir()) == runs
    assert "D-Adaptation 得出" in (tmp_path / "my-adamw.toml").read_text("utf-8")


def test_a_mistake_is_told_before_anything_is_trained(danlu, dataset: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    recipe = tmp_path / "my.toml"
    danlu("init", dataset, "-o", recipe)
    ran = danlu("find-rate", recipe, "--set", "base.path=nowhere")
    assert ran.code == 2 and "'nowhere' doesn't exist" in ran.err and not (tmp_path / "runs").exists()
