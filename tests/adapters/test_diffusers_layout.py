"""Adapter files between kohya's layout and that of diffusers: what is kept, what is understood, what is refused."""

import json
from pathlib import Path

import pytest
import torch

from adapter_making import make_adapter
from adapter_variants import VARIANTS
from danlu.adapters.diffusers_layout import SETTINGS
from danlu.adapters.files import kind_in, read_adapter
from danlu.adapters.kinds.lora import LoRA
from danlu.families.base import BaseFacts
from danlu.families.find import find_base
from danlu.kit.errors import UserError
from danlu.pipeline.convert import convert_adapter
from danlu.weights.safetensor_files import read_tensors, write_tensors

PLAIN = LoRA(rank=4, alpha=3)


@pytest.fixture(scope="module")
def facts(base_folder: Path) -> BaseFacts:
    return find_base(str(base_folder))[1]


def there_and_back(file: Path) -> bytes:
    there = convert_adapter(file, file.with_name("there.safetensors"))
    return convert_adapter(there.path, file.with_name("back.safetensors")).path.read_bytes()


@pytest.mark.parametrize("precision", ["fp32", "fp16", "bf16"])
def test_there_and_back_is_the_same_file(facts: BaseFacts, precision, tmp_path: Path) -> None:
    file = make_adapter(facts, PLAIN, tmp_path / "a.safetensors", precision=precision, metadata={"ss_tag": "猫"})
    assert there_and_back(file) == file.read_bytes()


@pytest.mark.parametrize("alpha", [torch.float16, torch.bfloat16, None])
def test_alphas_come_back_as_they_were(facts: BaseFacts, alpha: torch.dtype | None, tmp_path: Path) -> None:
    """Other programs keep alpha in the numbers' own format, or not at all."""
    made = make_adapter(facts, PLAIN, tmp_path / "made.safetensors", precision="fp16")
    tensors, metadata = read_tensors(made)
    kept = {
        name: tensor.to(alpha) if alpha and name.endswith("alpha") else tensor
        for name, tensor in tensors.items()
        if alpha or not name.endswith("alpha")
    }
    file = tmp_path / "a.safetensors"
    write_tensors(file, kept, metadata)
    assert there_and_back(file) == file.read_bytes()


def test_settings_are_whole_for_every_part(facts: BaseFacts, tmp_path: Path) -> None:
    """diffusers takes a rank that isn't there for 8."""
    adapter = LoRA(rank=4, alpha=2, ranks={"*_attn1_to_q": 2})
    file = make_adapter(facts, adapter, tmp_path / "a.safetensors")
    _, metadata = read_tensors(convert_adapter(file, tmp_path / "b.safetensors").path)
    settings = json.loads(metadata[SETTINGS])
    assert (settings["unet.r"], settings["unet.lora_alpha"], settings["text_encoder.r"]) == (4, 2, 4)
    special = settings["unet.rank_pattern"]
    assert special and set(special.values()) == {2} and all(name.endswith("attn1.to_q") for name in special)
    assert settings["unet.alpha_pattern"] == dict.fromkeys(special, 1.0)
    assert set(special) < set(settings["unet.target_modules"])


ATTENTION = "mid_block.attentions.0.transformer_blocks.0"
TEXT = "text_encoder.text_model.encoder.layers.3"


