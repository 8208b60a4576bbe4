"""Adapters of the embedded base, and of other narrow ones, are never taken for those of a released base."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
import torch

from adapter_making import make_adapter
from adapter_variants import VARIANTS
from danlu.adapters.base import Adapter
from danlu.adapters.files import read_adapter
from danlu.adapters.made_for import made_for, read_made_for, require_build, require_one_build, shapes_of
from danlu.families.base import Family
from danlu.families.builds import EMBEDDED
from danlu.families.find import find_base
from danlu.kit.errors import UserError
from danlu.kit.variants import kinds_of
from danlu.weights.safetensor_files import write_tensors

FAMILIES = kinds_of(Family)
OLD = {"ss_base_model_version": "sd_v1", "modelspec.architecture": "stable-diffusion-v1/lora"}
KEYS = {
    "kohya": (
        "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_q",
        "lora_down.weight",
        "lora_up.weight",
    ),
    "original": ("lora_unet_input_blocks_4_1_transformer_blocks_0_attn2_to_v", "lora_down.weight", "lora_up.weight"),
    "diffusers": ("unet.down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q", "lora_A.weight", "lora_B.weight"),
    "text": ("lora_te_text_model_encoder_layers_0_self_attn_q_proj", "lora_down.weight", "lora_up.weight"),
}


def shapes(key: str, width: int) -> Mapping[str, Sequence[int]]:
    layer, down, up = KEYS[key]
    return {f"{layer}.{down}": (4, width), f"{layer}.{up}": (width, 4)}


def test_the_embedded_base_has_a_name_of_its_own() -> None:
    family, facts = find_base("danlu-mini")
    assert family.build(facts) == EMBEDDED
    stated = family.adapter_metadata(facts)
    assert stated["modelspec.architecture"] == "danlu-mini/lora"
    assert not any("stable" in value or value.startswith("sd") for value in stated.values())


@pytest.mark.parametrize("adapter", VARIANTS.values(), ids=VARIANTS)
def test_old_files_of_the_embedded_base_are_known_by_their_widths(adapter: Adapter, tmp_path: Path) -> None:
    _, facts = find_base("danlu-mini")
    few = adapter.model_copy(update={"include": ("*down_blocks_0_attentions_0*", "*encoder_layers_0*")})
    path = make_adapter(facts, few, tmp_path / "a.safetensors", metadata=OLD)
    found = read_made_for(path)
    file = read_adapter(path)
    assert found == made_for(shapes_of(file.layers), file.metadata)
    assert found.alone() == EMBEDDED and found.fits(EMBEDDED)
    assert not any(found.fits(family.builds[0]) for family in FAMILIES.values())


@pytest.mark.parametrize("key", ["kohya", "original", "diffusers"])
@pytest.mark.parametrize("width", [320, 640, 1280])
def test_released_widths_are_no_news(key: str, width: int) -> None:
    found = made_for(shapes(key, width), OLD)
    assert found.alone() is None and all(family.builds[0].holds(found.unet, found.text) for family in FAMILIES.values())
    assert not found.fits(EMBEDDED)


@pytest.mark.parametrize("key", KEYS)
def test_narrow_bases_of_others_are_no_stable_diffusion(key: str) -> None:
    alone = made_for(shapes(key, 48), OLD).alone()
    assert alone is not None and alone != EMBEDDED


def test_what_tells_no_width_is_taken_at_its_word() -> None:
    convolution = {
        "lora_unet_conv_in.lora_up.weight": (320, 4, 1, 1),
        "lora_unet_conv_in.lora_down.weight": (4, 4, 3, 3),
    }
    assert made_for(convolution, OLD).alone() is None and made_for(convolution, {}).fits(EMBEDDED)
    assert made_for(convolution, {"modelspec.architecture": "danlu-mini/lora"}).alone() == EMBEDDED


def test_one_sentence_says_what_it_is(tmp_path: Path) -> None:
    _, facts = find_base("danlu-mini")
    large = made_for(shapes("kohya", 320), OLD)
    with pytest.raises(UserError, match="isn't a released Stable Diffusion model"):
        require_build(tmp_path / "sd15.safetensors", large, facts)
    mini = made_for(shapes("kohya", 96), OLD)
    with pytest.raises(UserError, match=r"'mini\.safetensors': Only for danlu-mini"):
        require_one_build([(tmp_path / "sd15.safetensors", large), (tmp_path / "mini.safetensors", mini)])


def test_a_mini_lora_on_another_base_is_refused_by_what_it_is(tmp_path: Path, base_folder: Path) -> None:
    _, mini = find_base("danlu-mini")
    _, facts = find_base(str(base_folder))
    path = make_adapter(mini, VARIANTS["lora"], tmp_path / "a.safetensors", metadata=OLD)
    with pytest.raises(UserError, match="Only for danlu-mini") as refused:
        require_build(path, read_made_for(path), facts)
    assert "sd_v1" not in refused.value.text.en and "danlu-mini" in refused.value.text.zh


def test_an_empty_file_says_nothing(tmp_path: Path) -> None:
    write_tensors(tmp_path / "a.safetensors", {"x.lora_up.weight": torch.ones(2, 2)}, {})
    assert read_made_for(tmp_path / "a.safetensors").fits(EMBEDDED)
