"""Adapter files as other programs write them: the same layers and the same change, whatever their names; what isn't
read is told; what is no adapter is called by its name.
"""

import math
import struct
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest
import torch
from torch import Tensor

from danlu.adapters.files import AdapterFile, own_tensors, read_adapter, settings_in
from danlu.adapters.origin import family_of
from danlu.families.base import Family
from danlu.families.kinds.sd15 import SD15
from danlu.families.kinds.sdxl import SDXL
from danlu.families.layer_names import innermost
from danlu.kit.errors import UserError
from danlu.pipeline.combine import merge_adapters
from danlu.pipeline.convert import convert_adapter
from danlu.pipeline.pictures import Strength
from danlu.weights.headers import is_pickle
from danlu.weights.original_unet import unet_modules
from danlu.weights.safetensor_files import read_tensors, write_tensors

FAMILIES: dict[str, type[Family]] = {"sd15": SD15, "sdxl": SDXL}
Layer = dict[str, Tensor]


def layers_of(family: type[Family]) -> Iterator[tuple[str, str]]:
    """Component and path of layers in every part of the released bases."""
    originals = unet_modules(family.usual_blocks)
    depths = {64: 10, 4: 2} if family is SDXL else {}
    for path in originals.values():
        if ".attentions." in path:
            yield "unet", f"{path}.proj_in"
            for depth in range(depths.get(4, 1)):
                block = f"{path}.transformer_blocks.{depth}"
                yield from (("unet", f"{block}.{one}") for one in ("attn1.to_out.0", "attn2.to_k", "ff.net.0.proj"))
        elif not path.endswith(("norm1", "norm2", "conv_norm_out")):
            yield "unet", path
    for component in family.adapter_prefixes:
        if component != "unet":
            yield from (
                (component, f"encoder.layers.{n}.{one}") for n in (0, 11) for one in ("self_attn.q_proj", "mlp.fc1")
            )


@cache
def naming_of(family: type[Family], component: str) -> Callable[[str], str]:
    return family.adapter_naming(family.usual_blocks, component)


@cache
def original_modules(family: type[Family]) -> dict[str, str]:
    return {own: old for old, own in unet_modules(family.usual_blocks).items()}


def canonical(family: type[Family], component: str, path: str) -> str:
    return naming_of(family, component)(path)


def original(family: type[Family], path: str) -> str:
    names = original_modules(family)
    module = innermost(path, names)
    return names[module] + path[len(module) :]


def dotted(path: str, component: str) -> str:
    return path if component == "unet" else f"text_model.{path}"


def underscored(family: type[Family], component: str, path: str, te: str) -> str:
    return "lora_unet_" + path.replace(".", "_") if component == "unet" else te + f"text_model_{path}".replace(".", "_")


def clip(component: str) -> str:
    return "clip_g" if component == "text_encoder_2" else "clip_l"


