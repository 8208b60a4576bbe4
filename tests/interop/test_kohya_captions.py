"""kohya's settings about captions as a recipe, and those that it leaves out."""

import json
from pathlib import Path
from typing import Any

import pytest

from danlu.datasets.captions import CaptionConfig
from danlu.interop.kohya.incoming.recipes import Imported, import_kohya, write_imported
from danlu.recipe import load_recipe


def imported(tmp_path: Path, values: dict[str, Any]) -> Imported:
    path = tmp_path / "a.json"
    path.write_text(json.dumps(values), "utf-8")
    return import_kohya(path)


def test_settings_of_captions(tmp_path: Path) -> None:
    values = {
        "caption_suffix": "best quality",
        "keep_tokens_separator": "|||",
        "secondary_separator": ";;;",
        "enable_wildcard": True,
        "caption_dropout_every_n_epochs": 3,
        "token_warmup_step": 0.25,
        "token_warmup_min": 2,
    }
    found = imported(tmp_path, {"train_data_dir": "x", **values})
    assert found.dropped == []
    assert found.recipe.dataset.captions == CaptionConfig(
        keep_tokens=0,
        suffix="best quality",
        keep_separator="|||",
        group_separator=";;;",
        wildcards=True,
        caption_dropout_epochs=3,
        tag_warmup="25%",
        tag_warmup_start=2,
    )
    idle = imported(tmp_path, {"train_data_dir": "x", "token_warmup_step": 0, "token_warmup_min": 1})
    assert idle.recipe.dataset.captions == CaptionConfig(keep_tokens=0)


@pytest.mark.parametrize(("length", "read"), [("75", 75), (150, 150), ("225", 225), (255, 225), (None, 75)])
def test_lengths_in_tokens(tmp_path: Path, length: object, read: int) -> None:
    found = imported(tmp_path, {"train_data_dir": "x", "max_token_length": length})
    assert found.recipe.base.max_tokens == read


def test_what_kohya_leaves_out_or_switches_off_is_written_out(tmp_path: Path) -> None:
    """Our defaults are others: without this an imported run would be another run."""
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"train_data_dir": str(tmp_path), "max_grad_norm": 0}), "utf-8")
    imported = import_kohya(path)
    out = tmp_path / "recipe.toml"
    write_imported(imported, out)
    recipe = load_recipe(out)
    assert (recipe.objective.min_snr_gamma, recipe.training.max_gradient_norm) == (None, None)
    assert recipe.adapter.model_dump()["alpha"] == 1
    assert {fate.place for fate in imported.carried} >= {"objective.min_snr_gamma", "adapter.alpha"}
