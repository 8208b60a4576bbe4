"""kohya's LoRA+ ratios, weights of U-Net blocks and largest norms become ours, or are told with the reason."""

import json
import math
import re
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from danlu.interop.kohya.incoming.recipes import Imported, import_kohya

GUI: dict[str, Any] = {"train_data_dir": "/data/img", "sdxl": False, "network_dim": 4}
ALL_ONES = ",".join(["1"] * 12)


def imported(folder: Path, values: dict[str, Any]) -> Imported:
    path = folder / "kohya.json"
    path.write_text(json.dumps({**GUI, **values}), "utf-8")
    return import_kohya(path)


def reasons(found: Imported) -> dict[str, str]:
    return {fate.key: fate.reason.en for fate in found.dropped if fate.reason}


@pytest.mark.parametrize(
    ("given", "unet", "text"),
    [
        ({"loraplus_lr_ratio": 16}, 16, 16),
        ({"loraplus_unet_lr_ratio": 16}, 16, 1),
        ({"loraplus_text_encoder_lr_ratio": "8"}, 1, 8),
        ({"loraplus_lr_ratio": 4, "loraplus_unet_lr_ratio": 16}, 16, 4),
        ({"loraplus_lr_ratio": 4, "loraplus_unet_lr_ratio": 16, "loraplus_text_encoder_lr_ratio": 2}, 16, 2),
        ({"loraplus_lr_ratio": 0, "loraplus_unet_lr_ratio": 0, "loraplus_text_encoder_lr_ratio": 0}, 1, 1),
        ({"network_args": ["loraplus_lr_ratio=16"]}, 16, 16),
        ({"loraplus_lr_ratio": 16, "network_train_unet_only": True}, 16, 16),
    ],
)
def test_ratios_count_as_in_sd_scripts(tmp_path: Path, given: dict[str, Any], unet: float, text: float) -> None:
    found = imported(tmp_path, given)
    optimizer = found.recipe.optimizer
    assert (optimizer.lora_plus_of("unet"), optimizer.lora_plus_of("text_encoder")) == (unet, text)
    told = {fate.key for fate in found.fates}
    assert {key for key, value in given.items() if key.startswith("loraplus") and value} <= told


def test_ratios_that_do_nothing_there(tmp_path: Path) -> None:
    loha = imported(
        tmp_path, {"network_module": "lycoris.kohya", "network_args": ["algo=loha", "loraplus_lr_ratio=16"]}
    )
    assert reasons(loha) == {"loraplus_lr_ratio": "it has no effect there on this kind"}
    alone = imported(tmp_path, {"loraplus_text_encoder_lr_ratio": 8, "network_train_unet_only": True})
    assert reasons(alone) == {"loraplus_text_encoder_lr_ratio": "the text encoder isn't trained"}


def test_the_largest_norm(tmp_path: Path) -> None:
    assert imported(tmp_path, {"scale_weight_norms": 1.5}).recipe.training.max_weight_norm == 1.5
    assert imported(tmp_path, {"scale_weight_norms": 0}).recipe.training.max_weight_norm is None
    for arguments in (["algo=ia3"], ["algo=lora", "dora_wd=True"]):
        found = imported(
            tmp_path, {"network_module": "lycoris.kohya", "network_args": arguments, "scale_weight_norms": 1.0}
        )
        assert "isn't a product" in reasons(found)["scale_weight_norms"]


def sd_scripts_block(layer: str) -> int:
    """Which of sd-scripts' 25 blocks (12 down, the middle, 12 up) a layer of SD1 is in."""
    if "mid_block" in layer:
        return 12
    match = re.search(r"(down|up)_blocks_(\d+)_(resnets|attentions|downsamplers|upsamplers)_(\d+)_", layer)
    assert match is not None
    side, block, part, place = match.groups()
    index = 3 * int(block) + (2 if "samplers" in part else int(place))
    return 1 + index if side == "down" else 13 + index