Naming = Callable[[type[Family], str, str], str | None]
SCHEMES: dict[str, Naming] = {
    "kohya": canonical,
    "diffusers blocks": lambda f, c, p: underscored(f, c, p, f.adapter_prefixes[c]),
    "original blocks": lambda f, c, p: underscored(f, c, original(f, p) if c == "unet" else p, f.adapter_prefixes[c]),
    "lora_te_": lambda f, c, p: None if c.endswith("2") else canonical(f, c, p).replace("te1_", "te_"),
    "lora_te1_": lambda f, c, p: canonical(f, c, p).replace("te_", "te1_"),
    "peft": lambda f, c, p: f"{c}.{dotted(p, c)}",
    "peft, short": lambda f, c, p: f"{c}.{p}",
    "base_model": lambda f, c, p: f"base_model.model.{dotted(p, c)}" if not c.endswith("2") else None,
    "unet.base_model": lambda f, c, p: f"{c}.base_model.model.{dotted(p, c)}",
    "bare": lambda f, c, p: p if c == "unet" else None,
    "original": lambda f, c, p: original(f, p) if c == "unet" else None,
    "comfy": lambda f, c, p: (
        f"diffusion_model.{original(f, p)}" if c == "unet" else f"text_encoders.{clip(c)}.transformer.text_model.{p}"
    ),
    "omi": lambda f, c, p: f"unet.{original(f, p)}" if c == "unet" else f"{clip(c)}.text_model.{p}",
    "lora_unet.": lambda f, c, p: f"{f.adapter_prefixes[c].rstrip('_')}.{dotted(p, c)}",
    "lycoris": lambda f, c, p: "lycoris_" + dotted(p, c).replace(".", "_") if not c.endswith("2") else None,
}
SUFFIXES: dict[str, Callable[[Tensor, Tensor, Tensor], Layer]] = {
    "kohya": lambda d, u, a: {"lora_down.weight": d, "lora_up.weight": u, "alpha": a},
    "peft": lambda d, u, a: {"lora_A.weight": d, "lora_B.weight": u, "alpha": a},
    "peft default": lambda d, u, a: {"lora_A.default.weight": d, "lora_B.default.weight": u * a},
    "lora.down": lambda d, u, a: {"lora.down.weight": d, "lora.up.weight": u * a},
    "lora_linear_layer": lambda d, u, a: {"lora_linear_layer.down.weight": d, "lora_linear_layer.up.weight": u * a},
    "scalar": lambda d, u, a: {"lora_down.weight": d, "lora_up.weight": u, "scalar": a},
}


def write(
    path: Path, family: type[Family], naming: Naming, suffixes: str = "kohya", extra: Mapping[str, Tensor] | None = None
) -> dict[str, Tensor]:
    """Write a file of rank 1; returns ΔW by canonical name."""
    tensors, changes = dict(extra or {}), dict[str, Tensor]()
    for number, (component, inner) in enumerate(layers_of(family)):
        name = naming(family, component, inner)
        if name is None:
            continue
        numbers = torch.Generator().manual_seed(number)
        down, up, alpha = torch.randn(1, 5, generator=numbers), torch.randn(4, 1, generator=numbers), torch.tensor(0.5)
        tensors |= {f"{name}.{suffix}": tensor for suffix, tensor in SUFFIXES[suffixes](down, up, alpha).items()}
        changes[canonical(family, component, inner)] = 0.5 * up @ down
    write_tensors(path, tensors, {})
    return changes


def changes_in(file: AdapterFile) -> dict[str, Tensor]:
    return {
        name: adapter.delta(own_tensors(adapter, file.layers[name]), torch.zeros(4, 5))
        for name, adapter in settings_in(file).items()
    }


def require_same(file: AdapterFile, changes: Mapping[str, Tensor]) -> None:
    found = changes_in(file)
    assert found.keys() == changes.keys()
    assert all(torch.allclose(found[name], change, atol=1e-6) for name, change in changes.items())


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_names_of_every_scheme_are_one(tmp_path: Path, family: str, scheme: str) -> None:
    kind = FAMILIES[family]
    changes = write(tmp_path / "a.safetensors", kind, SCHEMES[scheme])
    file = read_adapter(tmp_path / "a.safetensors")
    require_same(file, changes)
    assert not file.left_out and (file.layout == "kohya") == (scheme == "kohya" or changes.keys() == raw(tmp_path))
    assert family_of(file.layers, {}) in ((SDXL,) if family == "sdxl" else (SD15, None))
    made = convert_adapter(tmp_path / "a.safetensors", tmp_path / "b.safetensors")
    require_same(read_adapter(made.path), changes)


def raw(folder: Path) -> set[str]:
    return {key.partition(".")[0] for key in read_tensors(folder / "a.safetensors")[0]}


@pytest.mark.parametrize("suffixes", SUFFIXES)
@pytest.mark.parametrize("scheme", ["peft", "kohya"])
def test_tensors_of_every_spelling_are_one(tmp_path: Path, scheme: str, suffixes: str) -> None:
    require_same_file = write(tmp_path / "a.safetensors", SDXL, SCHEMES[scheme], suffixes)
    require_same(read_adapter(tmp_path / "a.safetensors"), require_same_file)


