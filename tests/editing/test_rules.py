"""Rules between tags: the shipped ones make sense, a dataset's own go before them, mistakes in them are told."""

from pathlib import Path

import pytest

from danlu.editing.patterns import key_of
from danlu.editing.rules import OWN_RULES, read_rules
from danlu.kit.errors import UserError


def test_the_shipped_rules() -> None:
    rules = read_rules()
    assert rules.implied_by("Absurdly_long hair") == ("very long hair", "long hair")
    assert rules.implied_by("striped shirt") == ("shirt",) and rules.implied_by("no shirt") == ()
    assert rules.implied_by("hair bow") == ("bow", "hair ornament")
    assert rules.spelled("Gray_Hair") == "grey hair" and rules.spelled("grey hair") == "grey hair"
    names = {name for implied in rules.implies.values() for name in implied} | set(rules.aliases.values())
    assert all(name == key_of(name) == rules.spelled(name) for name in names)
    assert not rules.implies.keys() & rules.aliases.keys()


def test_a_dataset_s_own_rules_go_before(tmp_path: Path) -> None:
    own = (
        '[implies]\n"red qipao" = ["china dress"]\n"very long hair" = ["hair"]\n[aliases]\ncheongsam = "china dress"\n'
    )
    (tmp_path / OWN_RULES).write_text(own + '"{qi pao|旗袍}" = "cheongsam"\n', encoding="utf-8")
    rules = read_rules(tmp_path)
    assert rules.implied_by("red qipao") == ("china dress",)
    assert rules.implied_by("absurdly long hair") == ("very long hair", "hair")
    assert (rules.spelled("旗袍"), rules.spelled("smiling")) == ("china dress", "smile")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[implies", "isn't valid TOML"),
        ('[implies]\na = "b"', r"'implies\.a' won't do"),
        ("[imply]\n", "'imply' won't do"),
        ('[implies]\na = ["b"]\nb = ["A"]', "'a' would follow from itself"),
        ('[aliases]\na = "b"\nb = "a"', "'a' would follow from itself"),
    ],
)
def test_a_mistake_is_told(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / OWN_RULES).write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=rf"danlu-tags\.toml.*{told}|{told}"):
        read_rules(tmp_path)
