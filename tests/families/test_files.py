"""Files that are something else, or not whole, or told wrongly: one sentence each, before torch is needed."""

import json
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from danlu.families.base import BaseFacts
from danlu.families.find import find_base, load_base, require_clip_skip
from danlu.kit.errors import UserError
from danlu.pipeline.inspection import inspect_path
from danlu.weights.writing import original_vae
from families.conftest import TinyBase
from tiny_families import make_pipeline, save_single_file


def facts_of(path: Path, **choices: str) -> BaseFacts:
    return find_base(str(path), **choices)[1]  # type: ignore[arg-type]


def told(call: Callable[[], object]) -> str:
    with pytest.raises(UserError) as error:
        call()
    assert error.value.text.zh
    assert "\n" not in error.value.text.en
    return error.value.text.en


@pytest.fixture(scope="module")
def tensors(tmp_path_factory: pytest.TempPathFactory) -> dict[str, torch.Tensor]:
    """A whole SD1 checkpoint."""
    return load_file(save_single_file(make_pipeline("sd15"), tmp_path_factory.mktemp("whole") / "a.safetensors"))


def test_truncated(tensors: dict[str, torch.Tensor], tmp_path: Path) -> None:
    file = tmp_path / "半.safetensors"
    save_file(tensors, file)
    content = file.read_bytes()
    for length, said in (
        (len(content) - 1, "isn't whole"),
        (len(content) // 2, "isn't whole"),
        (100, "header"),
        (3, "header"),
    ):
        file.write_bytes(content[:length])
        assert said in told(lambda: facts_of(file))
    file.write_bytes(b"")
    assert "header" in told(lambda: facts_of(file))


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"PK\x03\x04" + bytes(200), "a.ckpt", "pickle"),
        (b"PK\x03\x04" + bytes(200), "renamed.safetensors", "pickle"),
        (b"\x80\x02}q\x00.", "old.pt", "pickle"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\n", "a.safetensors", "git lfs pull"),
        (b"<!DOCTYPE html><html>" + bytes(200), "a.safetensors", "header"),
        (struct.pack("<Q", 4) + b"[1]\n", "a.safetensors", "header"),
        (struct.pack("<Q", 19) + b'{"a":{"shape":[1]}}', "a.safetensors", "header"),
    ],
)
def test_foreign_files(tmp_path: Path, content: bytes, name: str, said: str) -> None:
    (tmp_path / name).write_bytes(content)
    assert said in told(lambda: facts_of(tmp_path / name))


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        (["lora_unet_mid_block_attentions_0_proj_in.lora_down.weight"], "a LoRA"),
        (["model.diffusion_model.double_blocks.0.img_attn.qkv.weight"], "another family"),
        (["model.diffusion_model.input_blocks.0.0.weight", "conditioner.embedders.0.model.ln_final.weight"], "refiner"),
        (["model.diffusion_model.input_blocks.0.0.weight", "edm_mean"], "another noise schedule"),
        (["first_stage_model.decoder.conv_in.weight"], "a VAE alone"),
        (["something.weight"], "something else"),
    ],
)
def test_other_models(tmp_path: Path, keys: list[str], said: str) -> None:
    file = tmp_path / "a.safetensors"
    save_file({key: torch.zeros(2, 2) for key in keys}, file)
    assert said in told(lambda: facts_of(file))


@pytest.mark.parametrize(
    "left_out",
    [
        "cond_stage_model.",
        "first_stage_model.",
        "model.diffusion_model.middle_block.1.",
        "model.diffusion_model.output_blocks.1.0.",
        "first_stage_model.encoder.mid.attn_1.q.",
    ],
)
def test_pruned(tensors: dict[str, torch.Tensor], tmp_path: Path, left_out: str) -> None:
    file = tmp_path / "a.safetensors"
    save_file({name: tensor for name, tensor in tensors.items() if not name.startswith(left_out)}, file)
    sentence = told(lambda: facts_of(file))
    assert "isn't a whole checkpoint" in sentence
    assert left_out.removesuffix(".") in sentence


