"""What a run's speed tells of runs with other settings on the same base."""

import json
from pathlib import Path

import pytest

from danlu.pipeline.speeds import expected_seconds, is_rough_time
from danlu.recipe import Recipe, parse_recipe


def recipe(**training: object) -> Recipe:
    return parse_recipe({"base": {"path": "a/sd 15"}, "dataset": {"path": "x"}, "training": training}, "r")


@pytest.fixture(autouse=True)
def measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two runs on `sd 15`: with batch 2 without preservation, and with batch 4 with it."""
    monkeypatch.setenv("DANLU_CACHE", str(tmp_path))
    keys = {"sd_15 auto auto 2 lora True False": 1e-6, "sd_15 auto auto 4 lora True True": 9e-6}
    (tmp_path / "speeds.json").write_text(json.dumps(keys), "utf-8")


def test_a_run_with_the_same_settings_is_told_as_it_is() -> None:
    made = recipe(batch_size=2)
    assert not is_rough_time(made)
    assert expected_seconds(made, 10, 1e6) == pytest.approx(10)


def test_other_settings_take_the_run_that_is_most_like_them() -> None:
    made = recipe(batch_size=8, precision="fp32")
    assert is_rough_time(made) and expected_seconds(made, 10, 1e6) == pytest.approx(10)


def test_another_base_isnt_known() -> None:
    made = parse_recipe({"base": {"path": "sdxl"}, "dataset": {"path": "x"}}, "r")
    assert expected_seconds(made, 10, 1e6) is None