@pytest.mark.parametrize(
    ("down", "up", "layer"),
    [
        ("unet.conv_in.lora_A.weight", "unet.conv_in.lora_B.weight", "unet_conv_in"),
        (f"unet.{ATTENTION}.attn2.to_k.lora.down.weight", f"unet.{ATTENTION}.attn2.to_k.lora.up.weight",
         "unet_mid_block_attentions_0_transformer_blocks_0_attn2_to_k"),
        (f"unet.{ATTENTION}.attn1.processor.to_out_lora.down.weight",
         f"unet.{ATTENTION}.attn1.processor.to_out_lora.up.weight",
         "unet_mid_block_attentions_0_transformer_blocks_0_attn1_to_out_0"),
        ("text_encoder.encoder.layers.3.mlp.fc1.lora_A.weight", f"{TEXT}.mlp.fc1.lora_B.weight",
         "te_text_model_encoder_layers_3_mlp_fc1"),
        (f"{TEXT}.self_attn.q_proj.lora_linear_layer.down.weight",
         f"{TEXT}.self_attn.q_proj.lora_linear_layer.up.weight", "te_text_model_encoder_layers_3_self_attn_q_proj"),
        (f"{TEXT}.self_attn.to_out_lora.down.weight", f"{TEXT}.self_attn.to_out_lora.up.weight",
         "te_text_model_encoder_layers_3_self_attn_out_proj"),
    ],
)  # fmt: skip
def test_names_of_all_ages_are_read(down: str, up: str, layer: str, tmp_path: Path) -> None:
    write_tensors(tmp_path / "a.safetensors", {down: torch.ones(2, 8), up: torch.ones(8, 2)}, {})
    file = read_adapter(tmp_path / "a.safetensors")
    ((name, found),) = file.layers.items()
    assert name == f"lora_{layer}"
    assert (found["lora_down.weight"].shape, found["lora_up.weight"].shape) == ((2, 8), (8, 2))
    assert float(found["alpha"]) == 2 and kind_in(file) == "lora"


@pytest.mark.parametrize("name", ["lora dora", "loha", "lokr", "ia3", "oft", "locon tucker"])
def test_kinds_that_the_other_layout_cannot_hold_are_refused(facts: BaseFacts, name: str, tmp_path: Path) -> None:
    file = make_adapter(facts, VARIANTS[name], tmp_path / "a.safetensors")
    with pytest.raises(UserError, match=r"plain LoRA only.*danlu resize"):
        convert_adapter(file, tmp_path / "b.safetensors")
    assert not (tmp_path / "b.safetensors").exists()


@pytest.mark.parametrize(
    ("names", "metadata", "told"),
    [
        (["unet.mid_block.attentions.0.proj_in.lora_magnitude_vector"], {}, "lora_magnitude_vector"),
        (["unet.mid_block.attentions.0.proj_in.lora_A.weight"], {}, "mid_block.attentions.0.proj_in"),
        (["unet.double_blocks.0.img_attn.lora_A.weight"], {}, "Flux"),
        (["text_encoder_2.encoder.x.lora_A.weight", "unet.down_blocks.9.x.lora_A.weight"], {}, "encoder.x"),
        (["unet.conv_in.lora_A.weight", "unet.conv_in.lora_B.weight"], {SETTINGS: "{broken"}, "broken metadata"),
        (["unet.conv_in.lora_A.weight", "unet.conv_in.lora_B.weight"], {SETTINGS: "[1]"}, "broken metadata"),
    ],
)
def test_what_is_no_such_lora_is_told(names: list[str], metadata, told: str, tmp_path: Path) -> None:
    write_tensors(tmp_path / "a.safetensors", {name: torch.ones(2, 2) for name in names}, metadata)
    with pytest.raises(UserError, match=told):
        read_adapter(tmp_path / "a.safetensors")


def test_layers_of_another_architecture_are_not_converted(tmp_path: Path) -> None:
    layer = {"lora_down.weight": torch.ones(2, 4), "lora_up.weight": torch.ones(4, 2)}
    named = {f"lora_unet_double_blocks_0_img_attn_proj.{suffix}": tensor for suffix, tensor in layer.items()}
    write_tensors(tmp_path / "flux.safetensors", named, {})
    with pytest.raises(UserError, match="is a LoRA for Flux"):
        convert_adapter(tmp_path / "flux.safetensors", tmp_path / "b.safetensors")


def test_nothing_to_convert_is_told(facts: BaseFacts, tmp_path: Path) -> None:
    file = make_adapter(facts, PLAIN, tmp_path / "a.safetensors")
    with pytest.raises(UserError, match="'kohya' already"):
        convert_adapter(file, tmp_path / "b.safetensors", "kohya")
    with pytest.raises(UserError, match="one of the files that are read"):
        convert_adapter(file, tmp_path / "." / "a.safetensors")
    with pytest.raises(UserError, match=r"must end in \.safetensors"):
        convert_adapter(file, tmp_path / "b.pt")