def test_a_tensor_missing_or_of_another_shape(tensors: dict[str, torch.Tensor], tmp_path: Path) -> None:
    key = "model.diffusion_model.middle_block.0.in_layers.2.bias"
    file = tmp_path / "a.safetensors"
    save_file({**tensors, key: torch.zeros(3)}, file)
    assert "(3,) instead of (128,)" in told(lambda: load_base(str(file), dtype=torch.float32).unet)
    save_file({name: tensor for name, tensor in tensors.items() if name != key}, file)
    assert "'mid_block.resnets.0.conv1.bias'" in told(lambda: load_base(str(file), dtype=torch.float32).unet)


def test_inpainting(tensors: dict[str, torch.Tensor], tmp_path: Path) -> None:
    key = "model.diffusion_model.input_blocks.0.0.weight"
    file = tmp_path / "a.safetensors"
    save_file({**tensors, key: torch.zeros(64, 9, 3, 3)}, file)
    assert "inpainting" in told(lambda: facts_of(file))


def test_names_of_early_files(tensors: dict[str, torch.Tensor], tmp_path: Path) -> None:
    """NAI's leak and its descendants lack a level in the text encoder's names; many carry averages besides."""
    file = tmp_path / "nai.safetensors"
    old = {name.replace("transformer.text_model.", "transformer."): tensor for name, tensor in tensors.items()}
    rest = {
        "cond_stage_model.transformer.embeddings.position_ids": torch.arange(77)[None],
        "model_ema.diffusion_modelinput_blocks00weight": torch.zeros(4),
        "alphas_cumprod": torch.zeros(1000),
    }
    save_file({**old, **rest}, file)
    facts = facts_of(file)
    assert facts.family == "sd15"
    base = load_base(str(file), dtype=torch.float32)
    name = "encoder.layers.2.mlp.fc1.weight"
    expected = tensors[f"cond_stage_model.transformer.text_model.{name}"]
    assert torch.equal(base.text_encoder.state_dict()[name], expected)


@pytest.mark.parametrize("dtype", [torch.float8_e4m3fn, torch.float8_e5m2])
def test_a_file_in_fp8(tensors: dict[str, torch.Tensor], tmp_path: Path, dtype: torch.dtype) -> None:
    """Checkpoints pass about in fp8, to save room: read like any other, as exact as they are."""
    file = tmp_path / "a.safetensors"
    small = {name: tensor.to(dtype) if tensor.ndim > 1 else tensor for name, tensor in tensors.items()}
    save_file(small, file)
    base = load_base(str(file), dtype=torch.float32)
    name = "encoder.layers.2.mlp.fc1.weight"
    expected = small[f"cond_stage_model.transformer.text_model.{name}"].float()
    assert torch.equal(base.text_encoder.state_dict()[name], expected)


@pytest.mark.parametrize("missing", ["unet", "vae", "tokenizer", "scheduler"])
def test_folder_without_a_part(base_folder: Path, tmp_path: Path, missing: str) -> None:
    for part in base_folder.iterdir():
        if part.name != missing:
            (tmp_path / part.name).symlink_to(part)
    assert f"no folder {missing}/" in told(lambda: facts_of(tmp_path))


