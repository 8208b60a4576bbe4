"""Commands about repeats, views, sides, the split and the export: what they say, do and take back."""

import json
from pathlib import Path

import pytest
from PIL import Image

from danlu.cli.main import run
from danlu.datasets.scan import scan_dataset


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for folder, count in (("2_a", 4), ("2_b", 1)):
        (tmp_path / "数据" / folder).mkdir(parents=True)
        for number in range(count):
            noise = Image.effect_noise((20, 20), 90 + number).convert("RGB")
            noise.save(tmp_path / "数据" / folder / f"{number}.png")
    return tmp_path / "数据"


def test_a_dry_run_shows_a_diff_and_writes_nothing(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for line in (
        ["repeats", str(root), "5"],
        ["balance", str(root)],
        ["view", "add", str(root), "2_b/0.png", "face", "--box", "0,0,9,9"],
        ["mirror", str(root), "2_b/0.png", "off"],
        ["split", str(root), "--count", "1", "--store"],
    ):
        assert run(["dataset", *line, "--dry-run"]) == 0
        assert "+++ danlu.toml" in capsys.readouterr().out
    assert run(["dataset", "export", str(root), "--to", str(root.parent / "k"), "--dry-run"]) == 0
    assert sorted(one.name for one in root.parent.iterdir()) == ["数据"]
    assert sorted(one.name for one in root.iterdir()) == ["2_a", "2_b"]


def test_steps_one_after_the_other_and_back(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = [
        ["repeats", str(root), "5", "--concept", "a"],
        ["balance", str(root), "--share", "b=2"],
        ["view", "add", str(root), "2_b/0.png", "face", "--box", "0,0,9,9", "--mirror", "always"],
        ["repeats", str(root), "3", "--picture", "2_b/0.png#face"],
        ["mirror", str(root), "on"],
        ["split", str(root), "--count", "1", "--store"],
        ["view", "remove", str(root), "2_b/0.png", "face"],
        ["split", str(root), "--clear"],
    ]
    for line in lines:
        assert run(["dataset", *line]) == 0, line
        assert "takes it back" in capsys.readouterr().out
    for _ in lines:
        assert run(["dataset", "undo", str(root)]) == 0
    assert not (root / "danlu.toml").exists()


def test_balance_as_json_and_again(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["dataset", "balance", str(root), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [one["images"] for one in told["before"]] == [8, 2] and [one["share"] for one in told["after"]] == [0.5, 0.5]
    assert {one.repeats for one in scan_dataset(root).pictures} == {2, 8}
    assert run(["dataset", "balance", str(root)]) == 0
    assert "Nothing had to be changed" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (["repeats", "0"], "repeats '0' won't do"),
        (["repeats", "3", "--concept", "c"], "no concept 'c'"),
        (["repeats", "3", "--concept", "a", "--picture", "2_b/0.png"], "exclude each other"),
        (["balance", "--share", "a"], "write NAME=NUMBER"),
        (["split", "--clear", "--store"], "exclude each other"),
        (["split", "--dry-run"], "no effect without --store"),
        (["mirror", "2_b/0.png", "sideways"], "SIDE must be one of: on, off, always, auto"),
    ],
)
def test_mistakes(root: Path, capsys: pytest.CaptureFixture[str], line: list[str], said: str) -> None:
    assert run(["dataset", line[0], str(root), *line[1:]]) == 2
    assert said in capsys.readouterr().err
    assert not (root / "danlu.toml").exists()


def test_sides_are_warned_of(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "2_b" / "0.txt").write_text("zq, scar on cheek", encoding="utf-8")
    assert run(["dataset", "mirror", str(root), "on"]) == 0
    assert "'2_b/0.png' speaks of \"scar on cheek\"" in capsys.readouterr().err
    assert run(["dataset", "mirror", str(root), "off"]) == 0
    assert capsys.readouterr().err == ""


def test_export_says_what_it_did(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = root.parent / "kohya"
    recipe = root.parent / "recipe.toml"
    recipe.write_text(f'[dataset]\npath = "{root.as_posix()}"\nrepeats = 4\n', encoding="utf-8")
    assert run(["dataset", "export", str(root), "--to", str(out), "--recipe", str(recipe), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [(one["folder"], one["images"]) for one in told["folders"]] == [("img/4_a", 16), ("img/4_b", 4)]
    assert told["linked"] == 5
    assert "resolution = 128" in (out / "dataset_config.toml").read_text("utf-8")
    assert run(["dataset", "export", str(root), "--to", str(out)]) == 2


def test_the_plan_shows_each_concepts_share(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recipe = root.parent / "recipe.toml"
    recipe.write_text(f'[dataset]\npath = "{root.as_posix()}"\n', encoding="utf-8")
    assert run(["plan", str(recipe)]) == 0
    shown = [line.split() for line in capsys.readouterr().out.splitlines()[2:5]]
    assert shown[0][:4] == ["concept", "pictures", "repeats", "share"]
    assert shown[1][:4] == ["a", "4", "2", "80.0%"] and shown[2][:4] == ["b", "1", "2", "20.0%"]
