"""Drawings with axes: what each cell is drawn with, and what is refused."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from danlu.datasets.pictures import Size
from danlu.generation.axis import Axis, Stacked
from danlu.generation.drawing import MOST_CELLS, Drawing, cells_of, read_drawing, sides_of, with_files
from danlu.generation.grid_sheet import LARGEST_SIDE_PX, MISSING, draw_grid_sheet
from danlu.kit.errors import UserError
from danlu.kit.variants import kinds_of

STACK = [{"file": "a.safetensors", "weight": 0.8}, {"file": "b.safetensors"}]


def drawing(**values: object) -> Drawing:
    return Drawing.model_validate({"prompt": "mei, red hair", "negative": "red nose", "adapters": STACK, **values})


def test_one_cell_without_axes() -> None:
    [cell] = cells_of(drawing(size="64x32", steps=3), 128)
    assert cell.prompt.size == Size(64, 32) and cell.prompt.steps == 3
    assert cell.adapters == (Stacked("a.safetensors", 0.8), Stacked("b.safetensors", 1.0))
    assert cells_of(drawing(), 128)[0].prompt.size == Size(128, 128)


def test_cells_go_by_columns_then_rows_then_grids() -> None:
    asked = drawing(
        x={"kind": "weight", "adapter": 2, "values": [0, 0.5, 1]},
        y={"kind": "seed", "values": [7, 8]},
        z={"kind": "prompt", "search": "red", "values": ["red", "green"]},
    )
    cells = cells_of(asked, 128)
    assert sides_of(asked) == (3, 2, 2) and len(cells) == 12
    assert [cell.adapters[1].weight for cell in cells] == [0, 0.5, 1] * 4
    assert [cell.prompt.seed for cell in cells] == [7, 7, 7, 8, 8, 8] * 2
    assert [cell.prompt.text for cell in cells] == ["mei, red hair"] * 6 + ["mei, green hair"] * 6
    assert cells[-1].prompt.negative == "green nose"


@pytest.mark.parametrize(
    ("axis", "seen"),
    [
        ({"kind": "steps", "values": [5, 9]}, [5, 9]),
        ({"kind": "cfg", "values": [1, 7.5]}, [1, 7.5]),
        ({"kind": "clip_skip", "values": [1, 2]}, [1, 2]),
        ({"kind": "sampler", "values": ["Euler", "DDIM"]}, ["Euler", "DDIM"]),
        ({"kind": "checkpoint", "files": ["c/d.safetensors", ""]}, [["d", 0.8, "b", 1.0], ["b", 1.0]]),
        ({"kind": "strength", "values": [1, 0]}, [["a", 0.8, "b", 1.0], ["a", 0.0, "b", 0.0]]),
    ],
)
def test_each_axis_changes_its_own(axis: dict[str, object], seen: list[object]) -> None:
    cells = cells_of(drawing(x=axis), 128)
    plain, kind = cells_of(drawing(), 128)[0], axis["kind"]
    if kind in ("checkpoint", "strength"):
        assert [[part for one in cell.adapters for part in (Path(one.file).stem, one.weight)] for cell in cells] == seen
        assert {cell.prompt for cell in cells} == {plain.prompt}
    else:
        assert [getattr(cell.prompt, str(kind)) for cell in cells] == seen
        assert {cell.adapters for cell in cells} == {plain.adapters}


def test_every_kind_names_its_values() -> None:
    known = {"values": ["a", "b"], "files": ["x/y.safetensors", ""], "search": "red"}
    for name, kind in kinds_of(Axis).items():
        given_values = {key: value for key, value in known.items() if key in kind.model_fields}
        if name in ("seed", "steps", "cfg", "clip_skip", "weight", "strength"):
            given_values["values"] = [1, 2]
        elif name == "sampler":
            given_values["values"] = ["Euler", "DDIM"]
        axis = kind.model_validate({"kind": name, **given_values})
        assert len(axis.labels) == 2 and axis.title.zh and all(label.en and label.zh for label in axis.labels)


@pytest.mark.parametrize(
    ("values", "field", "said"),
    [
        ({"x": {"kind": "weight", "adapter": 3, "values": [1]}}, "x.adapter", "there is no adapter 3: the stack has 2"),
        ({"y": {"kind": "prompt", "search": "blue", "values": ["b"]}}, "y.search", "'blue' isn't in the prompt"),
        ({"z": {"kind": "strength", "values": [1]}, "adapters": []}, "z.values", "no adapters whose strength"),
        ({"x": {"kind": "seed", "values": [1]}, "y": {"kind": "seed", "values": [2]}}, "y.kind", "'y' and 'x' change"),
        ({"size": "5000x64"}, "size", "5000x64 is too large"),
        (
            {"x": {"kind": "cfg", "values": [1, 2]}, "y": {"kind": "seed", "values": list(range(201))}},
            "y",
            f"2 × 201 × 1 = 402 pictures, and {MOST_CELLS} is the most",
        ),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_field(values: dict[str, object], field: str, said: str) -> None:
    with pytest.raises(UserError) as told:
        cells_of(drawing(**values), 128)
    assert told.value.field == field and said in told.value.text.en and told.value.text.zh


def test_a_part_that_another_axis_has_replaced_is_missed() -> None:
    swap = {"kind": "prompt", "search": "red hair", "values": ["bald"]}
    with pytest.raises(UserError, match="isn't in the prompt"):
        cells_of(drawing(negative="", x=swap, y={"kind": "prompt", "search": "hair", "values": ["fur"]}), 128)


def test_files_are_found_beside_the_drawing(tmp_path: Path) -> None:
    (tmp_path / "base").mkdir()
    values = {
        "prompt": "a",
        "base": "base",
        "adapters": STACK,
        "x": {"kind": "checkpoint", "files": ["sub/c.safetensors", ""]},
    }
    file = tmp_path / "画.json"
    file.write_text(json.dumps(values), "utf-8")
    read = read_drawing(file)
    assert read.base == str(tmp_path / "base")
    assert read.adapters[0].file == str(tmp_path / "a.safetensors")
    assert read.x is not None
    assert read.x.model_dump()["files"] == (str(tmp_path / "sub" / "c.safetensors"), "")
    seen: list[tuple[str, str]] = []
    with_files(read, lambda path, field: seen.append((Path(path).name, field)) or path)
    assert ("a.safetensors", "adapters.0.file") in seen and ("c.safetensors", "x.files") in seen


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("d.toml", "prompt = 3", "'prompt' must be text in quotes"),
        ("d.toml", 'prompt = "a"\nstep = 3', "'step' is not known: did you mean 'steps'?"),
        ("d.toml", 'prompt = "a"\n[x]\nkind = "seeds"\nvalues = [1]', "has no kind 'seeds': did you mean 'seed'?"),
        ("d.toml", 'prompt = "a"\n[x]\nkind = "seed"\nvalues = [-1]', "'x.values.0' must be at least 0"),
        ("d.json", "{", "isn't valid TOML or JSON"),
        ("d.json", "[]", "holds no settings"),
        ("d.toml", None, "doesn't exist"),
    ],
)
def test_mistakes_in_a_file_are_told(tmp_path: Path, name: str, text: str | None, said: str) -> None:
    if text is not None:
        (tmp_path / name).write_text(text, "utf-8")
    with pytest.raises(UserError) as told:
        read_drawing(tmp_path / name)
    assert said in told.value.text.en and str(tmp_path / name) in told.value.text.en and told.value.text.zh


@settings(max_examples=8)
@given(
    sides=st.tuples(*[st.integers(1, 3)] * 3),
    size=st.tuples(*[st.integers(8, 40)] * 2),
    missing=st.sets(st.integers(0, 5)),
)
def test_a_sheet_has_every_picture_in_its_place(
    tmp_path_factory: pytest.TempPathFactory,
    sides: tuple[int, int, int],
    size: tuple[int, int],
    missing: set[int],
) -> None:
    folder = tmp_path_factory.mktemp("sheet")
    values = [list(range(1, count + 1)) for count in sides]
    kinds = ("seed", "steps", "cfg")
    axes = {name: {"kind": kind, "values": one} for name, kind, one in zip("xyz", kinds, values, strict=True)}
    count = sides[0] * sides[1] * sides[2]
    paths: list[Path | None] = []
    for number in range(count):
        path = folder / f"{number}.png"
        Image.new("RGB", size, (number % 256, 255 - number, 7)).save(path)
        paths.append(None if number in missing else path)
    sheet = draw_grid_sheet(drawing(**axes), paths)
    colours = {colour for _, colour in sheet.getcolors(2**24) or []}
    for number in range(count):
        assert ((number % 256, 255 - number, 7) in colours) == (number not in missing)
    assert (MISSING in colours) == any(number < count for number in missing)


def test_a_sheet_never_grows_beyond_what_programs_open(tmp_path: Path) -> None:
    path = tmp_path / "one.png"
    Image.new("RGB", (1024, 512), (1, 2, 3)).save(path)
    sheet = draw_grid_sheet(drawing(x={"kind": "seed", "values": list(range(40))}), [path] * 40)
    assert sheet.width < LARGEST_SIDE_PX + 40 * 16 and sheet.height < 400
