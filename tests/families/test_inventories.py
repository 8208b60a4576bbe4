"""The real widths, on the meta device: every key of the original layout, and every layer's name in adapter files."""

import re
from collections import Counter
from pathlib import Path

import pytest
from bench.checkpoints import TEXTS, UNETS, config_of, make_modules

from danlu.adapters.targets import Target, find_targets, planned_targets
from danlu.families.base import Base, Family
from danlu.families.stable_diffusion import StableDiffusionBase
from danlu.kit.variants import kinds_of
from danlu.weights.components import plain_name
from danlu.weights.headers import Entry, Header
from danlu.weights.loading import require_fit
from danlu.weights.single_file import components_in
from danlu.weights.stored import StoredBase
from danlu.weights.writing import original_tensors

# Known from the released checkpoints: tensors of the U-Net (by prefix), of the VAE.
UNET_KEYS = {"sd15": 686, "sd2": 686, "sdxl": 1680}
VAE_KEYS = 248
KNOWN = {
    "sd15": {
        "model.diffusion_model.input_blocks.1.1.proj_in.weight": (320, 320, 1, 1),
        "model.diffusion_model.output_blocks.5.2.conv.weight": (1280, 1280, 3, 3),
        "model.diffusion_model.output_blocks.2.1.conv.weight": (1280, 1280, 3, 3),
        "first_stage_model.decoder.up.3.block.0.conv1.weight": (512, 512, 3, 3),
        "first_stage_model.encoder.mid.attn_1.q.weight": (512, 512, 1, 1),
        "cond_stage_model.transformer.text_model.encoder.layers.11.mlp.fc2.weight": (768, 3072),
    },
    "sd2": {
        "model.diffusion_model.input_blocks.1.1.proj_in.weight": (320, 320),
        "cond_stage_model.model.transformer.resblocks.23.attn.in_proj_weight": (3072, 1024),
        "cond_stage_model.model.positional_embedding": (77, 1024),
    },
    "sdxl": {
        "model.diffusion_model.label_emb.0.0.weight": (1280, 2816),
        "model.diffusion_model.input_blocks.8.1.transformer_blocks.9.attn2.to_k.weight": (1280, 2048),
        "model.diffusion_model.output_blocks.2.2.conv.weight": (1280, 1280, 3, 3),
        "model.diffusion_model.output_blocks.8.0.skip_connection.weight": (320, 640, 1, 1),
        "conditioner.embedders.0.transformer.text_model.final_layer_norm.weight": (768,),
        "conditioner.embedders.1.model.text_projection": (1280, 1280),
        "conditioner.embedders.1.model.transformer.resblocks.31.mlp.c_fc.bias": (5120,),
    },
}


class World:
    """A family's modules on the meta device, and the header of the file that they would be saved as."""

    def __init__(self, family: str) -> None:
        self.family = family
        self.modules = make_modules(family)
        stated = {name: (config_of(module), module.state_dict()) for name, module in self.modules.items()}
        self.tensors = original_tensors(stated)
        entries = {name: Entry(tuple(tensor.shape), "F16", 0, 0) for name, tensor in self.tensors.items()}
        self.header = Header(Path("base.safetensors"), entries, {})
        self.components = {component.name: component for component in components_in(self.header)}


@pytest.fixture(scope="module", params=list(UNETS))
def world(request: pytest.FixtureRequest) -> World:
    return World(request.param)


def test_every_key_is_one_tensor_of_the_right_shape(world: World) -> None:
    for name, module in world.modules.items():
        component = world.components[name]
        wanted = {key: tuple(tensor.shape) for key, tensor in module.state_dict().items()}
        require_fit(component, wanted)
        assert len(component.parts) == len(wanted)


def test_every_original_key_is_used_once(world: World) -> None:
    uses = Counter(part.key for component in world.components.values() for part in component.parts.values())
    # SD2's last text layer is in the file though nothing uses it.
    assert set(uses) == {key for key in world.tensors if "cond_stage_model.model.transformer.resblocks.23." not in key}
    for key, count in uses.items():
        assert count == (3 if ".attn.in_proj_" in key else 1), key


def test_known_keys_and_counts(world: World) -> None:
    shapes = {key: tuple(tensor.shape) for key, tensor in world.tensors.items()}
    for key, shape in KNOWN[world.family].items():
        assert shapes[key] == shape, key
    assert sum(key.startswith("model.diffusion_model.") for key in shapes) == UNET_KEYS[world.family]
    assert sum(key.startswith("first_stage_model.") for key in shapes) == VAE_KEYS


def test_configs_read_off_shapes(world: World) -> None:
    unet = world.components["unet"].config
    written = world.modules["unet"].config
    for key, value in unet.items():
        stated = written[key]
        if key == "transformer_layers_per_block" and isinstance(stated, int):
            stated = [stated] * len(value)
        assert value == (list(stated) if isinstance(stated, tuple) else stated), key
    for name, config in zip(("text_encoder", "text_encoder_2"), TEXTS[world.family], strict=False):
        found = dict(world.components[name].config)
        assert {key: found[key] for key in config} == config


