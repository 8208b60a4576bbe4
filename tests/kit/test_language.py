"""Two languages: which one is on, and texts that split."""

import pytest

from danlu.kit.errors import UserError, nearest
from danlu.kit.language import Text, both, language, pick, set_language


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "en_US", "DANLU_LANG": "zh"}, "zh"),
    ],
)
def test_the_locale_chooses(environment: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DANLU_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert language() == expected


def test_a_choice_wins_over_the_locale_until_it_is_taken_back() -> None:
    set_language("zh")
    assert (pick("a", "甲"), str(Text("b", "乙"))) == ("甲", "乙")
    set_language(None)
    assert pick("a", "甲") == "a"


def test_docstrings_split_at_the_chinese_mark() -> None:
    assert both("One.\n    Two.\n    中文: 一。\n    二。") == Text("One.\nTwo.", "一。\n二。")
    assert both("Only English.") == Text("Only English.", "Only English.")
    assert both(None) == Text("", "")


def test_a_user_error_speaks_the_language_that_is_on_when_it_is_shown() -> None:
    error = UserError("wrong", "错了")
    assert str(error) == "wrong"
    set_language("zh")
    assert str(error) == "错了"


def test_the_nearest_name_or_all_of_them() -> None:
    assert nearest("adamww", ["adamw", "prodigy"]) == Text("did you mean 'adamw'?", "是不是想写“adamw”？")
    assert nearest("xyz", ["b", "a"]) == Text("choose one of: a, b.", "可选：a、b。")
