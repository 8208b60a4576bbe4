"""The largest norm of a layer's change: what is longer is shortened to it, what is below isn't touched by a bit."""

from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from lycoris.modules.locon import LoConModule
from lycoris.modules.loha import LohaModule
from lycoris.modules.lokr import LokrModule

from adapter_variants import VARIANTS, disturbed, make_layer
from danlu.adapters.base import Adapter
from danlu.adapters.files import read_adapter
from danlu.adapters.injection import Injection, inject
from danlu.adapters.kinds.norm import Norm
from danlu.adapters.layers import AdaptedLayer
from danlu.checkpoints.state import read_state
from danlu.families.find import load_base
from danlu.kit.errors import UserError
from danlu.pipeline.train import train
from danlu.recipe import merge
from danlu.training.norms import NormLimit, change_norm
from small_world import make_recipe

PRODUCTS = {name: adapter for name, adapter in VARIANTS.items() if adapter.is_product}
MODULES: dict[str, Any] = {"lora": LoConModule, "locon": LoConModule, "loha": LohaModule, "lokr": LokrModule}


def limited(adapter: Adapter, shape: tuple[int, ...], *, largest: float, size: float = 1.0) -> AdaptedLayer:
    """A layer after the limit; its tensors are random, `size` times as large."""
    layer = make_layer(shape)
    weight: torch.Tensor = layer.weight  # type: ignore[assignment]
    tensors = disturbed(adapter.start(weight, torch.Generator().manual_seed(0)))
    adapted = AdaptedLayer(layer, adapter, {name: size * tensor for name, tensor in tensors.items()}, 1.0)
    NormLimit(Injection(None, {"layer": adapted}, {}), largest).apply()  # type: ignore[arg-type]
    return adapted


def delta(adapted: AdaptedLayer) -> torch.Tensor:
    with torch.no_grad():
        return adapted.adapter.delta(dict(adapted.tensors.items()), adapted.layer.weight)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        (name, shape)
        for name, adapter in PRODUCTS.items()
        for shape in [(24, 40), *([(24, 20, 3, 3)] if adapter.takes_convolutions else [])]
    ],
)
def test_longer_changes_keep_their_direction(name: str, shape: tuple[int, ...]) -> None:
    adapter = PRODUCTS[name]
    free = delta(limited(adapter, shape, largest=1e9))
    norm = free.norm()
    torch.testing.assert_close(change_norm(adapter, *tensors_of(adapter, shape)), norm, rtol=1e-5, atol=0)
    short = delta(limited(adapter, shape, largest=float(norm) / 3))
    torch.testing.assert_close(short, free / 3, rtol=1e-4, atol=1e-7)


def tensors_of(adapter: Adapter, shape: tuple[int, ...]) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
    adapted = limited(adapter, shape, largest=1e9)
    return {name: tensor.detach() for name, tensor in adapted.tensors.items()}, adapted.layer.weight  # type: ignore[return-value]


@settings(max_examples=40)
@given(
    name=st.sampled_from(sorted(PRODUCTS)),
    largest=st.floats(1e-3, 1e3),
    size=st.sampled_from([0.0, 1e-6, 0.1, 1.0, 30.0]),
)
def test_no_change_is_longer_and_shorter_ones_stay_bit_by_bit(name: str, largest: float, size: float) -> None:
    adapter = PRODUCTS[name]
    free = limited(adapter, (24, 40), largest=1e30, size=size)
    short = limited(adapter, (24, 40), largest=largest, size=size)
    assert float(delta(short).norm()) <= largest * (1 + 1e-5)
    if float(delta(free).norm()) < largest * (1 - 1e-5):
        assert all(torch.equal(free.tensors[key], short.tensors[key]) for key in free.tensors)


