"""Merging and resizing adapter files: the change that comes out is the one that was asked for."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from adapter_making import make_adapter
from adapter_variants import VARIANTS
from danlu.adapters.algebra import Cut
from danlu.adapters.base import Adapter
from danlu.adapters.files import layers_for, read_adapter
from danlu.adapters.kinds.dylora import DyLoRA
from danlu.adapters.kinds.locon import LoCon
from danlu.adapters.kinds.lora import LoRA
from danlu.families.base import BaseFacts
from danlu.families.find import find_base
from danlu.kit.errors import UserError
from danlu.pipeline.base_weights import open_weights
from danlu.pipeline.combine import merge_adapters, resize_adapter
from danlu.pipeline.inspection import inspect_path
from danlu.pipeline.pictures import Strength
from danlu.weights.safetensor_files import model_hash, read_tensors, write_tensors

FEW = {"include": ("*mid_block*", "*layers_0_mlp_fc1")}
"""A few layers of every sort: linear, 1×1 and 3×3 convolutions, text encoder."""
KINDS = [
    LoRA(rank=3, alpha=2, **FEW),
    LoCon(rank=2, alpha=3, conv_rank=4, **FEW),
    LoCon(rank=2, tucker=True, **FEW),
    DyLoRA(rank=4, unit=2, **FEW),
    LoRA(rank=2, rs_lora=True, text_encoder=False, include=("*mid_block*proj_in", "*up_blocks*attn2_to_v")),
]


@pytest.fixture(scope="module")
def facts(base_folder: Path) -> BaseFacts:
    return find_base(str(base_folder))[1]


@pytest.fixture(scope="module")
def made(facts: BaseFacts, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """One file of each kind that can be added up exactly."""
    folder = tmp_path_factory.mktemp("LoRA 们")
    return [
        make_adapter(facts, adapter, folder / f"{number}.safetensors", seed=number)
        for number, adapter in enumerate(KINDS)
    ]


def deltas(facts: BaseFacts, file: Path) -> dict[str, Tensor]:
    """ΔW of each layer, as it is when the file is used."""
    read = read_adapter(file)
    with open_weights(facts) as weights:
        found = {name: weights(name).float() for name in read.layers}
        return {name: one.delta(own, found[name]) for name, (one, own) in layers_for(read, found, facts).items()}


def weighted(facts: BaseFacts, parts: Sequence[tuple[Path, float]]) -> dict[str, Tensor]:
    total: dict[str, Tensor] = {}
    for file, weight in parts:
        for name, delta in deltas(facts, file).items():
            total[name] = total[name] + weight * delta if name in total else weight * delta
    return total


def require_close(found: dict[str, Tensor], wanted: dict[str, Tensor], tolerance: float = 1e-5) -> None:
    assert found.keys() == wanted.keys()
    for name, tensor in wanted.items():
        assert found[name].shape == tensor.shape
        assert (found[name] - tensor).norm() <= tolerance * tensor.norm(), name


WEIGHTS = st.floats(-2, 2).filter(lambda weight: abs(weight) > 0.01)


@settings(max_examples=12)
@given(st.lists(st.tuples(st.integers(0, len(KINDS) - 1), WEIGHTS), min_size=2, max_size=4))
def test_a_merged_file_is_the_weighted_sum(facts, made, tmp_path_factory, chosen: list[tuple[int, float]]) -> None:
    """Each weight counts once, with its sign; a file may come twice; layers that only some have are kept."""
    out = tmp_path_factory.mktemp("merged") / "m.safetensors"
    parts = [(made[number], weight) for number, weight in chosen]
    derived = merge_adapters([Strength(*part) for part in parts], out)
    require_close(deltas(facts, out), weighted(facts, parts))
    assert derived.kept == 1 and derived.model_hash == model_hash(out)
    ranks = {name: one.factors.rank for name, one in derived.layers.items()}
    assert ranks["lora_unet_mid_block_attentions_0_proj_in"] == sum(KINDS[number].rank for number, _ in chosen)


def test_order_does_not_matter_and_one_file_can_be_weighted(facts: BaseFacts, made: list[Path], tmp_path: Path) -> None:
    there = merge_adapters([Strength(made[0], 0.5), Strength(made[1], -1)], tmp_path / "a.safetensors")
    back = merge_adapters([Strength(made[1], -1), Strength(made[0], 0.5)], tmp_path / "b.safetensors")
    require_close(deltas(facts, there.path), deltas(facts, back.path))
    merge_adapters([Strength(made[0], 0.25)], tmp_path / "c.safetensors")
    require_close(deltas(facts, tmp_path / "c.safetensors"), weighted(facts, [(made[0], 0.25)]))


def test_a_cut_merge_is_the_nearest_of_its_rank(facts: BaseFacts, made: list[Path], tmp_path: Path) -> None:
    parts = [(made[0], 0.7), (made[1], 0.6)]
    derived = merge_adapters([Strength(*part) for part in parts], tmp_path / "m.safetensors", cut=Cut(rank=2))
    wanted, found = weighted(facts, parts), deltas(facts, derived.path)
    lost = whole = 0.0
    for name, tensor in wanted.items():
        values = torch.linalg.svdvals(tensor.flatten(1).double())
        off = float((found[name].double() - tensor).norm())
        assert off == pytest.approx(float(values[2:].norm()), rel=1e-3, abs=1e-5)
        lost, whole = lost + off**2, whole + float(tensor.norm()) ** 2
    assert derived.kept == pytest.approx((1 - lost / whole) ** 0.5, rel=1e-4)
    assert derived.ranks == [2]


@pytest.mark.parametrize("precision", ["fp32", "fp16"])
@pytest.mark.parametrize("number", range(len(KINDS)))
def test_resized_to_its_full_rank_a_file_is_what_it_was(
    facts: BaseFacts, made: list[Path], number: int, precision, tmp_path: Path
) -> None:
    out = tmp_path / "r.safetensors"
    full = max(KINDS[number].rank, 4 if number == 1 else 0)  # one has a higher rank for its convolutions
    for cut in (Cut(rank=full), Cut(share=1.0)):
        derived = resize_adapter(made[number], out, cut, precision=precision)
        assert derived.kept == pytest.approx(1, abs=1e-6)
        require_close(deltas(facts, out), deltas(facts, made[number]), 1e-5 if precision == "fp32" else 2e-3)


def test_ranks_by_share_differ_between_layers_and_keep_it(facts: BaseFacts, made: list[Path], tmp_path: Path) -> None:
    derived = resize_adapter(made[1], tmp_path / "r.safetensors", Cut(share=0.9))
    assert len(derived.ranks) > 1 and derived.kept >= 0.9
    wanted, found = deltas(facts, made[1]), deltas(facts, derived.path)
    for name, layer in derived.layers.items():
        kept = float(found[name].norm() / wanted[name].norm())
        assert layer.share == pytest.approx(kept, abs=1e-4) and layer.share >= 0.9
    alphas = {float(layer["alpha"]) for layer in read_adapter(derived.path).layers.values()}
    assert alphas == {float(derived.ranks[-1])}, "diffusers misreads files with several alphas"
    assert read_adapter(derived.path).metadata["ss_network_dim"] == "Dynamic"


@pytest.mark.parametrize("name", ["loha", "lokr", "ia3", "oft", "lora dora", "locon dora"])
def test_other_kinds_become_loras_on_their_base(facts, base_folder: Path, name: str, tmp_path: Path) -> None:
    adapter: Adapter = VARIANTS[name].model_copy(update=FEW)
    file = make_adapter(facts, adapter, tmp_path / "a.safetensors")
    out = tmp_path / "lora.safetensors"
    derived = resize_adapter(file, out, Cut(share=1.0), base=str(base_folder))
    wanted = deltas(facts, file)
    assert derived.kept == pytest.approx(1) and inspect_path(out).facts[0].value in ("lora", "locon + lora")
    require_close(deltas(facts, out), wanted, 1e-4)
    cut = resize_adapter(file, tmp_path / "cut.safetensors", Cut(rank=2), base=str(base_folder))
    assert cut.ranks == [2] and cut.kept < 1
    with pytest.raises(UserError, match=r"worked out on the base.* --base\."):
        merge_adapters([Strength(file, 0.5)], tmp_path / "no.safetensors", cut=Cut(rank=2))
    with pytest.raises(UserError, match=r"worked out on the base.* --rank, --keep or --ratio\."):
        merge_adapters([Strength(file, 0.5)], tmp_path / "no.safetensors", base=str(base_folder))


def test_a_lora_and_another_kind_are_added_on_the_base(facts, made, base_folder: Path, tmp_path: Path) -> None:
    file = make_adapter(facts, VARIANTS["loha"].model_copy(update=FEW), tmp_path / "a.safetensors")
    out = tmp_path / "m.safetensors"
    parts = [(file, 0.5), (made[0], 1.0)]
    merge_adapters([Strength(*part) for part in parts], out, cut=Cut(share=1.0), base=str(base_folder))
    require_close(deltas(facts, out), weighted(facts, parts), 1e-4)


def test_metadata_say_what_it_is_and_what_it_was_made_from(facts: BaseFacts, tmp_path: Path) -> None:
    stated = [
        {"modelspec.trigger_phrase": "miku", "ss_tag_frequency": json.dumps({"5_a": {"miku": 3, "hat": 1}})},
        {
            "modelspec.trigger_phrase": "luka, blue",
            "ss_learning_rate": "0.1",
            "ss_sd_model_name": "other",
            "ss_tag_frequency": json.dumps({"5_a": {"miku": 1}}),
        },
    ]
    files = [
        make_adapter(facts, KINDS[0], tmp_path / f"{number}.safetensors", seed=number, metadata=one)
        for number, one in enumerate(stated)
    ]
    out = tmp_path / "both.safetensors"
    merge_adapters([Strength(files[0], 0.5), Strength(files[1])], out, precision="fp16")
    metadata = read_adapter(out).metadata
    assert metadata["ss_base_model_version"] == "narrow-sd15-16-32" and metadata["modelspec.architecture"].endswith(
        "/lora"
    )
    assert metadata["modelspec.trigger_phrase"] == "miku, luka, blue"
    assert metadata["modelspec.merged_from"] == "0, 1" and metadata["ss_output_name"] == "both"
    assert not {"ss_learning_rate", "ss_sd_model_name"} & metadata.keys()  # true of one of them only
    assert json.loads(metadata["danlu_history"]) == [
        {
            "action": "merge",
            "from": [
                {"name": file.name, "weight": weight, "hash": model_hash(file)}
                for file, weight in zip(files, (0.5, 1.0), strict=True)
            ],
            "kept": 1.0,
        }
    ]
    assert str(tmp_path) not in str(metadata)
    small = tmp_path / "small.safetensors"
    resize_adapter(out, small, Cut(rank=2))
    seen = {fact.key: fact.value for fact in inspect_path(small).facts}
    assert seen["made_from"] == ["merge 0.safetensors:0.5 + 1.safetensors:1", "resize both.safetensors:1"]
    assert (seen["trigger_words"], seen["family"]) == (["miku", "luka", "blue"], "Stable Diffusion 1.x")
    assert (seen["precision"], seen["rank"], seen["layout"], seen["hash_agrees"]) == ("fp16", [2], "kohya", True)
    assert seen["frequent_tags"] == {"miku": 4, "hat": 1}


def test_equal_inputs_give_equal_files(made: list[Path], tmp_path: Path) -> None:
    outs = [tmp_path / folder / "m.safetensors" for folder in ("a", "b")]
    for out in outs:
        merge_adapters([Strength(made[0]), Strength(made[2], 0.3)], out, cut=Cut(share=0.8))
    assert outs[0].read_bytes() == outs[1].read_bytes()


def changed(file: Path, out: Path, change, metadata: dict[str, str] | None = None) -> Path:
    tensors, stated = read_tensors(file)
    write_tensors(out, change(tensors), stated if metadata is None else metadata)
    return out


def test_adapters_of_different_families_are_not_merged(made: list[Path], tmp_path: Path) -> None:
    other = changed(made[0], tmp_path / "xl.safetensors", dict, {"ss_base_model_version": "sdxl_base_v1-0"})
    with pytest.raises(UserError, match=r"Stable Diffusion 1\.x and .*Stable Diffusion XL"):
        merge_adapters([Strength(made[0]), Strength(other)], tmp_path / "m.safetensors")

    def widen(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
        return {
            name: torch.zeros(tensor.shape[0], 99) if name.endswith("attn1_to_q.lora_down.weight") else tensor
            for name, tensor in tensors.items()
        }

    silent = changed(made[0], tmp_path / "wide.safetensors", widen, {})
    with pytest.raises(UserError, match=r"different bases: layer 'lora_unet_mid_block.*one family"):
        merge_adapters([Strength(made[0]), Strength(silent)], tmp_path / "m.safetensors")
    assert not (tmp_path / "m.safetensors").exists()


@pytest.mark.parametrize(
    ("weights", "told"),
    [((0.0, 1.0), "weight 0"), ((float("nan"), 1.0), "weight nan"), ((1.0,), "alone"), ((float("inf"), 1.0), "inf")],
)
def test_weights_that_make_no_sense_are_told(made, weights: tuple[float, ...], told: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=told):
        merge_adapters([Strength(made[0], weight) for weight in weights], tmp_path / "m.safetensors")


def test_ranks_beyond_the_layers_are_told(made: list[Path], tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"--rank 9 is more than any layer has: at most 3"):
        resize_adapter(made[0], tmp_path / "m.safetensors", Cut(rank=9))
    with pytest.raises(UserError, match=r"--rank 5000 is more than any layer has"):
        merge_adapters([Strength(made[0]), Strength(made[1])], tmp_path / "m.safetensors", cut=Cut(rank=5000))


def test_damaged_files_and_wrong_places_are_told(made: list[Path], tmp_path: Path) -> None:
    whole = made[0].read_bytes()
    (tmp_path / "cut.safetensors").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UserError, match="isn't a whole safetensors file"):
        resize_adapter(tmp_path / "cut.safetensors", tmp_path / "m.safetensors", Cut(rank=1))
    nan = changed(made[0], tmp_path / "nan.safetensors", lambda found: {k: v * float("nan") for k, v in found.items()})
    with pytest.raises(UserError, match="values that aren't numbers"):
        resize_adapter(nan, tmp_path / "m.safetensors", Cut(share=0.9))
    large = changed(made[0], tmp_path / "large.safetensors", lambda found: {k: v * 1e4 for k, v in found.items()})
    with pytest.raises(UserError, match="too large for fp16"):
        merge_adapters([Strength(large, 1e3)], tmp_path / "m.safetensors", precision="fp16")
    with pytest.raises(UserError, match="one of the files that are read"):
        resize_adapter(made[0], made[0], Cut(rank=1))
    assert made[0].read_bytes() == whole and not (tmp_path / "m.safetensors").exists()


def test_an_adapter_that_does_not_fit_the_base_given_is_told(made, base_folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "other.safetensors"
    other = changed(made[0], out, lambda found: {k.replace("mid_block", "mid_blocks"): v for k, v in found.items()})
    with pytest.raises(UserError, match="doesn't fit the base"):
        merge_adapters([Strength(other, 0.5)], tmp_path / "m.safetensors", base=str(base_folder))
