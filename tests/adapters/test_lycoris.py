"""Against LyCORIS, the field's library: the same tensors make the same ΔW and the same output, through files both ways.

LyCORIS' classes are built with our settings and loaded from our file, or written to a file that we read. Its own reader
is tried too where it works. Where it differs from us, on purpose:
- it can't read (IA)³, nor DoRA along the inputs, and often guesses the factor of a LoKr wrongly;
- of DoRA and rescaled rotations its multiplier scales the gain alone, so that at 0 it isn't the base: ours is W + s·ΔW;
- a LoKr without low-rank parts it trains with rsLoRA at a scale of √rank, but reads at 1, as we do.
"""

from pathlib import Path
from typing import Any

import pytest
import torch
from lycoris.functional import factorization
from lycoris.modules import get_module, make_module
from lycoris.modules.diag_oft import DiagOFTModule
from lycoris.modules.dylora import DyLoraModule
from lycoris.modules.ia3 import IA3Module
from lycoris.modules.locon import LoConModule
from lycoris.modules.loha import LohaModule
from lycoris.modules.lokr import LokrModule
from torch import Tensor, nn

from adapter_variants import VARIANTS, disturbed, make_inputs, make_layer
from danlu.adapters.base import Adapter
from danlu.adapters.factors import split_width
from danlu.adapters.files import read_adapter, settings_in
from danlu.adapters.kinds.dylora import DyLoRA
from danlu.adapters.kinds.ia3 import IA3
from danlu.adapters.kinds.lokr import LoKr
from danlu.adapters.kinds.lora import LoRA
from danlu.adapters.kinds.oft import OFT
from danlu.adapters.ranked import Ranked
from danlu.weights.safetensor_files import write_tensors

CLASSES: dict[str, Any] = {
    "lora": LoConModule,
    "locon": LoConModule,
    "loha": LohaModule,
    "lokr": LokrModule,
    "ia3": IA3Module,
    "oft": DiagOFTModule,
}
"""DyLoRA is missing: its file is a LoRA, and LyCORIS trains it at another scale (see the last test)."""
NAME = "lora_unet_layer"
SHAPES = [(24, 40), (40, 24, 1, 1), (24, 20, 3, 3), (7, 13)]
VARIANT_NAMES = [
    name
    for name in VARIANTS
    if name.split()[0] in CLASSES and name != "lokr rs_lora" and not name.endswith("norms")  # see test_lycoris_full
]
CASES = [
    pytest.param(VARIANTS[name], shape, id=f"{name} {shape}")
    for name in VARIANT_NAMES
    for shape in SHAPES
    if (shape[2:] != (3, 3) or VARIANTS[name].takes_convolutions)
    and (name != "oft" or shape != (7, 13))  # a prime width can't be rotated in blocks
]
LINEAR, CONV = (24, 40), (24, 20, 3, 3)
CASES += [
    pytest.param(adapter, shape, id=name)
    for name, adapter, shape in (
        ("lokr low-rank", LoKr(rank=2, alpha=1, factor=2), LINEAR),
        ("lokr low-rank convolution", LoKr(rank=2, alpha=1, factor=2, targets="full"), CONV),
        ("lokr rs_lora", LoKr(rank=2, alpha=1, factor=2, rs_lora=True), LINEAR),
        ("lokr low-rank tucker", LoKr(rank=2, alpha=1, factor=2, tucker=True, targets="full"), CONV),
        ("lokr both low-rank", LoKr(rank=1, alpha=2, factor=None, decompose_both=True), LINEAR),
        ("lokr low-rank dora", LoKr(rank=2, factor=4, dora=True, targets="full"), CONV),
        ("lokr whole by its rank", LoKr(rank=100, alpha=3, targets="full"), CONV),
        ("oft block 4 rescaled", OFT(block_size=4, rescale=True), CONV),
    )
]


