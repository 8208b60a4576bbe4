"""kohya's settings about pictures (regularization, masks, augmentation, validation) as a recipe."""

import json
from pathlib import Path
from typing import Any

from danlu.interop.kohya.incoming.recipes import Imported, import_kohya, write_imported
from danlu.recipe import load_recipe


def imported(tmp_path: Path, values: dict[str, Any]) -> Imported:
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"train_data_dir": "img", **values}), "utf-8")
    return import_kohya(path)


def test_regularization(tmp_path: Path) -> None:
    found = imported(tmp_path, {"reg_data_dir": str(tmp_path / "正 则"), "prior_loss_weight": 0.5})
    assert found.recipe.objective.prior_weight == 0.5
    assert found.dropped == []
    out = tmp_path / "deep" / "recipe.toml"
    out.parent.mkdir()
    write_imported(found, out)
    assert Path(load_recipe(out).dataset.regularization or "").resolve() == (tmp_path / "正 则").resolve()
    assert str(tmp_path) not in out.read_text("utf-8")


def test_a_prior_weight_without_pictures_is_left_out(tmp_path: Path) -> None:
    found = imported(tmp_path, {"reg_data_dir": "", "prior_loss_weight": 1.0})
    assert [fate.key for fate in found.dropped] == ["prior_loss_weight"]
    assert found.recipe.dataset.regularization is None


def test_a_prior_weight_of_nothing_is_told(tmp_path: Path) -> None:
    found = imported(tmp_path, {"reg_data_dir": "/data/reg", "prior_loss_weight": 0})
    assert [fate.key for fate in found.dropped] == ["prior_loss_weight"]


def test_masks_of_a_folder(tmp_path: Path) -> None:
    values = {"masked_loss": True, "conditioning_data_dir": str(tmp_path / "masks"), "alpha_mask": True}
    found = imported(tmp_path, values)
    assert found.recipe.dataset.masks.source == "files"
    assert [fate.key for fate in found.dropped] == ["alpha_mask"]
    out = tmp_path / "deep" / "recipe.toml"
    out.parent.mkdir()
    write_imported(found, out)
    assert Path(load_recipe(out).dataset.masks.folder or "").resolve() == tmp_path / "masks"


def test_alpha_masks(tmp_path: Path) -> None:
    found = imported(tmp_path, {"masked_loss": False, "alpha_mask": "true", "conditioning_data_dir": "masks"})
    assert found.recipe.dataset.masks.source == "alpha"
    assert [fate.key for fate in found.dropped] == ["conditioning_data_dir"]


def test_masked_loss_without_masks_is_told(tmp_path: Path) -> None:
    found = imported(tmp_path, {"masked_loss": True})
    assert found.recipe.dataset.masks.source == "none"
    assert [fate.key for fate in found.dropped] == ["masked_loss"]


def test_augmentation(tmp_path: Path) -> None:
    augmentation = imported(tmp_path, {"flip_aug": True, "color_aug": 1}).recipe.dataset.augmentation
    assert (augmentation.flip, augmentation.colours) == (True, 4)
    augmentation = imported(tmp_path, {"flip_aug": False, "color_aug": False}).recipe.dataset.augmentation
    assert (augmentation.flip, augmentation.colours) == (False, 0)


def test_validation(tmp_path: Path) -> None:
    values = {
        "validation_split": 0.1,
        "validation_seed": 7,
        "validate_every_n_epochs": 2,
        "max_validation_steps": 50,
    }
    found = imported(tmp_path, values)
    validation = found.recipe.validation
    assert (validation.share, validation.seed, str(validation.every)) == (0.1, 7, "2 epochs")
    assert [fate.key for fate in found.dropped] == ["max_validation_steps"]
    steps = imported(tmp_path, {**values, "validate_every_n_steps": "50"}).recipe.validation
    assert str(steps.every) == "50 steps"


def test_what_is_saved_without_a_split_is_left_out(tmp_path: Path) -> None:
    found = imported(tmp_path, {"validation_split": 0, "validation_seed": 7, "validate_every_n_steps": 0})
    assert not found.recipe.validation.is_on
    assert [fate.key for fate in found.dropped] == ["validation_seed"]


def test_small_pictures_are_not_enlarged_if_kohya_did_not(tmp_path: Path) -> None:
    found = imported(tmp_path, {"enable_bucket": True, "bucket_no_upscale": True})
    assert found.recipe.dataset.buckets.enlarge is False and found.dropped == []
    off = imported(tmp_path, {"enable_bucket": False, "bucket_no_upscale": True})
    assert [fate.key for fate in off.dropped] == ["bucket_no_upscale"]
