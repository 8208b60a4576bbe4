"""Which layers are adapted: kohya's by default, by preset, by pattern, each with its own rank; mistakes are told."""

from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import torch
from diffusers import UNet2DConditionModel
from pydantic import ValidationError
from transformers import CLIPTextConfig, CLIPTextModel

from adapter_variants import KINDS
from danlu.adapters.base import Adapter
from danlu.adapters.kinds.dylora import DyLoRA
from danlu.adapters.kinds.ia3 import IA3
from danlu.adapters.kinds.locon import LoCon
from danlu.adapters.kinds.loha import LoHa
from danlu.adapters.kinds.lokr import LoKr
from danlu.adapters.kinds.lora import LoRA
from danlu.adapters.targets import Target, choose_layers, find_targets, planned_targets
from danlu.families.base import Base
from danlu.families.find import load_base
from danlu.kit.errors import UserError
from danlu.recipe import load_recipe, parse_recipe, render_recipe


@pytest.fixture(scope="module")
def sd15() -> list[Target]:
    """Every layer of Stable Diffusion 1.5 at its full size, without its weights."""
    with torch.device("meta"):
        unet = UNet2DConditionModel(cross_attention_dim=768, attention_head_dim=8)
        text = CLIPTextModel(CLIPTextConfig(hidden_size=768, intermediate_size=3072, num_attention_heads=12))
    components = {"unet": unet, "text_encoder": text}
    facts = SimpleNamespace(family="sd15", components={"unet": SimpleNamespace(config={})})
    return find_targets(cast(Base, SimpleNamespace(components=components, facts=facts)))


@pytest.fixture
def base(base_folder: Path) -> Base:
    return load_base(str(base_folder), dtype=torch.float32)


def names(adapter: Adapter, targets: list[Target]) -> list[str]:
    return [target.name for target, _ in choose_layers(adapter, targets)]


@pytest.mark.parametrize(
    ("preset", "unet", "text_encoder"),
    [("attention", 128, 48), ("attention+mlp", 192, 72), ("full", 278, 72), ("all", 282, 72)],
)
def test_sizes_of_the_presets(sd15: list[Target], preset: Any, unet: int, text_encoder: int) -> None:
    """192 + 72 are the layers of kohya's LoRA, 278 those with `conv_dim`; beyond are conv_in, conv_out, the time's."""
    chosen = choose_layers(LoCon(rank=4, targets=preset), sd15)
    assert Counter(target.component for target, _ in chosen) == {"unet": unet, "text_encoder": text_encoder}
    assert len(choose_layers(LoCon(rank=4, targets=preset, text_encoder=False), sd15)) == unet


def test_names_are_kohyas(sd15: list[Target]) -> None:
    shapes = {target.name: target.shape for target in sd15}
    for name, shape in (
        ("lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_q", (320, 320)),
        ("lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k", (320, 768)),
        ("lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_out_0", (320, 320)),
        ("lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_ff_net_0_proj", (2560, 320)),
        ("lora_unet_mid_block_attentions_0_proj_in", (1280, 1280, 1, 1)),
        ("lora_unet_down_blocks_1_resnets_0_conv_shortcut", (640, 320, 1, 1)),
        ("lora_unet_down_blocks_0_resnets_0_time_emb_proj", (320, 1280)),
        ("lora_unet_down_blocks_0_downsamplers_0_conv", (320, 320, 3, 3)),
        ("lora_unet_up_blocks_0_upsamplers_0_conv", (1280, 1280, 3, 3)),
        ("lora_te_text_model_encoder_layers_0_self_attn_q_proj", (768, 768)),
        ("lora_te_text_model_encoder_layers_11_mlp_fc2", (768, 3072)),
    ):
        assert shapes[name] == shape


def test_headers_tell_the_same_layers(base: Base) -> None:
    def known(targets: list[Target]) -> set[tuple[Any, ...]]:
        return {(one.component, one.path, one.name, one.shape) for one in targets}

    assert known(planned_targets(base.facts)) == known(find_targets(base))


def test_patterns(sd15: list[Target]) -> None:
    chosen = names(LoRA(include=("*attn2_to_[kv]", "*q_proj"), exclude=("*_up_blocks_*",)), sd15)
    assert len(chosen) == 2 * 7 + 12
    assert not any("up_blocks" in name for name in chosen)
    ia3 = {target.name: own for target, own in choose_layers(IA3(), sd15)}
    assert len(ia3) == 16 * 5 + 12 * 3
    on_input = {name for name, own in ia3.items() if isinstance(own, IA3) and own.on_input}
    assert on_input == {name for name in ia3 if name.endswith(("ff_net_2", "fc2"))}


