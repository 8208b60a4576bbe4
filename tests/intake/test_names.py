"""Names: what people write survives, what some system can't have doesn't, and no two pictures share a caption."""

import os

from hypothesis import given
from hypothesis import strategies as st

from danlu.intake.layout import folders_for
from danlu.intake.metadata import read_metadata
from danlu.intake.names import Names, portable

ANY_NAME = st.text(st.characters(), max_size=120)


def test_what_people_write_survives() -> None:
    for name in ("01", "角色 05", "微笑 🎨 👩‍🎨", "Ünïcödé (2)", "a.b", "+1 #50%"):
        assert portable(name) == name


def test_what_some_system_cannot_have() -> None:
    assert [portable(name) for name in ("a:b?", "con", "NUL.x", "x. ", "", "a\nb", "e\u0301")] == [
        "a_b_", "_con", "_NUL.x", "x", "_", "a_b", "\u00e9",
    ]  # fmt: skip
    assert portable(os.fsdecode("角色".encode("gb18030"))) == "角色"
    assert len(portable("长" * 200).encode()) <= 180


@given(ANY_NAME)
def test_any_name_becomes_one_part_of_a_path(name: str) -> None:
    made = portable(name)
    assert made and made not in (".", "..") and not set(made) & set('<>:"|?*\\/\0\n')
    assert made == portable(made)
    assert len(made.encode()) <= 181


@given(
    st.lists(
        st.tuples(st.sampled_from(["", "A", "a"]), st.sampled_from(["x", "X", "x-2", "é", "e\u0301"])), max_size=12
    )
)
def test_no_two_pictures_share_a_stem_in_upper_or_lower_case(wanted: list[tuple[str, str]]) -> None:
    names = Names(["A/x.png"])
    taken = ["A/x.png", *(names.take(folder, portable(stem), ".png") for folder, stem in wanted)]
    assert len({name.casefold() for name in taken}) == len(taken)


def test_folders() -> None:
    assert folders_for("pics", ["a/b/1.png", "a/b/c/2.png"], in_kohya_folders=False) == {
        "a/b/1.png": "", "a/b/c/2.png": "c"
    }  # fmt: skip
    assert folders_for("pics", ["1.png"], in_kohya_folders=True) == {"1.png": "1_pics"}
    assert folders_for("p", ["img/6_A/x/1.png", "log/2.png", "reg/3.png"], in_kohya_folders=False) == {
        "img/6_A/x/1.png": "6_A/x", "log/2.png": None, "reg/3.png": "reg"
    }  # fmt: skip
    assert folders_for("reg", ["1_girl/1.png"], in_kohya_folders=False) == {"1_girl/1.png": "reg/1_girl"}


@given(st.binary(max_size=300) | st.recursive(st.text(), st.lists).map(lambda one: repr(one).encode()))
def test_any_json_is_metadata_or_not(content: bytes) -> None:
    read_metadata("a.json", content)


def test_what_is_no_metadata() -> None:
    assert read_metadata("a.json", b"[" * 100_000) is None
    assert read_metadata("a.json", b'{"a": {"caption": "x"}, "b": 3}') is None
