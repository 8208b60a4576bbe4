"""The history of a dataset: whatever was done, undo and redo bring back every byte; a crash leaves all or nothing."""

import json
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from danlu.datasets import history as module
from danlu.datasets.history import FOLDER, apply_change, history, recover, redo, undo
from danlu.datasets.manifest import MANIFEST_NAME, read_manifest
from danlu.datasets.scan import scan_dataset
from danlu.kit.errors import UserError
from danlu.kit.language import Text
from killed_writer import leave_half_written

NAMES = ["a.txt", "6_女孩/b 🐱.txt", "danlu.toml"]

TITLE = Text("edit", "编辑")
contents = st.dictionaries(st.sampled_from(NAMES), st.none() | st.binary(max_size=12), min_size=1)


def held(root: Path) -> dict[str, bytes | None]:
    return {name: (root / name).read_bytes() if (root / name).exists() else None for name in NAMES}


@given(steps=st.lists(contents, min_size=1, max_size=4))
def test_every_step_can_be_taken_back_and_done_again(
    tmp_path_factory: pytest.TempPathFactory, steps: list[dict[str, bytes | None]]
) -> None:
    root = tmp_path_factory.mktemp("数据")
    states = [held(root)]
    for step in steps:
        if apply_change(root, TITLE, step):
            states.append(held(root))
        assert {name: held(root)[name] for name in step} == step
    assert len(history(root)) == len(states) - 1
    for state in reversed(states[:-1]):
        undo(root)
        assert held(root) == state
    for state in states[1:]:
        redo(root)
        assert held(root) == state


def test_what_is_so_already_is_no_change(tmp_path: Path) -> None:
    assert apply_change(tmp_path, TITLE, {"a.txt": b"x", "b.txt": None})
    assert apply_change(tmp_path, TITLE, {"a.txt": b"x", "b.txt": None}) is None
    assert [one.after for one in history(tmp_path)] == [{"a.txt": b"x"}]


def test_a_new_change_forgets_what_was_undone(tmp_path: Path) -> None:
    apply_change(tmp_path, TITLE, {"a.txt": b"1"})
    apply_change(tmp_path, TITLE, {"a.txt": b"2"})
    undo(tmp_path)
    apply_change(tmp_path, TITLE, {"a.txt": b"3"})
    with pytest.raises(UserError, match="no undone change"):
        redo(tmp_path)
    assert [one.number for one in history(tmp_path)] == [1, 2]


def test_nothing_to_undo(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no change that could be undone"):
        undo(tmp_path)


@pytest.mark.parametrize("step", [undo, redo])
def test_what_was_changed_by_hand_is_not_written_over(tmp_path: Path, step: Any) -> None:
    apply_change(tmp_path, TITLE, {"a.txt": b"1", "b.txt": b"1"})
    if step is redo:
        undo(tmp_path)
    (tmp_path / "b.txt").write_bytes(b"by hand")
    before = (tmp_path / "a.txt").exists()
    with pytest.raises(UserError, match=r"b\.txt' was changed by hand since 'edit'"):
        step(tmp_path)
    assert (tmp_path / "a.txt").exists() == before
    assert (tmp_path / "b.txt").read_bytes() == b"by hand"


@pytest.mark.parametrize("crash_at", [0, 1, 2])
def test_a_change_that_crashes_is_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, crash_at: int) -> None:
    """As after `kill -9`: what was begun lies there, some files are written, nothing was cleaned up."""
    (tmp_path / "a.txt").write_bytes(b"old")
    after = {"a.txt": b"new", "b.txt": b"new", "c.txt": b"new"}

    def killed(root: Path, wanted: module.Contents) -> None:
        for name, content in list(wanted.items())[:crash_at]:
            (root / name).write_bytes(content or b"")
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(module, "_write", killed)
        patch.setattr(module, "_take_back", lambda root: False)
        with pytest.raises(SystemExit):
            apply_change(tmp_path, TITLE, after)
    assert (tmp_path / FOLDER / "begun.json").exists()
    assert apply_change(tmp_path, TITLE, {"d.txt": b"d"})
    assert {path.name: path.read_bytes() for path in tmp_path.glob("*.txt")} == {"a.txt": b"old", "d.txt": b"d"}


