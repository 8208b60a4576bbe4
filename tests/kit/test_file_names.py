"""Names of files, runs and recipes that do on every system, and those that don't."""

import pytest

from danlu.kit.errors import UserError
from danlu.kit.file_names import LONGEST_BYTES, is_reserved, name_fault, require_name, usable_name
from danlu.recipe import parse_recipe

BAD = [
    "",
    " ",
    "con",
    "NUL",
    "com1",
    "Con.v1",
    "a\\b",
    "a\x00",
    "Lpt9.png",
    "aux .txt",
    "-x",
    "--help",
    ".hidden",
    "a/b",
    "a|b",
    "a:b",
    "a\nb",
    "a.",
]
BAD += ["a ", " a", "字" * 80, "a" * 201, "\ud800"]


@pytest.mark.parametrize("name", ["a", "凝光 v2", "console", "com10", "a-b.c", "字" * 66, "x.con"])
def test_names_that_will_do(name: str) -> None:
    assert name_fault(name) is None
    assert usable_name(name, "lora").replace("-", " ") == name.replace("-", " ")


@pytest.mark.parametrize("name", BAD)
def test_names_that_will_not_do_have_a_sentence_and_a_nearest_name(name: str) -> None:
    fault = name_fault(name)
    assert fault is not None and "^" not in fault.en + fault.zh
    assert name_fault(usable_name(name, "lora")) is None


@pytest.mark.parametrize("name", ["con", "-x", "a|b", "字" * 80])
def test_a_recipe_tells_it_in_both_languages_without_a_pattern(name: str) -> None:
    with pytest.raises(UserError) as told:
        parse_recipe({"name": name, "dataset": {"path": "x"}}, "r.toml")
    text = told.value.text
    assert told.value.field == "name" and "name" in text.en and "请" in text.zh
    assert "pattern" not in text.en and "should" not in text.zh


def test_folders_are_refused_by_their_own_name_alone(tmp_path: object) -> None:
    from pathlib import Path

    require_name(Path("con/fine"))
    with pytest.raises(UserError, match="device"):
        require_name(Path("runs/con"))
    assert LONGEST_BYTES < 230 and is_reserved("PRN")
