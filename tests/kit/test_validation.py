"""Pydantic's findings become sentences that name the key and the way out, in both languages."""

from typing import Any

import pytest

from danlu.kit.errors import UserError
from danlu.recipe import parse_recipe


@pytest.mark.parametrize(
    ("values", "en", "zh"),
    [
        ({"optimiser": {}}, "'optimiser' is not known: did you mean 'optimizer'?", "“optimizer”"),
        ({"optimizer": {"kind": "adamw", "lrr": 1}}, "did you mean 'lr'?", "“lr”"),
        ({"optimizer": {"kind": "adamww"}}, "no kind 'adamww': did you mean 'adamw'?", "没有名为“adamww”"),
        ({"adapter": {"kind": "lora", "rank": 0}}, "'adapter.rank' must be at least 1", "不能小于 1"),
        ({"adapter": {"kind": "lora", "rank": "big"}}, "must be a whole number", "必须是整数"),
        ({"training": {"length": "ten"}}, "number and its unit", "数字和单位"),
        ({"training": {"precision": "fp8"}}, "can't be 'fp8'", "不能为"),
        ({"dataset": {}}, "'dataset.path' is missing", "缺少"),
        ({"schedule": {"kind": "cosine", "cycles": 5}}, "schedule.cycles has no effect", "不起作用"),
    ],
)
def test_each_mistake_is_one_sentence(values: dict[str, Any], en: str, zh: str) -> None:
    with pytest.raises(UserError) as caught:
        parse_recipe({"dataset": {"path": "x"}, **values}, "'r.toml'")
    text = caught.value.text
    assert "'r.toml'" in text.en and en in text.en and zh in text.zh
    assert "\n" not in text.en + text.zh
    assert any("\u4e00" <= character <= "\u9fff" for character in text.zh)
