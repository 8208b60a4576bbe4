"""Editing a dataset: what is shown is what is written, undo brings all back, and the trigger word stays first."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from captioned import NAMES, SENTENCE, operations, texts, write_dataset
from danlu.datasets.history import undo
from danlu.datasets.pictures import Dataset
from danlu.datasets.scan import scan_dataset
from danlu.editing.edit import edit_tags
from danlu.editing.expressions import parse_expression
from danlu.editing.lines import read_lines
from danlu.editing.operations import Add, Dedupe, Delete, Move, Operation, Sort
from danlu.editing.patterns import key_of
from danlu.editing.selection import Selection
from danlu.kit.errors import UserError

MANIFEST = '[concepts.cat]\ntrigger = "zq"\n[concepts.dog]\ntrigger = "qz"\n'
caption_lines = st.lists(st.sampled_from([*NAMES, "zq", "qz", SENTENCE]), max_size=6).map(", ".join)
captions = st.none() | st.lists(caption_lines, max_size=2).map("\n".join)


@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(written=st.lists(captions, min_size=3, max_size=3), wanted=st.lists(operations, min_size=1, max_size=3))
def test_what_is_shown_is_written_and_undone(
    tmp_path_factory: pytest.TempPathFactory, written: list[str | None], wanted: list[Operation]
) -> None:
    root = tmp_path_factory.mktemp("数据")
    dataset = write_dataset(
        root, dict(zip(["2_cat/1.png", "2_cat/2.png", "3_dog/1.png"], written, strict=True)), MANIFEST
    )
    before, pictures = texts(root), [path.read_bytes() for path in sorted(root.rglob("*.png"))]
    edits = edit_tags(dataset, wanted, dataset.pictures, trigger_too=False)
    assert texts(root) == before
    change = edits.apply()
    now = {picture.name: picture.caption for picture in scan_dataset(root).pictures}
    told = {one.picture: one for one in edits.captions}
    for picture in dataset.pictures:
        if picture.name in told:
            assert (told[picture.name].before, told[picture.name].after) == (picture.caption, now[picture.name])
            _require_trigger_first(picture.caption, now[picture.name], "qz" if "dog" in picture.name else "zq")
        else:
            assert now[picture.name] == picture.caption
    assert {name for name, content in texts(root).items() if before.get(name) != content} == set(edits.contents)
    if change:
        undo(root)
    assert texts(root) == before
    assert pictures == [path.read_bytes() for path in sorted(root.rglob("*.png"))]


def _require_trigger_first(before: str | None, after: str | None, trigger: str) -> None:
    had = any(key_of(tag) == trigger for line in read_lines(before) for tag in line.tags)
    assert not had or any(key_of(tag) == trigger for line in read_lines(after) for tag in line.tags)
    lines = zip(read_lines(before), read_lines(after), strict=False)
    for old, line in lines:
        tags = [key_of(tag) for tag in line.tags]
        assert trigger not in tags or tags.index(trigger) == 0 or line == old


@pytest.mark.parametrize(
    ("operation", "after"),
    [
        (Add(("best",), "head"), "zq, best, smile, hat"),
        (Add(("zq",), "tail"), "smile, zq, hat"),
        (Delete(("*",)), "zq"),
        (Sort("alphabetical"), "zq, hat, smile"),
        (Move(("hat",), "head"), "zq, hat, smile"),
        (Dedupe(), "smile, zq, hat"),
    ],
)
def test_the_trigger_stays_and_comes_first(
    make_dataset: Callable[..., Dataset], operation: Operation, after: str
) -> None:
    dataset = make_dataset({"a.png": "smile, zq, hat"}, '[concepts."数据"]\ntrigger = "zq"\n')
    edit_tags(dataset, [operation], dataset.pictures).apply()
    assert scan_dataset(dataset.root).pictures[0].caption == after


def test_the_trigger_is_edited_when_that_is_asked_for(make_dataset: Callable[..., Dataset]) -> None:
    dataset = make_dataset({"a.png": "zq, smile"}, '[concepts."数据"]\ntrigger = "zq"\n')
    for operation in (Delete(("ZQ",)), Move(("zq",), "tail")):
        with pytest.raises(UserError, match=r"'zq' is a trigger word.*--trigger-too"):
            edit_tags(dataset, [operation], dataset.pictures)
    (change,) = edit_tags(dataset, [Delete(("zq",))], dataset.pictures, trigger_too=True).captions
    assert change.after == "smile"


def test_regularization_pictures_have_no_trigger(make_dataset: Callable[..., Dataset]) -> None:
    manifest = '[concepts.cat]\ntrigger = "zq"\n'
    dataset = make_dataset({"2_cat/a.png": "zq, b", "reg/1_cat/a.png": "zq, b"}, manifest)
    edits = edit_tags(dataset, [Delete(("*",))], dataset.pictures)
    assert {one.picture: one.after for one in edits.captions} == {"2_cat/a.png": "zq", "reg/1_cat/a.png": ""}


def test_frequency_is_that_of_the_whole_dataset_as_it_is_by_then(make_dataset: Callable[..., Dataset]) -> None:
    dataset = make_dataset({"a.png": "x, y, z", "b.png": "z, y", "c.png": "y", "d.png": None})
    only = Selection(pictures=("a.png",)).of(dataset)
    assert edit_tags(dataset, [Sort("frequency")], only).captions[0].after == "y, z, x"
    edits = edit_tags(dataset, [Add(("x", "n"), "tail"), Sort("frequency")], dataset.pictures)
    assert {one.picture: one.after for one in edits.captions}["a.png"] == "x, n, y, z"


def test_what_stays_the_same_keeps_its_bytes_and_what_is_edited_becomes_utf8(tmp_path: Path) -> None:
    dataset = write_dataset(tmp_path, {"a.png": None, "b.png": None, "c.png": None})
    old = {
        "a.txt": "女孩,微笑\r\n".encode("gb18030"),
        "b.caption": "微笑 ,女孩".encode("utf-8-sig"),
        "c.txt": "猫".encode("gb18030"),
    }
    for name, content in old.items():
        (tmp_path / name).write_bytes(content)
    dataset = scan_dataset(tmp_path)
    edits = edit_tags(dataset, [Delete(("微笑",))], dataset.pictures)
    edits.apply()
    assert texts(tmp_path) == {"a.txt": "女孩\n".encode(), "b.caption": "女孩\n".encode(), "c.txt": old["c.txt"]}
    undo(tmp_path)
    assert texts(tmp_path) == old


def test_pictures_that_share_a_caption_are_edited_once(make_dataset: Callable[..., Dataset]) -> None:
    dataset = make_dataset({"a.png": "x", "a.webp": "x"})
    edits = edit_tags(dataset, [Add(("y",), "tail")], dataset.pictures)
    assert [(one.picture, one.after) for one in edits.captions] == [("a.png", "x, y")] and list(edits.contents) == [
        "a.txt"
    ]


def test_which_pictures_are_meant(make_dataset: Callable[..., Dataset]) -> None:
    dataset = make_dataset({"1_cat/a.png": "smile", "1_cat/b.png": None, "2_dog/a.png": "smile, hat"})

    def names(**conditions: object) -> list[str]:
        return [picture.name for picture in Selection(**conditions).of(dataset)]  # type: ignore[arg-type]

    assert names() == ["1_cat/a.png", "1_cat/b.png", "2_dog/a.png"]
    assert names(where=parse_expression("smile")) == ["1_cat/a.png", "2_dog/a.png"]
    assert names(where=parse_expression("smile"), concept="cat") == ["1_cat/a.png"]
    assert names(pictures=("2_dog/a.png", "1_cat/b.png"), where=parse_expression("NOT hat")) == ["1_cat/b.png"]
    with pytest.raises(UserError, match=r"no concept 'cta': did you mean 'cat'\?"):
        names(concept="cta")
    with pytest.raises(UserError, match=r"no usable picture 'a\.png'.*did you mean '._.../a\.png'"):
        names(pictures=("a.png",))


VIEW = '[pictures."a.png".views.face]\ncrop = [0, 0, 1, 1]\n'


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["a.png#face"], {"a.txt": b"smile", "a.face.txt": b"hat, smile\n"}),  # the picture's caption isn't touched
        (["a.png"], {"a.txt": b"hat, smile\n"}),
        (["a.png", "a.png#face"], {"a.txt": b"hat, smile\n"}),  # still shared
    ],
)
def test_a_view_gets_a_caption_of_its_own_if_it_alone_is_edited(
    tmp_path: Path, names: list[str], expected: dict[str, bytes]
) -> None:
    dataset = write_dataset(tmp_path, {"a.png": "smile"}, VIEW)
    chosen = [picture for picture in dataset.pictures if picture.name in names]
    edit_tags(dataset, [Add(("hat",), "head")], chosen).apply()
    assert texts(tmp_path) == {**expected, "danlu.toml": VIEW.encode()}
    undo(tmp_path)
    assert texts(tmp_path) == {"a.txt": b"smile", "danlu.toml": VIEW.encode()}
