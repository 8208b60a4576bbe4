"""`danlu dataset import`: what it prints, and its exit codes."""

import json
from pathlib import Path

from PIL import Image


def picture(path: Path, colour: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (12, 8), (colour, 1, 2)).save(path)
    return path


def test_a_table_of_what_came_and_a_line_for_what_did_not(danlu, tmp_path: Path) -> None:
    for number in range(3):
        picture(tmp_path / "in" / "6_宁光" / f"{number}.png", number)
    picture(tmp_path / "in" / "6_宁光" / "同.png", 1)
    (tmp_path / "in" / "6_宁光" / "坏.png").write_bytes(b"x")
    done = danlu("dataset", "import", tmp_path / "in", "--to", tmp_path / "to")
    assert done.code == 0 and done.err == ""
    head, row, *rest = done.out.splitlines()
    assert head.split() == ["folder", "pictures", "captions", "smallest", "largest"]
    assert row.split() == ["6_宁光", "3", "0", "12x8", "12x8"]
    assert "Left out: 2" in rest
    assert sum("坏.png" in line for line in rest) == 1
    assert rest[-1] == f"3 pictures are new in '{tmp_path / 'to'}'."
    again = danlu("dataset", "import", tmp_path / "in", "--to", tmp_path / "to", "--lang", "zh")
    assert "新增 0 张图片" in again.out


def test_json_has_everything(danlu, tmp_path: Path) -> None:
    source = picture(tmp_path / "in" / "a b.png")
    source.with_suffix(".txt").write_text("a, b")
    told = json.loads(danlu("dataset", "import", source, "--to", tmp_path / "to", "--json").out)
    assert told == {
        "folder": str(tmp_path / "to"),
        "taken": [{"source": "a b.png", "name": "a b.png", "size": [12, 8], "caption": True}],
        "left_out": [],
        "captions": [],
        "notices": [],
    }


def test_many_of_a_kind_are_cut_short(danlu, tmp_path: Path) -> None:
    for number in range(30):
        picture(tmp_path / "in" / f"{number}.png")
    out = danlu("dataset", "import", tmp_path / "in", "--to", tmp_path / "to").out
    assert "duplicate: 17 more (all with --json)" in out
    assert out.count("is the same") == 12


def test_exit_codes(danlu, tmp_path: Path) -> None:
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "a.png").write_bytes(b"x")
    assert danlu("dataset", "import", tmp_path / "bad", "--to", tmp_path / "to").code == 1
    assert danlu("dataset", "import", tmp_path / "none", "--to", tmp_path / "to").code == 2
    missing = danlu("dataset", "import", tmp_path / "bad")
    assert missing.code == 2 and "--to" in missing.err