def test_folder_with_halves_and_shards(base_folder: Path, tmp_path: Path) -> None:
    """As SDXL's folders come: the fp16 variant alone, and a U-Net in several files."""
    whole = facts_of(base_folder)
    for part in base_folder.iterdir():
        (tmp_path / part.name).mkdir() if part.is_dir() else None
        for file in part.iterdir() if part.is_dir() else ():
            target = tmp_path / part.name / file.name
            if part.name == "unet" and file.suffix == ".safetensors":
                weights = load_file(file)
                names = sorted(weights)
                index: dict[str, str] = {}
                for number, some in enumerate((names[::2], names[1::2])):
                    shard = f"diffusion_pytorch_model-{number + 1:05d}-of-00002.safetensors"
                    save_file({name: weights[name] for name in some}, target.with_name(shard))
                    index |= dict.fromkeys(some, shard)
                target.with_name("diffusion_pytorch_model.safetensors.index.json").write_text(
                    json.dumps({"weight_map": index})
                )
            else:
                target.with_name(target.name.replace(".safetensors", ".fp16.safetensors")).symlink_to(file)
    parts = facts_of(tmp_path)
    assert parts.weights_bytes == whole.weights_bytes
    one, other = (load_base(str(path), dtype=torch.float32).unet.state_dict() for path in (base_folder, tmp_path))
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_another_vae(tiny: TinyBase, tmp_path: Path) -> None:
    vae = tiny.pipeline.vae
    changed = {name: tensor * 1.5 for name, tensor in vae.state_dict().items()}
    alone = {name: tensor.contiguous() for name, tensor in original_vae((vae.config, changed)).items()}
    save_file(alone, tmp_path / "plain.safetensors")
    save_file({f"first_stage_model.{key}": one for key, one in alone.items()}, tmp_path / "prefixed.safetensors")
    folder = tmp_path / "folder"
    vae.save_pretrained(folder)
    save_file({name: one.contiguous() for name, one in changed.items()}, folder / "diffusion_pytorch_model.safetensors")
    for path in ("plain.safetensors", "prefixed.safetensors", "folder"):
        base = load_base(str(tiny.file), dtype=torch.float32, vae=str(tmp_path / path))
        found = base.vae.state_dict()  # type: ignore[attr-defined]
        assert all(torch.equal(found[name], changed[name]) for name in changed)
        own = find_base(str(tiny.file))[1].components
        assert base.facts.components["vae"].fingerprint() != own["vae"].fingerprint()
        assert base.facts.components["unet"].fingerprint() == own["unet"].fingerprint()


def test_a_vae_that_is_none(tiny: TinyBase, tmp_path: Path) -> None:
    assert "doesn't exist" in told(lambda: facts_of(tiny.file, vae=str(tmp_path / "no")))
    unet = tiny.folder / "unet" / "diffusion_pytorch_model.safetensors"
    assert "holds no VAE" in told(lambda: facts_of(tiny.file, vae=str(unet)))


def test_a_vae_of_another_family(tiny: TinyBase, tmp_path: Path) -> None:
    vae = make_pipeline("sd15" if tiny.family == "sdxl" else "sdxl").vae
    vae.save_pretrained(tmp_path)
    assert "another family" in told(lambda: facts_of(tiny.file, vae=str(tmp_path)))


def test_a_vae_file_that_was_trained_apart(tiny: TinyBase, tmp_path: Path) -> None:
    """Such a file tells no scale: SDXL's VAE has the very shapes of SD1's."""
    vae = tiny.pipeline.vae
    generator = torch.Generator().manual_seed(0)
    apart = {name: torch.randn(tensor.shape, generator=generator) for name, tensor in vae.state_dict().items()}
    noisy = {name: tensor + 0.3 * tensor.std() * apart[name] for name, tensor in vae.state_dict().items()}
    for name, tensors, dtype in (("apart", apart, torch.float16), ("tuned", noisy, torch.bfloat16)):
        stored = original_vae((vae.config, tensors)).items()
        save_file({key: one.to(dtype).contiguous() for key, one in stored}, tmp_path / f"{name}.safetensors")
    assert "isn't of the same origin" in told(lambda: facts_of(tiny.file, vae=str(tmp_path / "apart.safetensors")))
    facts_of(tiny.file, vae=str(tmp_path / "tuned.safetensors"))


def test_clip_skip(tiny: TinyBase) -> None:
    facts = facts_of(tiny.file)
    require_clip_skip(facts, 1)
    if tiny.family == "sdxl":
        assert "leave it out" in told(lambda: require_clip_skip(facts, 2))
    else:
        require_clip_skip(facts, 3)
        assert "has 3 layers" in told(lambda: require_clip_skip(facts, 4))


def test_inspected(tiny: TinyBase) -> None:
    found = [inspect_path(path) for path in (tiny.file, tiny.folder)]
    assert [one.kind for one in found] == ["base", "base"]
    facts = {fact.key: fact.value for fact in found[0].facts}
    assert (facts["family"], facts["prediction"]) == (tiny.family, "epsilon")


def test_recognised_without_torch(tiny: TinyBase) -> None:
    program = (
        "import sys; from danlu.families.find import find_base; "
        f"facts = find_base({str(tiny.file)!r})[1]; print(facts.family, 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [tiny.family, "False"]