def test_the_same_change_in_two_schemes_merges_to_its_double(tmp_path: Path) -> None:
    files = [tmp_path / f"{name}.safetensors" for name in ("kohya", "diffusers blocks")]
    changes = [write(file, SDXL, SCHEMES[file.stem]) for file in files]
    merge_adapters([Strength(file) for file in files], out := tmp_path / "m.safetensors")
    require_same(read_adapter(out), {name: 2 * change for name, change in changes[0].items()})


def test_a_layer_under_two_names_is_refused(tmp_path: Path) -> None:
    """As an earlier merge wrote them; programs take the one or the other."""
    write(tmp_path / "a.safetensors", SDXL, SCHEMES["kohya"])
    write(
        tmp_path / "b.safetensors", SDXL, SCHEMES["diffusers blocks"], extra=read_tensors(tmp_path / "a.safetensors")[0]
    )
    with pytest.raises(UserError, match="twice, under two names"):
        read_adapter(tmp_path / "b.safetensors")


@pytest.mark.parametrize(
    ("extra", "told"),
    [
        ({"bundle_emb.mychar.clip_l": torch.ones(4, 8)}, "embeddings"),
        ({"lora_unet_conv_in.a1.weight": torch.ones(2, 4), "lora_unet_conv_in.b1.weight": torch.ones(2, 4)}, "kind"),
        ({"something.else": torch.ones(2)}, "no layer"),
        ({"lora_te_text_model_encoder_layers_5_mlp_fc1.lora_down.weight": torch.ones(0, 5),
          "lora_te_text_model_encoder_layers_5_mlp_fc1.lora_up.weight": torch.ones(4, 0)}, "rank 0"),
    ],
)  # fmt: skip
def test_what_has_no_place_is_told_and_left_out(tmp_path: Path, extra: dict[str, Tensor], told: str) -> None:
    naming: Naming = lambda f, c, p: None if p == "conv_in" else canonical(f, c, p)  # noqa: E731
    changes = write(tmp_path / "a.safetensors", SD15, naming, extra=extra)
    file = read_adapter(tmp_path / "a.safetensors")
    require_same(file, changes)
    (note,) = file.notes
    assert told in note.en and "略去" in note.zh and len(note.en) < 300
    made = convert_adapter(tmp_path / "a.safetensors", tmp_path / "b.safetensors")
    assert made.notes == file.notes


NAME, PAIR = (
    "lora_unet_mid_block_attentions_0_proj_in",
    {"lora_down.weight": torch.ones(2, 5), "lora_up.weight": torch.ones(4, 2)},
)


def one_layer(path: Path, layer: Layer) -> AdapterFile:
    write_tensors(path / "a.safetensors", {f"{NAME}.{suffix}": tensor for suffix, tensor in layer.items()}, {})
    return read_adapter(path / "a.safetensors")


def test_biases_beside_a_lora_are_kept(tmp_path: Path) -> None:
    file = one_layer(tmp_path, {**PAIR, "diff_b": torch.arange(4.0), "reshape_weight": torch.tensor([4, 5])})
    adapter, tensors = settings_in(file)[NAME], own_tensors(settings_in(file)[NAME], file.layers[NAME])
    layer, inputs = torch.nn.Linear(5, 4), torch.randn(3, 5)
    change = adapter.delta(tensors, layer.weight)
    shift = adapter.bias_delta(tensors)
    assert shift is not None and torch.equal(shift, torch.arange(4.0))
    torch.testing.assert_close(adapter.output(tensors, inputs, layer), inputs @ change.T + shift)


def test_a_magnitude_of_peft_is_one_for_each_output(tmp_path: Path) -> None:
    file = one_layer(tmp_path, {**PAIR, "lora_magnitude_vector": torch.arange(1.0, 5.0)})
    adapter, weight = settings_in(file)[NAME], torch.randn(4, 5)
    tuned = weight + adapter.delta(own_tensors(adapter, file.layers[NAME]), weight)
    torch.testing.assert_close(tuned.norm(dim=1), torch.arange(1.0, 5.0))