@pytest.mark.parametrize("name", list(MODULES))
def test_lycoris_shortens_to_the_same(name: str) -> None:
    adapter, shape = PRODUCTS[name], (24, 40)
    free = limited(adapter, shape, largest=1e9)
    settings = {"factor": 8} if name == "lokr" else {}
    module = MODULES[name]("x", make_layer(shape), 1.0, lora_dim=2, alpha=1, **settings)
    suffixes = {adapter.suffixes[key]: tensor.detach().clone() for key, tensor in free.tensors.items()}
    module.load_state_dict({**suffixes, "alpha": torch.tensor(1.0)}, strict=False)
    largest = float(delta(free).norm()) / 2
    module.apply_max_norm(largest)
    theirs = module.make_weight() * module.scale if name in ("lora", "locon") else module.get_weight(module.shape)
    theirs = theirs * module.scalar if name == "loha" else theirs
    torch.testing.assert_close(delta(limited(adapter, shape, largest=largest)), theirs.detach(), rtol=1e-4, atol=1e-6)


def test_lora_shares_the_shortening_as_sd_scripts_does() -> None:
    """√(M/n) to either matrix."""
    adapter = VARIANTS["lora"]
    free, norm = limited(adapter, (24, 40), largest=1e9), delta(limited(adapter, (24, 40), largest=1e9)).norm()
    short = limited(adapter, (24, 40), largest=float(norm) / 4)
    for name in ("down", "up"):
        torch.testing.assert_close(short.tensors[name].detach(), free.tensors[name].detach() / 2)


def test_norm_layers_are_left_alone() -> None:
    """They are no products; nor does LyCORIS shorten them."""
    layer, norm = make_layer((24, 40)), torch.nn.LayerNorm(40)
    adapters = {"layer": VARIANTS["lora"], "norm": Norm()}
    layers = {
        name: AdaptedLayer(each, adapters[name], disturbed(adapters[name].start(each.weight, torch.Generator())), 1.0)
        for name, each in (("layer", layer), ("norm", norm))
    }
    injection = Injection(None, layers, {})  # type: ignore[arg-type]
    before = injection.state()
    NormLimit(injection, 1e-3).apply()
    kept = {name for name, tensor in injection.state().items() if torch.equal(tensor, before[name])}
    assert kept == {name for name in before if name.startswith("norm/")} != set()


def test_every_step_of_a_run_keeps_within_it(dataset: Path, base_folder: Path, tmp_path: Path) -> None:
    changes = {"training": {"length": "4 steps"}, "checkpoints": {"precision": "fp32"}}
    folders = [
        train(
            make_recipe(dataset, base_folder, merge(changes, {"training": {"max_weight_norm": limit}})), tmp_path / n
        )[0]
        for n, limit in (("free", None), ("short", 0.02))
    ]
    norms = []
    for folder in folders:
        recipe = make_recipe(dataset, base_folder, changes)
        injection = inject(load_base(str(base_folder), dtype=torch.float32), recipe.adapter, seed=0)
        injection.load_state(read_state(folder.state).adapter)
        norms.append([float(delta(layer).norm()) for layer in injection.layers.values()])
    assert max(norms[0]) > 0.03 and max(norms[1]) <= 0.02 * (1 + 1e-5)
    metadata = [read_adapter(folder.checkpoints / "lora.safetensors").metadata for folder in folders]
    assert [one["ss_scale_weight_norms"] for one in metadata] == ["None", "0.02"]


@pytest.mark.parametrize(
    ("changes", "english", "chinese"),
    [
        ({"adapter": {"kind": "ia3"}}, "the change of adapter.kind 'ia3' is no such product", "“ia3”的改变量"),
        ({"adapter": {"kind": "oft"}}, "the change of adapter.kind 'oft' is no such product", "“oft”的改变量"),
        ({"adapter": {"kind": "loha", "dora": True}}, "adapter.kind 'loha' with dora", "“loha”加 dora"),
        (
            {"optimizer": {"kind": "schedulefree_adamw"}, "schedule": {"kind": "constant"}},
            "not the average that this optimizer saves",
            "平均值",
        ),
        ({"training": {"max_weight_norm": 0}}, "'training.max_weight_norm' must be more than 0", "必须大于 0"),
    ],
)
def test_where_it_means_nothing(
    dataset: Path, base_folder: Path, changes: dict[str, Any], english: str, chinese: str
) -> None:
    with pytest.raises(UserError) as caught:
        make_recipe(dataset, base_folder, merge({"training": {"max_weight_norm": 1.0}}, changes))
    assert english in caught.value.text.en and chinese in caught.value.text.zh