def adaptable(world: World) -> Base:
    """The base without weights, for its layers' names."""
    stored = StoredBase(Path(), world.components, {}, {})
    kind = kinds_of(Family)[world.family]
    facts = kind.facts(stored, "epsilon")
    made = kind.load.__globals__.get("SDXLBase", StableDiffusionBase)
    base: Base = object.__new__(made)
    base.facts = facts
    base.components = {name: module for name, module in world.modules.items() if name != "vae"}
    return base


def test_adapter_names(world: World) -> None:
    every = [target for target in find_targets(adaptable(world)) if not target.is_norm]
    with_convolutions = sum(target.is_in("full") for target in every if target.component == "unet")
    assert with_convolutions == {"sd15": 278, "sd2": 278, "sdxl": 788}[world.family]
    targets = [target for target in every if target.is_in("attention+mlp")]
    counts = Counter(target.component for target in targets)
    expected = {
        "sd15": {"unet": 192, "text_encoder": 72},
        "sd2": {"unet": 192, "text_encoder": 138},
        "sdxl": {"unet": 722, "text_encoder": 72, "text_encoder_2": 192},
    }
    assert counts == expected[world.family]
    assert len({target.name for target in targets}) == len(targets)
    names = {target.name: target.shape for target in targets}
    for name, shape in ADAPTED[world.family].items():
        assert names[name] == shape
    pattern = SDXL_NAME if world.family == "sdxl" else SD_NAME
    for name in names:
        assert re.fullmatch(pattern, name), name


def test_plans_know_the_same_layers(world: World) -> None:
    base = adaptable(world)

    def known(targets: list[Target]) -> set[tuple[object, ...]]:
        # Paths may differ: some text encoders have a level `text_model.` that names in files don't tell.
        return {(one.component, one.name, one.shape) for one in targets}

    assert known(planned_targets(base.facts)) == known(find_targets(base))


def test_names_lead_back_to_layers(world: World) -> None:
    """Without a base, by what is usual for the family: every layer that can be adapted has its own name and place."""
    base = adaptable(world)
    family = kinds_of(Family)[world.family]
    for target in find_targets(base):
        path = plain_name(target.path)
        assert family.adapter_place(target.name) == (target.component, path)
        assert family.adapter_naming(family.usual_blocks, target.component)(path) == target.name


TEXT_NAME = r"_text_model_encoder_layers_\d+_(self_attn_(q|k|v|out)_proj|mlp_fc[12])"
BLOCK = r"(proj_in|proj_out|transformer_blocks_\d_(attn[12]_to_(q|k|v|out_0)|ff_net_0_proj|ff_net_2))"
SD_NAME = rf"lora_unet_((down|up)_blocks_\d_attentions_\d_{BLOCK}|mid_block_attentions_0_{BLOCK})|lora_te{TEXT_NAME}"
SDXL_NAME = rf"lora_unet_((input|output)_blocks_\d_1_{BLOCK}|middle_block_1_{BLOCK})|lora_te[12]{TEXT_NAME}"
ADAPTED = {
    "sd15": {
        "lora_unet_down_blocks_0_attentions_0_proj_in": (320, 320, 1, 1),
        "lora_unet_mid_block_attentions_0_transformer_blocks_0_attn2_to_k": (1280, 768),
        "lora_te_text_model_encoder_layers_11_self_attn_q_proj": (768, 768),
    },
    "sd2": {
        "lora_unet_up_blocks_3_attentions_2_proj_out": (320, 320),
        "lora_te_text_model_encoder_layers_22_mlp_fc1": (4096, 1024),
    },
    "sdxl": {
        "lora_unet_input_blocks_4_1_transformer_blocks_1_attn2_to_k": (640, 2048),
        "lora_unet_middle_block_1_transformer_blocks_9_ff_net_0_proj": (10240, 1280),
        "lora_unet_output_blocks_5_1_proj_out": (640, 640),
        "lora_te1_text_model_encoder_layers_0_mlp_fc2": (768, 3072),
        "lora_te2_text_model_encoder_layers_31_self_attn_out_proj": (1280, 1280),
    },
}


def test_sd2_without_the_layer_that_nobody_uses() -> None:
    """As files are that were written from a diffusers folder."""
    header = World("sd2").header
    entries = {name: entry for name, entry in header.entries.items() if ".resblocks.23." not in name}
    assert len(entries) == len(header.entries) - 12
    for some in (header, Header(header.path, entries, {})):
        (text,) = (one for one in components_in(some) if one.name == "text_encoder")
        assert text.config["num_hidden_layers"] == 23
        assert len(text.parts) == 23 * 16 + 4