def resolved(adapter: Adapter, shape: tuple[int, ...]) -> Adapter:
    return adapter.for_layer(f"{NAME}_ff_net_2", shape) if isinstance(adapter, IA3) and shape == (24, 40) else adapter


def theirs(adapter: Adapter, layer: nn.Module) -> Any:
    """LyCORIS' module with our settings, for the layer."""
    arguments: dict[str, Any] = {}
    if isinstance(adapter, Ranked):
        arguments = {"lora_dim": adapter.rank, "alpha": adapter.alpha, "rs_lora": adapter.rs_lora}
        for ours, name in (("dora", "weight_decompose"), ("tucker", "use_tucker")):
            arguments[name] = getattr(adapter, ours, False)
        arguments["wd_on_out"] = False
    if isinstance(adapter, LoKr):
        arguments["factor"] = adapter.factor or -1
        arguments |= {"decompose_both": adapter.decompose_both, "full_matrix": adapter.full_matrix}
    if isinstance(adapter, OFT):
        arguments = {"lora_dim": adapter.block_size, "constraint": adapter.constraint, "rescaled": adapter.rescale}
    if isinstance(adapter, IA3):
        arguments = {"train_on_input": bool(adapter.on_input)}
    return CLASSES[adapter.model_dump()["kind"]](NAME, layer, 1.0, **arguments).eval()


def their_delta(module: Any, weight: Tensor) -> Tensor:
    """ΔW as LyCORIS' forward makes it (its `get_diff_weight` scales LoHa and LoKr twice)."""
    if isinstance(module, IA3Module | DiagOFTModule):
        return module.make_weight(diff=True).reshape(weight.shape)
    lora = isinstance(module, LoConModule)
    change = module.make_weight() * module.scale if lora else module.get_weight(module.shape)
    change = change.reshape(weight.shape)
    return module.apply_weight_decompose(weight + change, 1) - weight if module.wd else change


def require_agreement(adapter: Adapter, tensors: dict[str, Tensor], module: Any, layer: nn.Module) -> None:
    weight: Tensor = layer.weight  # type: ignore[assignment]
    inputs = make_inputs(weight.shape)
    with torch.no_grad():
        delta = adapter.delta(tensors, weight)
        assert delta.abs().max() > 1e-3
        torch.testing.assert_close(delta, their_delta(module, weight), rtol=1e-4, atol=1e-5)
        added = adapter.output(tensors, inputs, layer)
        torch.testing.assert_close(layer(inputs) + added, module(inputs), rtol=1e-4, atol=1e-4)
        if not getattr(adapter, "dora", False) and not getattr(adapter, "rescale", False):
            module.multiplier = 0.5
            torch.testing.assert_close(layer(inputs) + 0.5 * added, module(inputs), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("adapter", "shape"), CASES)
def test_lycoris_reads_ours(adapter: Adapter, shape: tuple[int, ...]) -> None:
    layer, adapter = make_layer(shape), resolved(adapter, shape)
    tensors = disturbed(adapter.start(layer.weight, torch.Generator().manual_seed(0)))  # type: ignore[arg-type]
    found = adapter.to_file(tensors, torch.float32)
    module = theirs(adapter, layer)
    module.load_state_dict({key: tensor for key, tensor in found.items() if key != "alpha"}, strict=False)
    assert set(module.state_dict()) == set(found)
    require_agreement(adapter, tensors, module, layer)
    if isinstance(adapter, IA3 | LoKr) or getattr(adapter, "dora", False):
        return
    whole = {f"{NAME}.{suffix}": tensor for suffix, tensor in found.items()}
    module = make_module(*get_module(whole, NAME), NAME, layer).eval()
    require_agreement(adapter, tensors, module, layer)


