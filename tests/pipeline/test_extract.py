"""A LoRA from the difference of two bases is that difference, as far as its rank goes."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file
from torch import Tensor

from danlu.adapters.algebra import Cut
from danlu.adapters.files import layers_for, read_adapter
from danlu.adapters.targets import planned_targets
from danlu.families.base import BaseFacts
from danlu.families.find import find_base
from danlu.kit.errors import UserError
from danlu.pipeline.base_weights import open_weights
from danlu.pipeline.extract import Wanted, extract_adapter
from danlu.pipeline.inspection import inspect_path

WEIGHTS = {"unet": "diffusion_pytorch_model.safetensors", "text_encoder": "model.safetensors"}
Change = Callable[[str, str, Tensor], Tensor]


@pytest.fixture(scope="module")
def facts(base_folder: Path) -> BaseFacts:
    return find_base(str(base_folder))[1]


def tune(base_folder: Path, out: Path, change: Change) -> Path:
    """The base with other weights: `change` gives them from component, name and tensor."""
    shutil.copytree(base_folder, out)
    for part, name in WEIGHTS.items():
        tensors = load_file(base_folder / part / name)
        save_file({key: change(part, key, one).contiguous() for key, one in tensors.items()}, out / part / name)
    return out


def low_rank(rank: int, seed: int, *, parts: tuple[str, ...] = ("unet", "text_encoder")) -> Change:
    """Adds a change of this rank to every matrix in transformers, convolutions flattened."""
    generator = torch.Generator().manual_seed(seed)

    def change(part: str, name: str, tensor: Tensor) -> Tensor:
        inside = "attentions" in name or ".layers." in name
        if part not in parts or not inside or tensor.dim() < 2:
            return tensor
        flat = tensor.flatten(1)
        factors = (torch.randn(side, rank, generator=generator) for side in flat.shape)
        one, other = (factor * 0.1 for factor in factors)
        return tensor + (one @ other.T).view(tensor.shape)

    return change


def deltas(facts: BaseFacts, file: Path) -> dict[str, Tensor]:
    read = read_adapter(file)
    with open_weights(facts) as weights:
        found = {name: weights(name) for name in read.layers}
        return {name: one.delta(own, found[name]) for name, (one, own) in layers_for(read, found, facts).items()}


def differences(facts: BaseFacts, tuned: Path) -> dict[str, Tensor]:
    other = find_base(str(tuned))[1]
    with open_weights(facts) as before, open_weights(other) as after:
        names = [target.name for target in planned_targets(facts) if not target.is_norm]
        return {name: after(name) - before(name) for name in names}


@settings(max_examples=3)
@given(rank=st.integers(1, 4), more=st.integers(0, 4), seed=st.integers(0, 99))
def test_at_its_true_rank_or_more_the_difference_is_whole(
    base_folder, facts, tmp_path_factory, rank: int, more: int, seed: int
) -> None:
    folder = tmp_path_factory.mktemp("tuned")
    tuned = tune(base_folder, folder / "tuned", low_rank(rank, seed))
    wanted = Wanted(Cut(rank=rank + more))
    made = extract_adapter(str(base_folder), str(tuned), folder / "x.safetensors", wanted, precision="fp32")
    assert made.derived.kept == pytest.approx(1, abs=1e-6) and made.unchanged == 0
    known = differences(facts, tuned)
    for name, delta in deltas(facts, made.derived.path).items():
        assert (delta - known[name]).norm() <= 1e-4 * known[name].norm(), name
    assert made.elsewhere < 1e-6


def test_what_is_cut_off_and_what_lies_elsewhere_is_told(base_folder: Path, facts: BaseFacts, tmp_path: Path) -> None:
    generator = torch.Generator().manual_seed(0)

    def everything(part: str, name: str, tensor: Tensor) -> Tensor:
        if part == "text_encoder" or not tensor.is_floating_point():
            return tensor
        return tensor + 0.01 * torch.randn(tensor.shape, generator=generator)

    tuned = tune(base_folder, tmp_path / "tuned", everything)
    wanted = Wanted(Cut(rank=2), targets="full", conv_rank=3)
    made = extract_adapter(str(base_folder), str(tuned), tmp_path / "x.safetensors", wanted)
    assert made.derived.ranks == [2, 3] and made.derived.precision == "fp16"
    names = set(made.derived.layers)
    assert names and not any(name.startswith("lora_te") for name in names), "the text encoder hasn't changed"
    layers = [target for target in planned_targets(facts) if target.is_in("full") and not target.is_norm]
    assert made.unchanged == len(layers) - len(names)
    known, found = differences(facts, tuned), deltas(facts, made.derived.path)
    whole = sum(float(known[name].norm()) ** 2 for name in names)
    kept = sum(float(found[name].norm()) ** 2 for name in names)
    assert made.derived.kept == pytest.approx((kept / whole) ** 0.5, rel=1e-3)
    before, after = (load_file(one / "unet" / WEIGHTS["unet"]) for one in (base_folder, tuned))
    total = sum(float((after[name] - before[name]).norm()) ** 2 for name in before)
    assert made.elsewhere == pytest.approx(((total - whole) / total) ** 0.5, rel=1e-3) and made.elsewhere > 0.1


def test_metadata_say_for_which_base_it_is_and_what_it_was_made_of(base_folder: Path, tmp_path: Path) -> None:
    tuned = tune(base_folder, tmp_path / "微调 tuned", low_rank(2, 0, parts=("unet",)))
    out = tmp_path / "风格.safetensors"
    extract_adapter(str(base_folder), str(tuned), out, Wanted(Cut(share=0.99), text_encoder=False))
    seen = {fact.key: fact.value for fact in inspect_path(out).facts}
    assert (seen["base"], seen["family"]) == ("tiny", "Stable Diffusion 1.x")
    assert seen["made_from"] == ["extract 微调 tuned"]
    metadata = read_adapter(out).metadata
    assert metadata["modelspec.title"] == "风格" and metadata["ss_base_model_version"] == "narrow-sd15-16-32"
    assert str(tmp_path) not in str(metadata)


@pytest.mark.parametrize("dtype", [None, torch.float16, torch.bfloat16])
def test_rounding_alone_is_no_difference(base_folder: Path, dtype: torch.dtype | None, tmp_path: Path) -> None:
    def rounded(part: str, name: str, tensor: Tensor) -> Tensor:
        return tensor.to(dtype) if dtype and tensor.is_floating_point() else tensor

    tuned = tune(base_folder, tmp_path / "tuned", rounded)
    with pytest.raises(UserError, match="nothing to extract"):
        extract_adapter(str(base_folder), str(tuned), tmp_path / "x.safetensors", Wanted(Cut(rank=2)))
    assert not (tmp_path / "x.safetensors").exists()


def test_damage_and_ranks_beyond_the_layers_are_told(base_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="--rank 900 is more than any layer has: at most"):
        extract_adapter(str(base_folder), str(base_folder), tmp_path / "x.safetensors", Wanted(Cut(rank=900)))

    def broken(part: str, name: str, tensor: Tensor) -> Tensor:
        return tensor * float("nan") if name.endswith("proj_in.weight") else tensor

    tuned = tune(base_folder, tmp_path / "tuned", broken)
    with pytest.raises(UserError, match="values that aren't numbers"):
        extract_adapter(str(base_folder), str(tuned), tmp_path / "x.safetensors", Wanted(Cut(rank=2)))
