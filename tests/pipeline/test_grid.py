"""Grids: each picture as if it were drawn alone, there at once, gone on with, refused before anything is loaded."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from adapter_making import make_adapter
from danlu.adapters.kinds.locon import LoCon
from danlu.adapters.kinds.lora import LoRA
from danlu.cli.main import run
from danlu.datasets.pictures import Size
from danlu.families.find import find_base
from danlu.generation.drawing import Drawing
from danlu.generation.pngtext import read_png
from danlu.generation.prompts import Prompt
from danlu.kit.errors import UserError
from danlu.kit.telling import PROGRESS, VARIABLE
from danlu.pipeline.grid import draw_grid, plan_grid
from danlu.pipeline.pictures import Strength, draw_pictures


@pytest.fixture(scope="module")
def adapters(base_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two adapters of different kinds for the tiny base."""
    folder, facts = tmp_path_factory.mktemp("adapters"), find_base(str(base_folder))[1]
    return (
        make_adapter(facts, LoRA(rank=2), folder / "a.safetensors", seed=1),
        make_adapter(facts, LoCon(rank=2), folder / "b.safetensors", seed=2),
    )


def drawing(base: Path, files: tuple[Path, ...], **changes: Any) -> Drawing:
    stack = [{"file": str(file), "weight": 0.5} for file in files]
    values = {"base": str(base), "prompt": "a b", "size": "32x32", "steps": 2, "seed": 3, "adapters": stack, **changes}
    return Drawing.model_validate(values)


def pixels(path: Path) -> str:
    with Image.open(path) as picture:
        return hashlib.sha256(picture.tobytes()).hexdigest()


def test_each_picture_is_the_one_that_is_drawn_alone(
    base_folder: Path, adapters: tuple[Path, Path], tmp_path: Path
) -> None:
    a, b = adapters
    asked = drawing(
        base_folder,
        adapters,
        x={"kind": "weight", "adapter": 2, "values": [0.25, 1]},
        y={"kind": "checkpoint", "adapter": 1, "files": [str(a), ""]},
    )
    paths = sorted(draw_grid(plan_grid(asked, tmp_path / "grid")))
    stacks = [[(a, 0.5), (b, 0.25)], [(a, 0.5), (b, 1.0)], [(b, 0.25)], [(b, 1.0)]]
    prompt = Prompt("a b", "", 3, Size(32, 32), 2)
    for number, (path, stack) in enumerate(zip(paths, stacks, strict=True)):
        strengths = [Strength(*one) for one in stack]
        [alone] = draw_pictures(find_base(str(base_folder)), strengths, [prompt], tmp_path / f"alone {number}")
        assert pixels(path) == pixels(alone)
        found = read_png(path)
        assert found.adapters == tuple((file.stem, weight) for file, weight in stack)
        assert set(found.extra["Lora hashes"].replace(",", "").split()[::2]) == {f"{file.stem}:" for file, _ in stack}
    assert len({pixels(path) for path in paths}) == 4


def test_strength_nothing_is_the_base(base_folder: Path, adapters: tuple[Path, Path], tmp_path: Path) -> None:
    asked = drawing(base_folder, adapters, y={"kind": "strength", "values": [1, 0]})
    drawn, off = sorted(draw_grid(plan_grid(asked, tmp_path / "with")))
    [base] = draw_grid(plan_grid(drawing(base_folder, ()), tmp_path / "without"))
    assert pixels(off) == pixels(base) != pixels(drawn)


def test_a_grid_that_was_broken_off_goes_on_to_the_same(
    base_folder: Path, adapters: tuple[Path, Path], tmp_path: Path
) -> None:
    asked = drawing(
        base_folder,
        adapters,
        x={"kind": "seed", "values": [1, 2]},
        y={"kind": "checkpoint", "files": [str(one) for one in adapters]},
    )
    whole = [one.read_bytes() for one in sorted(draw_grid(plan_grid(asked, tmp_path / "whole")))]
    planned = plan_grid(asked, tmp_path / "parts")
    begun = draw_grid(planned)
    first = [next(begun), next(begun)]
    begun.close()
    (tmp_path / "parts" / ".003.png.x.tmp").write_bytes(b"half")
    times = [one.stat().st_mtime_ns for one in first]
    steps: list[tuple[int, int]] = []
    rest = list(draw_grid(planned, on_step=lambda done, total: steps.append((done, total))))
    assert rest[:2] == first and [one.stat().st_mtime_ns for one in first] == times
    assert steps == [(number, 8) for number in range(5, 9)]
    assert [one.read_bytes() for one in sorted(rest)] == whole


def test_pictures_of_another_drawing_are_left_alone(base_folder: Path, tmp_path: Path) -> None:
    list(draw_grid(plan_grid(drawing(base_folder, ()), tmp_path)))
    with pytest.raises(UserError, match="pictures of another drawing"):
        list(draw_grid(plan_grid(drawing(base_folder, (), seed=9), tmp_path)))


def test_the_command_draws_tells_and_labels(
    base_folder: Path, adapters: tuple[Path, Path], tmp_path: Path, monkeypatch, capsys
) -> None:
    asked = drawing(base_folder, adapters[:1], x={"kind": "weight", "values": [0, 1]})
    file = tmp_path / "d.json"
    file.write_text(asked.model_dump_json(exclude_none=True), "utf-8")
    monkeypatch.setenv(VARIABLE, str(tmp_path / "told"))
    assert run(["grid", str(file), "-o", str(tmp_path / "图")]) == 0
    names = [Path(line).name for line in capsys.readouterr().out.splitlines()]
    assert names == ["001.png", "002.png", "grid.png"]
    assert json.loads((tmp_path / "told" / PROGRESS).read_text()) == {"done": 4, "total": 4}
    with Image.open(tmp_path / "图" / "grid.png") as sheet:
        assert sheet.width > 64


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"size": "33x33"}, "multiples of"),
        ({"clip_skip": 12}, "too deep"),
        ({"adapters": [{"file": "/nowhere.safetensors"}]}, "doesn't exist"),
        ({"x": {"kind": "checkpoint", "files": ["/nowhere.safetensors"]}}, "there is no adapter 1"),
        ({"base": "/nowhere"}, "doesn't exist"),
    ],
)
def test_what_cannot_be_drawn_is_told_before_anything_is_loaded(
    base_folder: Path, tmp_path: Path, changes: dict[str, Any], said: str, capsys
) -> None:
    file = tmp_path / "d.json"
    values = drawing(base_folder, ()).model_dump(mode="json", exclude_none=True)
    file.write_text(json.dumps({**values, **changes}), "utf-8")
    assert run(["grid", str(file), "-o", str(tmp_path / "out")]) == 2
    assert said in capsys.readouterr().err and not (tmp_path / "out").exists()


def test_an_adapter_of_another_base_is_refused(base_folder: Path, adapters: tuple[Path, Path], tmp_path: Path) -> None:
    asked = drawing(base_folder, adapters).model_copy(update={"base": "danlu-mini"})
    with pytest.raises(UserError, match="doesn't fit the base 'danlu-mini'"):
        plan_grid(asked, tmp_path)