def test_ranks_of_layers(sd15: list[Target]) -> None:
    adapter = LoCon(
        rank=16, alpha=8, conv_rank=4, conv_alpha=1, ranks={"*_mid_block_*": 32, "*_down_blocks_0_*": 0, "lora_te_*": 2}
    )
    found = {target.name: own for target, own in choose_layers(adapter, sd15)}

    def of(name: str) -> tuple[int, float | None]:
        own = found[name]
        assert isinstance(own, LoCon)
        return own.rank, own.alpha

    assert of("lora_unet_up_blocks_1_attentions_0_proj_in") == (16, 8)
    assert of("lora_unet_mid_block_attentions_0_proj_in") == (32, 16)
    assert of("lora_unet_up_blocks_1_resnets_0_conv1") == (4, 1)
    assert of("lora_unet_mid_block_resnets_0_conv1") == (32, 8)
    assert of("lora_unet_up_blocks_1_resnets_0_conv_shortcut") == (16, 8)
    assert of("lora_te_text_model_encoder_layers_0_mlp_fc1") == (2, 1)
    assert not any("down_blocks_0" in name for name in found)
    keeping = dict(choose_layers(LoCon(rank=16, alpha=8, conv_rank=4), sd15))
    conv = next(own for target, own in keeping.items() if target.name.endswith("mid_block_resnets_0_conv1"))
    assert isinstance(conv, LoCon) and (conv.rank, conv.alpha) == (4, 2)


@pytest.mark.parametrize(
    ("adapter", "english", "chinese"),
    [
        (LoRA(include=("*attn3*",)), r"adapter.include: '\*attn3\*' matches no layer of adapter.targets", "不符合"),
        (LoRA(exclude=("*resnets*",)), r"adapter.exclude: '\*resnets\*' matches no layer", "不符合"),
        (LoRA(ranks={"lora_te1_*": 4}), r"adapter.ranks: 'lora_te1_\*' matches no layer", "不符合"),
        (LoRA(include=("*to_k",), exclude=("*to_*",)), "leave no layer to train", "没有留下"),
        (
            LoRA(rank=400),
            "adapter.rank = 400 is more than layer 'lora_unet_down_blocks_0.* 320 × 320.*at most 320",
            "上限",
        ),
        (LoHa(rank=4, ranks={"*mid*": 1024}, conv_rank=500, tucker=True, targets="full"), "conv_rank = 500", "上限"),
        (DyLoRA(rank=8, ranks={"*_to_q": 1024}), r"adapter.ranks\['\*_to_q'\] = 1024 is more", "上限"),
    ],
)
def test_what_fits_no_layer_is_told(sd15: list[Target], adapter: Adapter, english: str, chinese: str) -> None:
    with pytest.raises(UserError, match=english) as caught:
        choose_layers(adapter, sd15)
    assert chinese in caught.value.text.zh


def test_a_rank_for_lokr_may_be_any(sd15: list[Target]) -> None:
    assert len(choose_layers(LoKr(rank=1024, targets="full"), sd15)) == 350


@pytest.mark.parametrize(
    ("values", "english", "chinese"),
    [
        ({"kind": "lora", "targets": "full"}, "holds convolutions, which this kind doesn't adapt", "卷积层"),
        ({"kind": "loha", "conv_rank": 4}, "conv_rank has no effect with targets 'attention+mlp'", "不起作用"),
        ({"kind": "lokr", "tucker": True}, "tucker has no effect", "不起作用"),
        ({"kind": "dylora", "rank": 6, "unit": 4}, "rank 6 isn't a multiple of unit 4", "倍数"),
        ({"kind": "lora", "ranks": {"*": 5000}}, r"ranks['*'] must be 0 to 1024", "0 到 1024"),
        ({"kind": "ia3", "rank": 4}, "'adapter.rank' is not known", "不存在"),
        ({"kind": "oft", "alpha": 4}, "'adapter.alpha' is not known", "不存在"),
        ({"kind": "lora", "dropout": 1}, "'adapter.dropout' must be less than 1", "必须小于 1"),
    ],
)
def test_mistakes_in_recipes_are_told(values: dict[str, Any], english: str, chinese: str) -> None:
    with pytest.raises(UserError) as caught:
        parse_recipe({"dataset": {"path": "x"}, "adapter": values}, "'recipe.toml'")
    assert english in caught.value.text.en
    assert chinese in caught.value.text.zh


@pytest.mark.parametrize("explained", [False, True])
def test_recipes_keep_patterns_and_ranks(tmp_path: Path, explained: bool) -> None:
    for kind, adapter in KINDS.items():
        ranks = {"ranks": {"*_mid_block_*": 4, "lora_te_*": 0}} if "ranks" in adapter.model_fields else {}
        values = {"kind": kind, "include": ["*_to_k", "*ff*"], "exclude": ["*up*"], "dropout": 0.1, **ranks}
        recipe = parse_recipe({"dataset": {"path": "/x"}, "adapter": values}, "t")
        file = tmp_path / "r.toml"
        file.write_text(render_recipe(recipe, explained=explained), encoding="utf-8")
        assert load_recipe(file) == recipe


def test_settings_are_checked_when_made() -> None:
    with pytest.raises(ValidationError):
        LoRA(ranks={"*": -1})
