"""Folders of datasets, prompts and other files, to kohya and back."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from danlu.interop.kohya.incoming.recipes import import_kohya
from danlu.interop.kohya.outgoing.export import Untold
from danlu.interop.kohya.outgoing.files import CONFIG, DATASET, export_kohya, write_exported
from danlu.recipe import merge, parse_recipe


def picture(path: Path, caption: str = ".txt") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (64, 64)).save(path)
    path.with_suffix(caption).write_text("zq, smile")


def exported(
    dataset: Path, out: Path, changes: dict[str, Any]
) -> tuple[dict[str, Any], list[dict[str, Any]], dict[str, Untold]]:
    """config.toml, the subsets, and what is told by place; the files are written."""
    recipe = parse_recipe(merge({"dataset": {"path": str(dataset)}}, changes), "a recipe")
    found = export_kohya(recipe, out)
    write_exported(found, out, overwrite=True)
    config, folders = (tomllib.loads(found.files[name]) for name in (CONFIG, DATASET))
    return config, folders["datasets"][0]["subsets"], {one.place: one for one in found.untold}


def test_folders_within_folders_come_back_as_one(tmp_path: Path) -> None:
    for name in ("6_a/1.png", "2_b/1.png", "2_b/more/1.png"):
        picture(tmp_path / "img" / name)
    picture(tmp_path / "正则" / "1_girl" / "1.png")
    _, subsets, _ = exported(
        tmp_path / "img", tmp_path / "out", {"dataset": {"regularization": str(tmp_path / "正则")}}
    )
    assert {(Path(one["image_dir"]).name, one["num_repeats"], one.get("is_reg", False)) for one in subsets} == {
        ("6_a", 6, False),
        ("2_b", 2, False),
        ("more", 2, False),
        ("1_girl", 1, True),
    }
    assert all(Path(one["image_dir"]).is_dir() for one in subsets)


def test_repeats_of_folders_come_back(tmp_path: Path) -> None:
    for name in ("6_a/1.png", "2_b/1.png"):
        picture(tmp_path / "img" / name)
    exported(tmp_path / "img", tmp_path / "out", {})
    dataset = import_kohya(tmp_path / "out" / CONFIG).recipe.dataset
    assert (dataset.path, dataset.repeats) == ((tmp_path / "img").as_posix(), None)
    exported(tmp_path / "img", tmp_path / "out", {"dataset": {"repeats": 3}})
    dataset = import_kohya(tmp_path / "out" / CONFIG).recipe.dataset
    assert (dataset.path, dataset.repeats) == ((tmp_path / "img").as_posix(), 3)


def test_files_that_moved_together_are_found(tmp_path: Path) -> None:
    picture(tmp_path / "img" / "1.png")
    exported(tmp_path / "img", tmp_path / "out", {})
    (tmp_path / "out").rename(tmp_path / "moved")
    assert import_kohya(tmp_path / "moved" / CONFIG).recipe.dataset.path == (tmp_path / "img").as_posix()


def test_what_only_danlu_knows_of_pictures_is_told(tmp_path: Path) -> None:
    for number in range(4):
        picture(tmp_path / "img" / f"{number}.png", ".caption" if number == 3 else ".txt")
    Image.new("L", (64, 64)).save(tmp_path / "img" / "1.mask.png")
    (tmp_path / "img" / "danlu.toml").write_text(
        '[pictures."0.png"]\ncrop = [0, 0, 32, 32]\n'
        '[pictures."1.png"]\nrepeats = 3\n'
        '[pictures."2.png"]\nexcluded = true\n'
    )
    _, subsets, told = exported(tmp_path / "img", tmp_path / "out", {"dataset": {"augmentation": {"colours": 2}}})
    assert {
        place: one.value for place, one in told.items() if not place.startswith(("base", "training", "previews"))
    } == {
        "danlu.toml: crop": 1,
        "danlu.toml: repeats": 1,
        "danlu.toml: excluded": 1,
        "*.mask.png": 1,
        ".caption": 1,
        "dataset.augmentation.colours": "2",
        "cache.latents": "disk",
    }
    assert subsets[0]["caption_extension"] == ".txt"


def test_masks_of_a_folder(tmp_path: Path) -> None:
    picture(tmp_path / "img" / "6_a" / "1.png")
    picture(tmp_path / "img" / "reg" / "1_girl" / "1.png")
    masks = tmp_path / "masks"
    (masks / "6_a").mkdir(parents=True)
    changes = {"dataset": {"masks": {"source": "files", "folder": str(masks)}}, "validation": {"share": 0.5}}
    config, subsets, told = exported(tmp_path / "img", tmp_path / "out", changes)
    assert config["masked_loss"] is True
    assert [one["conditioning_data_dir"] for one in subsets] == [(masks / "6_a").as_posix()]
    assert {"dataset.masks.folder", "dataset.regularization", "validation.share"} <= told.keys()
    Image.new("L", (64, 64)).save(masks / "6_a" / "1.png")
    _, _, told = exported(tmp_path / "img", tmp_path / "out", changes)
    assert "dataset.masks.folder" not in told
    back = import_kohya(tmp_path / "out" / CONFIG).recipe.dataset.masks
    assert (back.source, back.folder) == ("files", (masks / "6_a").as_posix())
    _, _, told = exported(tmp_path / "img", tmp_path / "out", {"dataset": {"masks": {"source": "files"}}})
    assert "dataset.masks.source" in told


def test_prefix_and_suffix_keep_their_commas(tmp_path: Path) -> None:
    picture(tmp_path / "img" / "1.png")
    captions = {"prefix": "best quality", "suffix": "smile", "shuffle": True}
    _, _, told = exported(tmp_path / "img", tmp_path / "out", {"dataset": {"captions": captions}})
    general = tomllib.loads((tmp_path / "out" / DATASET).read_text("utf-8"))["general"]
    assert (general["caption_prefix"], general["caption_suffix"]) == ("best quality,", ", smile")
    assert {"dataset.captions.prefix", "dataset.captions.suffix"} <= told.keys()


SUBSETS = (
    "[[datasets]]\n[[datasets.subsets]]\nimage_dir = '/d/6_a'\n{0}\n[[datasets.subsets]]\nimage_dir = '/d/2_b'\n{1}\n"
)


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        ("num_repeats = 6", "num_repeats = 2", ("/d", None)),
        ("num_repeats = 4", "num_repeats = 4", ("/d", 4)),
        ("num_repeats = 4", "num_repeats = 5", ("/d", None)),
        ("keep_tokens = 1", "keep_tokens = 2", ("/d", None)),
        ("num_repeats = 6", "num_repeats = 2\nis_reg = true\nclass_tokens = 'girl'", ("/d/6_a", 6)),
    ],
)
def test_several_folders_of_a_dataset_config(tmp_path: Path, first: str, second: str, said: object) -> None:
    path = tmp_path / "dataset.toml"
    path.write_text(SUBSETS.format(first, second))
    found = import_kohya(path)
    dataset = found.recipe.dataset
    differing = {"4": "num_repeats", "1": "keep_tokens"}.get(first[-1]) if first != second else None
    assert [fate.key for fate in found.dropped if fate.key != "class_tokens"] == ([differing] if differing else [])
    assert (dataset.path, dataset.repeats) == said
    assert dataset.regularization == ("/d/2_b" if "is_reg" in second else None)


def test_options_of_prompts_that_all_share_are_carried_over(tmp_path: Path) -> None:
    (tmp_path / "p.txt").write_text(
        "a --w 64 --h 96 --d 5 --s 9 --l 4.5 --g 2\n# remark\nb --n bad --d 6 --s 9 --h 96 --w 64\n"
    )
    path = tmp_path / "c.toml"
    path.write_text(f"train_data_dir = 'x'\nsample_prompts = '{(tmp_path / 'p.txt').as_posix()}'\n")
    found = import_kohya(path)
    previews = found.recipe.previews
    assert previews.prompts == ("a --l 4.5", "b --n bad")
    assert (previews.size, previews.seed, previews.steps) == ("64x96", 5, 9)
    assert (previews.negative, previews.cfg) == ("", 6.0)
    assert [fate.key for fate in found.dropped] == ["sample_prompts --g"]


@pytest.mark.parametrize(
    ("settings", "place", "expected"),
    [
        ("network_module = 'networks.dylora'", "adapter.kind", "dylora"),
        ("network_module = 'lycoris.kohya'\nnetwork_args = ['algo=lora']", "adapter.kind", "locon"),
        ("network_module = 'lycoris.kohya'\nnetwork_args = ['algo=locon', 'preset=attn-mlp']", "adapter.kind", "lora"),
        ("network_module = 'lycoris.kohya'\nnetwork_args = ['algo=loha']", "adapter.targets", "full"),
        ("network_module = 'lycoris.kohya'\nnetwork_args = ['algo=lokr', 'factor=-1']", "adapter.factor", None),
        (
            "network_module = 'lycoris.kohya'\nnetwork_args = ['algo=diag-oft']\nnetwork_dim = 4",
            "adapter.block_size",
            4,
        ),
        ("network_module = 'networks.lora'\nnetwork_args = ['conv_dim=4']", "adapter.conv_alpha", 1.0),
        ("optimizer_type = 'SGDNesterov'", "optimizer.nesterov", True),
        ("optimizer_args = ['weight_decay=0']", "optimizer.weight_decay", 0.0),
        ("lr_scheduler = 'constant'", "schedule.warmup", "0 steps"),
        ("lr_scheduler = 'polynomial'", "schedule.power", 1.0),
        ("keep_tokens = 0", "dataset.captions.keep_tokens", 0),
        ("resolution = 520", "dataset.buckets.resolution", 520),
        ("v_parameterization = true", "base.prediction", "v_prediction"),
        ("additional_parameters = '--zero_terminal_snr --min_timestep 20'", "objective.min_timestep", 20),
    ],
)
def test_what_kohya_means(tmp_path: Path, settings: str, place: str, expected: object) -> None:
    path = tmp_path / "c.toml"
    path.write_text(f"train_data_dir = 'x'\n{settings}\n")
    found = import_kohya(path).recipe.model_dump(mode="json")
    for name in place.split("."):
        found = found[name]
    assert found == expected


def test_a_module_that_is_not_there_is_told(tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    path.write_text("train_data_dir = 'x'\nnetwork_module = 'networks.new'\nnetwork_args = ['preset=unet-only']\n")
    found = import_kohya(path)
    assert {fate.key for fate in found.changed} == {"network_module"}
    assert "preset" in {fate.key for fate in found.dropped}