def layers_of_sd15(*, wide: bool) -> list[str]:
    """One layer of each part of Stable Diffusion 1's U-Net that has a LoRA."""
    parts = ["mid_block_attentions_0_proj_in", *(["mid_block_resnets_0_conv1"] if wide else [])]
    for block in range(4):
        parts += [f"down_blocks_{block}_attentions_{n}_proj_in" for n in range(2) if block < 3]
        parts += [f"up_blocks_{block}_attentions_{n}_proj_in" for n in range(3) if block > 0]
        if wide:
            parts += [f"down_blocks_{block}_resnets_{n}_conv1" for n in range(2)]
            parts += [f"up_blocks_{block}_resnets_{n}_conv1" for n in range(3)]
            parts += [f"{side}_blocks_{block}_{side}samplers_0_conv" for side in ("down", "up") if block < 3]
    return [f"lora_unet_{part}" for part in parts]


@pytest.mark.parametrize("wide", [False, True])
def test_each_layer_has_the_weight_of_its_block(tmp_path: Path, wide: bool) -> None:
    weights = [round(0.5 + place / 100, 2) for place in range(25)]
    shown = [",".join(map(str, part)) for part in (weights[:12], weights[12:13], weights[13:])]
    given = dict(zip(("down_lr_weight", "mid_lr_weight", "up_lr_weight"), shown, strict=True))
    kind = {"LoRA_type": "Kohya LoCon", "conv_dim": 4} if wide else {}
    optimizer = imported(tmp_path, {**given, **kind}).recipe.optimizer
    layers = layers_of_sd15(wide=wide)
    assert {name: optimizer.factor_of(name) for name in layers} == {
        name: weights[sd_scripts_block(name)] for name in layers
    }
    for pattern in optimizer.rate_factors:  # one that names nothing would be refused
        assert any(fnmatchcase(name, pattern) for name in layers), pattern


def test_zeros_leave_layers_out_and_ones_say_nothing(tmp_path: Path) -> None:
    given = {"down_lr_weight": "1,0.05,1,1,1,1,1,1,1,1,1,1", "mid_lr_weight": "0", "up_lr_weight": ALL_ONES}
    found = imported(tmp_path, {**given, "block_lr_zero_threshold": 0.1})
    assert found.recipe.optimizer.rate_factors == {}
    assert found.recipe.adapter.exclude == ("lora_unet_down_blocks_0_attentions_0_*", "lora_unet_mid_block_*")
    assert {fate.key for fate in found.carried} >= {"down_lr_weight", "mid_lr_weight", "block_lr_zero_threshold"}
    assert reasons(imported(tmp_path, {"up_lr_weight": ALL_ONES})) == {"up_lr_weight": "all of its weights are 1"}


def test_curves_and_sdxl(tmp_path: Path) -> None:
    factors = imported(tmp_path, {"up_lr_weight": "cosine+.25"}).recipe.optimizer.rate_factors
    assert factors["lora_unet_up_blocks_3_attentions_0_*"] == round(math.cos(math.pi / 2 * 9 / 11) + 0.25, 4)
    sdxl = imported(tmp_path, {"sdxl": True, "down_lr_weight": "1,1,1,1,.5", "mid_lr_weight": "1,.25,1"})
    assert sdxl.recipe.optimizer.rate_factors == {"lora_unet_input_blocks_4_*": 0.5, "lora_unet_middle_block_1_*": 0.25}


def test_a_base_that_is_not_here_leaves_the_layers_open(tmp_path: Path) -> None:
    values = {"mid_lr_weight": "0.5", "pretrained_model_name_or_path": "/nowhere.safetensors", "sdxl": None}
    (tmp_path / "kohya.json").write_text(json.dumps({"train_data_dir": "/data/img", **values}))
    found = import_kohya(tmp_path / "kohya.json")
    assert "depends on the base" in reasons(found)["mid_lr_weight"]