def test_damaged_files_are_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is damaged: layer 'lora_unet_mid"):
        one_layer(tmp_path, {**PAIR, "lora_up.weight": torch.full((4, 2), math.nan)})
    with pytest.raises(UserError, match="of rank 0"):
        one_layer(tmp_path, {"lora_down.weight": torch.ones(0, 5), "lora_up.weight": torch.ones(4, 0)})
    with pytest.raises(UserError, match="holds no tensors"):
        one_layer(tmp_path, {})


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("lora_unet_double_blocks_0_img_attn_proj.lora_down.weight", "Flux"),
        ("transformer.single_transformer_blocks.0.attn.to_k.lora_A.weight", "Flux"),
        ("lora_transformer_transformer_blocks_0_attn_to_k.lora_down.weight", "Stable Diffusion 3, Flux or PixArt"),
        ("diffusion_model.joint_blocks.3.x_block.attn.qkv.lora_A.weight", "Stable Diffusion 3"),
        ("diffusion_model.layers.0.attention.to_q.lora_A.weight", "Z-Image"),
        ("transformer.transformer_blocks.0.img_mlp.net.2.lora_A.weight", "Qwen-Image"),
        ("diffusion_model.blocks.0.self_attn.q.lora_A.weight", "Wan"),
        ("lllite_unet_input_blocks_4_1_transformer_blocks_0_attn1_to_q.down.0.weight", "LLLite"),
        ("control_model.input_blocks.0.0.weight", "ControlNet"),
        ("emb_params", "embedding"),
        ("<mychar>", "embedding"),
        ("first_stage_model.decoder.conv_in.weight", "VAE"),
        ("decoder.conv_in.weight", "VAE"),
        ("model.diffusion_model.input_blocks.0.0.weight", "checkpoint"),
        ("down_blocks.0.resnets.0.conv1.weight", "U-Net"),
    ],
)
def test_what_is_no_adapter_is_called_by_its_name(tmp_path: Path, key: str, told: str) -> None:
    other = key.replace("lora_A", "lora_B").replace("lora_down", "lora_up")
    write_tensors(tmp_path / "a.safetensors", {key: torch.ones(2, 8), other: torch.ones(8, 2)}, {})
    with pytest.raises(UserError, match=told) as caught:
        read_adapter(tmp_path / "a.safetensors")
    assert len(caught.value.text.en) < 400


def test_no_sentence_lists_all_layers(tmp_path: Path) -> None:
    write(tmp_path / "a.safetensors", SDXL, lambda f, c, p: f"foo.{c}.{p}")
    with pytest.raises(UserError, match=r"and \d+ more") as caught:
        read_adapter(tmp_path / "a.safetensors")
    assert len(caught.value.text.en) < 600


@pytest.mark.parametrize("length", [0x80, 0x280])
def test_a_header_that_begins_like_a_pickle_is_none(tmp_path: Path, length: int) -> None:
    """The length of a safetensors header ends in 0x80 in one file of 32; cut short or not."""
    file = tmp_path / "a.safetensors"
    text = b'{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'.ljust(length)
    for content in (struct.pack("<Q", length) + text + bytes(4), struct.pack("<Q", length) + text[:40]):
        file.write_bytes(content)
        assert content[0] == 0x80 and not is_pickle(file)
    for content in (b"\x80\x02}q", b"\x80\x04\x95", b"PK\x03\x04"):
        file.write_bytes(content + bytes(8))
        assert is_pickle(file)


def test_numbers_of_8_bits_merge_with_others(tmp_path: Path) -> None:
    files = [tmp_path / f"{number}.safetensors" for number in range(2)]
    for file, dtype in zip(files, (torch.float8_e4m3fn, torch.float16), strict=True):
        layer = {suffix: tensor.to(dtype) for suffix, tensor in PAIR.items()}
        write_tensors(file, {f"{NAME}.{suffix}": tensor for suffix, tensor in layer.items()}, {})
    made = merge_adapters([Strength(file) for file in files], tmp_path / "m.safetensors")
    assert made.precision == "fp16"
    assert torch.equal(changes_in(read_adapter(made.path))[NAME], torch.full((4, 5), 4.0))