@pytest.mark.parametrize(("adapter", "shape"), CASES)
def test_we_read_lycoris(adapter: Adapter, shape: tuple[int, ...], tmp_path: Path) -> None:
    layer, adapter = make_layer(shape), resolved(adapter, shape)
    module, generator = theirs(adapter, layer), torch.Generator().manual_seed(5)
    with torch.no_grad():
        for tensor in module.parameters():
            tensor += 0.3 * torch.randn(tensor.shape, generator=generator)
    state = {f"{NAME}.{suffix}": tensor for suffix, tensor in module.state_dict().items()}
    write_tensors(tmp_path / "theirs.safetensors", state, {})
    file = read_adapter(tmp_path / "theirs.safetensors")
    read = settings_in(file)[NAME]
    suffixes = read.suffixes.items()
    tensors = {name: file.layers[NAME][suffix] for name, suffix in suffixes if suffix in file.layers[NAME]}
    require_agreement(read, tensors, module, layer)


@pytest.mark.parametrize("shape", [(24, 40), (24, 20, 3, 3)])
def test_we_read_decomposition_along_the_outputs(shape: tuple[int, ...]) -> None:
    """LyCORIS' own default."""
    layer = make_layer(shape)
    module: Any = LoConModule(NAME, layer, 1.0, lora_dim=4, alpha=2, weight_decompose=True).eval()
    with torch.no_grad():
        for tensor in module.parameters():
            tensor += 0.3 * torch.rand(tensor.shape)
    found = {suffix: tensor.detach() for suffix, tensor in module.state_dict().items()}
    kind = type(VARIANTS["lora"] if len(shape) == 2 else VARIANTS["locon"])
    adapter = kind.from_file(found)
    assert adapter is not None
    tensors = {name: found[suffix] for name, suffix in kind.suffixes.items() if suffix in found}
    require_agreement(adapter, tensors, module, layer)


def test_constrained_rotation_means_the_same_to_both() -> None:
    """A file of LyCORIS tells the constraint by alpha; in a file of ours it is worked in."""
    layer = make_layer((12, 10))
    module: Any = DiagOFTModule(NAME, layer, 1.0, lora_dim=4, constraint=0.02).eval()
    with torch.no_grad():
        module.oft_blocks += torch.randn(module.oft_blocks.shape)
    found = {suffix: tensor.detach() for suffix, tensor in module.state_dict().items()}
    adapter = OFT.from_file(found)
    assert adapter is not None and adapter.constraint == pytest.approx(0.02)
    tensors = {"blocks": found["oft_blocks"]}
    require_agreement(adapter, tensors, module, layer)
    again = {f"{NAME}.{suffix}": tensor for suffix, tensor in adapter.to_file(tensors, torch.float32).items()}
    require_agreement(adapter, tensors, make_module(*get_module(again, NAME), NAME, layer).eval(), layer)


def test_widths_are_split_alike() -> None:
    for width in (*range(1, 200), 320, 640, 768, 1280, 2048, 2560, 3072, 5120, 10240):
        for limit in (None, 1, 2, 3, 4, 7, 8, 12, 16, 100):
            assert split_width(width, limit) == factorization(width, limit or -1), (width, limit)


def test_dylora_is_saved_as_the_same_lora() -> None:
    """The same rows in the same places; only what LyCORIS scales by while training (alpha, not alpha/rank) differs."""
    layer = make_layer((12, 10))
    module: Any = DyLoraModule(NAME, layer, 1.0, lora_dim=4, alpha=4, block_size=2)
    found = {suffix: tensor.detach() for suffix, tensor in module.state_dict().items()}
    found["lora_up.weight"] = torch.randn(12, 4)
    read = LoRA.from_file(found)
    assert read is not None and read.rank == 4
    ours = DyLoRA(rank=4, alpha=4, unit=2)
    tensors = {"down": found["lora_down.weight"], "up": found["lora_up.weight"]}
    torch.testing.assert_close(ours.delta(tensors, torch.zeros(12, 10)), read.delta(tensors, torch.zeros(12, 10)))
    assert set(ours.to_file(tensors, torch.float32)) == set(found)