def test_a_change_that_somebody_is_making_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who comes meanwhile doesn't take it for a crashed one, and writes after it."""
    begun, go_on, made = Event(), Event(), list[object]()
    real = module._write

    def slowly(root: Path, wanted: module.Contents) -> None:
        begun.set()
        assert go_on.wait(20)
        real(root, wanted)

    monkeypatch.setattr(module, "_write", slowly)
    first = Thread(target=lambda: made.append(apply_change(tmp_path, TITLE, {"a.txt": b"1"})))
    second = Thread(target=lambda: made.append(apply_change(tmp_path, TITLE, {"a.txt": b"2"})))
    first.start()
    assert begun.wait(20) and not recover(tmp_path)
    second.start()
    go_on.set()
    first.join()
    second.join()
    assert [one.before for one in history(tmp_path)] == [{"a.txt": None}, {"a.txt": b"1"}] and all(made)


def test_a_disk_that_refuses_leaves_everything_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"old")
    (tmp_path / "folder").write_bytes(b"a file where a folder is wanted")
    with pytest.raises(UserError, match="can't be written"):
        apply_change(tmp_path, TITLE, {"a.txt": b"new", "folder/b.txt": b"new"})
    assert (tmp_path / "a.txt").read_bytes() == b"old"
    assert history(tmp_path) == []


def test_captions_of_any_encoding_come_back(tmp_path: Path) -> None:
    old = "女孩, 微笑".encode("gb18030")
    (tmp_path / "a.txt").write_bytes(old)
    apply_change(tmp_path, TITLE, {"a.txt": b"girl, smile"})
    json.loads((tmp_path / FOLDER / "done" / "00001.json").read_text("utf-8"))
    undo(tmp_path)
    assert (tmp_path / "a.txt").read_bytes() == old


def test_after_a_crash_readers_see_what_was_before_and_write_nothing(tmp_path: Path) -> None:
    """Also of a folder that may only be read; what was changed by hand since stays."""
    for name in "abc":
        Image.new("RGB", (8, 8)).save(tmp_path / f"{name}.png")
        (tmp_path / f"{name}.txt").write_text("old")
    (tmp_path / "c.txt").unlink()
    after = {"a.txt": "new", "c.txt": "new", MANIFEST_NAME: '[pictures."a.png"]\nexcluded = true\n', "b.txt": "new"}
    leave_half_written(tmp_path, after, 3)
    left = tmp_path / f".d.txt.{2**40}-abcd_123.tmp"
    left.touch()
    there = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert [one.caption for one in scan_dataset(tmp_path).pictures] == ["old", "old", None]
    assert read_manifest(tmp_path).pictures == {}
    assert there == {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    (tmp_path / "b.txt").write_text("by hand")
    assert [one.caption for one in scan_dataset(tmp_path).pictures] == ["old", "by hand", None]
    assert recover(tmp_path) and not left.exists()
    assert [one.caption for one in scan_dataset(tmp_path).pictures] == ["old", "by hand", None]


def test_a_write_that_is_refused_leaves_a_dataset_that_can_be_read_and_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a folder of somebody else's: what can't be written needn't be put back either."""
    (tmp_path / "a.txt").write_bytes(b"old")
    (tmp_path / "b.txt").write_bytes(b"old")
    real = module.write_atomically

    def refuse(target: Path, content: str | bytes) -> None:
        if target.name == "b.txt":
            raise UserError("refused", "拒绝")
        real(target, content)

    monkeypatch.setattr(module, "write_atomically", refuse)
    with pytest.raises(UserError, match="refused"):
        apply_change(tmp_path, TITLE, {"a.txt": b"new", "b.txt": b"new"})
    assert not (tmp_path / FOLDER / "begun.json").exists()
    assert (tmp_path / "a.txt").read_bytes() == b"old"
    assert apply_change(tmp_path, TITLE, {"a.txt": b"newer"})
