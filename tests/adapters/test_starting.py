"""Training that goes on from a finished adapter: the first step sees what the file draws, whatever the rank."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from adapter_making import make_adapter
from adapter_variants import VARIANTS
from danlu.adapters.base import Adapter
from danlu.adapters.files import read_adapter
from danlu.adapters.injection import Injection, inject, inject_file
from danlu.adapters.kinds.dylora import DyLoRA
from danlu.adapters.kinds.lokr import LoKr
from danlu.adapters.kinds.lora import LoRA
from danlu.adapters.kinds.norm import Norm
from danlu.adapters.layers import original
from danlu.adapters.starting import Start
from danlu.families.base import Base, BaseFacts
from danlu.families.find import find_base, load_base
from danlu.kit.errors import UserError
from danlu.pipeline.starting_point import find_starting_point
from danlu.recipe import load_recipe

FEW: dict[str, Any] = {"include": ("*mid_block*", "*layers_0_*")}


@pytest.fixture(scope="module")
def base(base_folder: Path) -> Base:
    return load_base(str(base_folder), dtype=torch.float32)


@pytest.fixture(scope="module")
def facts(base_folder: Path) -> BaseFacts:
    return find_base(str(base_folder))[1]


def few(adapter: Adapter, **settings: Any) -> Adapter:
    include = (*FEW["include"], *(("*norm*",) if adapter.norms else ()))
    return adapter.model_copy(update={"include": include, **settings})


def changes(injection: Injection) -> Iterator[tuple[str, Tensor, Tensor | None]]:
    for name, layer in injection.layers.items():
        tensors, weight = dict(layer.tensors.items()), original(layer).weight
        assert isinstance(weight, Tensor)
        yield name, layer.adapter.delta(tensors, weight).detach(), layer.adapter.bias_delta(tensors)


def begun(base: Base, adapter: Adapter, file: Path) -> tuple[dict[str, Tensor], dict[str, Tensor], Start]:
    """ΔW of the run's first step, and of the file."""
    start = Start.of(read_adapter(file))
    injection = inject(base, adapter, seed=3, start=start)
    ours = {name: change for name, change, _ in changes(injection)}
    assert all(tensor.is_leaf for layer in injection.layers.values() for tensor in layer.tensors.values())
    injection.eject()
    injection = inject_file(base, start.file)
    theirs = {name: change for name, change, _ in changes(injection)}
    injection.eject()
    return ours, theirs, start


def require_same(ours: dict[str, Tensor], theirs: dict[str, Tensor]) -> None:
    assert ours.keys() == theirs.keys()
    for name, change in ours.items():
        assert change.norm() > 0
        torch.testing.assert_close(change, theirs[name], atol=2e-5, rtol=1e-4)


@pytest.mark.parametrize("name", VARIANTS)
def test_every_kind_goes_on_from_its_file(base: Base, facts: BaseFacts, name: str, tmp_path: Path) -> None:
    adapter = few(VARIANTS[name])
    file = make_adapter(facts, adapter, tmp_path / "a.safetensors")
    require_same(*begun(base, adapter, file)[:2])
    point = find_starting_point(adapter.model_copy(update={"start_from": str(file)}), facts)
    assert point is not None and not point.notes


@pytest.mark.parametrize("name", ["lora", "lora dora", "lora rs_lora", "locon", "locon tucker", "loha", "loha tucker",
                                  "lokr", "lokr tucker", "lokr decompose_both", "dylora"])  # fmt: skip
def test_a_larger_rank_changes_nothing_at_first(base: Base, facts: BaseFacts, name: str, tmp_path: Path) -> None:
    file = make_adapter(facts, few(VARIANTS[name]), tmp_path / "a.safetensors")
    larger = few(VARIANTS[name], rank=3, alpha=2.0)
    require_same(*begun(base, larger, file)[:2])
    start = find_starting_point(larger.model_copy(update={"start_from": str(file)}), facts)
    assert start is not None and not start.notes


def test_a_smaller_rank_is_the_nearest_and_told(base: Base, facts: BaseFacts, tmp_path: Path) -> None:
    file = make_adapter(facts, few(LoRA(rank=4, alpha=2)), tmp_path / "a.safetensors")
    smaller = few(LoRA(rank=2, alpha=3, start_from=str(file)))
    ours, theirs, start = begun(base, smaller, file)
    for name, change in ours.items():
        left = torch.linalg.svdvals(theirs[name].flatten(1))
        assert torch.linalg.matrix_norm((theirs[name] - change).flatten(1)) == pytest.approx(
            float(left[2:].norm()), 1e-3
        )
        assert start.cut[name] == pytest.approx(float(left[:2].norm() / left.norm()), 1e-3)
    point = find_starting_point(smaller, facts)
    assert point is not None and "higher rank" in point.notes[0].en and "截取" in point.notes[0].zh


def test_related_kinds_and_a_new_magnitude(base: Base, facts: BaseFacts, tmp_path: Path) -> None:
    """A DyLoRA's file is a LoRA; a DoRA's magnitude starts as it has to be."""
    file = make_adapter(facts, few(LoRA(rank=2, alpha=1)), tmp_path / "a.safetensors")
    for adapter in (LoRA(rank=2, alpha=5, dora=True), DyLoRA(rank=4, unit=2)):
        require_same(*begun(base, few(adapter), file)[:2])


def test_layers_of_only_one_side_are_told(base: Base, facts: BaseFacts, tmp_path: Path) -> None:
    file = make_adapter(facts, LoRA(rank=2, include=("*mid_block*", "*layers_1_*")), tmp_path / "a.safetensors")
    adapter = few(LoRA(rank=2, start_from=str(file)))
    ours, theirs, _ = begun(base, adapter, file)
    fresh = ours.keys() - theirs.keys()
    assert fresh and not any(ours[name].any() for name in fresh)
    point = find_starting_point(adapter, facts)
    assert point is not None
    assert [("left out" in one.en, "start afresh" in one.en) for one in point.notes] == [(True, False), (False, True)]


@pytest.mark.parametrize(
    ("held", "wanted", "told"),
    [
        (VARIANTS["loha"], LoRA(), r"set adapter.kind = \"loha\""),
        (VARIANTS["lora dora"], LoRA(), "set adapter.dora = true"),
        (VARIANTS["lokr"], LoKr(rank=1, targets="full"), "set adapter's rank"),
        (VARIANTS["oft rescale"], VARIANTS["oft"], "adapter.rescale = true"),
        (LoRA(rank=2), Norm(), "none of the layers"),
    ],
)
def test_what_cannot_be_gone_on_from_is_one_sentence(
    facts: BaseFacts, held: Adapter, wanted: Adapter, told: str, tmp_path: Path
) -> None:
    file = make_adapter(facts, held, tmp_path / "a.safetensors")
    with pytest.raises(UserError, match=told) as caught:
        find_starting_point(wanted.model_copy(update={"start_from": str(file)}), facts)
    assert caught.value.field == "adapter.start_from"
    with pytest.raises(UserError, match="doesn't exist"):
        find_starting_point(wanted.model_copy(update={"start_from": str(file) + "x"}), facts)


def test_a_relative_path_starts_at_the_recipe(tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.toml"
    recipe.write_text('[dataset]\npath = "pictures"\n[adapter]\nkind = "lora"\nstart_from = "../a.safetensors"\n')
    assert load_recipe(recipe).adapter.start_from == str(tmp_path / ".." / "a.safetensors")
