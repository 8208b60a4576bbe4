"""The maths of every adapter kind on single layers of any shape, in float64."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional

from adapter_variants import KINDS, VARIANTS, disturbed, make_inputs, make_layer
from danlu.adapters.base import Adapter
from danlu.adapters.changes import decompose, magnitude
from danlu.adapters.factors import split_width
from danlu.adapters.kinds.loha import LoHa
from danlu.adapters.kinds.lokr import LoKr
from danlu.adapters.kinds.lora import LoRA
from danlu.adapters.kinds.oft import OFT

NARROW = st.one_of(
    st.tuples(st.integers(1, 17), st.integers(1, 17)),
    st.tuples(st.integers(1, 9), st.integers(1, 9), st.just(1), st.just(1)),
)
WIDE = st.tuples(st.integers(1, 9), st.integers(1, 9), st.just(3), st.just(3))


def whole(layer: nn.Module, inputs: Tensor, weight: Tensor, shift: Tensor | None) -> Tensor:
    """The layer with another weight, and its bias shifted."""
    assert isinstance(layer, nn.Conv2d | nn.Linear) and layer.bias is not None
    bias = layer.bias if shift is None else layer.bias + shift
    if isinstance(layer, nn.Conv2d):
        return functional.conv2d(inputs, weight, bias, layer.stride, layer.padding)
    return functional.linear(inputs, weight, bias)


@pytest.mark.parametrize("adapter", VARIANTS.values(), ids=VARIANTS)
@settings(max_examples=12)
@given(data=st.data())
def test_a_kind_on_a_layer(adapter: Adapter, data: st.DataObject) -> None:
    shape = data.draw(st.one_of(NARROW, WIDE) if adapter.takes_convolutions else NARROW)
    layer = make_layer(shape, stride=data.draw(st.integers(1, 2)), dtype=torch.float64)
    inputs = make_inputs(shape, dtype=torch.float64)
    weight: Tensor = layer.weight  # type: ignore[assignment]

    fresh = adapter.start(weight.float(), torch.Generator().manual_seed(0))
    assert all(tensor.dtype == torch.float32 for tensor in fresh.values())
    assert not adapter.delta(fresh, weight.float()).any()
    assert sum(tensor.numel() for tensor in fresh.values()) == adapter.count(shape)

    tensors = {name: tensor.requires_grad_() for name, tensor in disturbed(fresh).items()}
    tensors = {name: tensor.double() for name, tensor in tensors.items()}
    delta = adapter.delta(tensors, weight)
    assert (delta.shape, delta.dtype) == (weight.shape, torch.float64)
    added = adapter.output(tensors, inputs, layer)
    torch.testing.assert_close(
        layer(inputs) + added, whole(layer, inputs, weight + delta, adapter.bias_delta(tensors)), rtol=1e-10, atol=1e-10
    )

    found = adapter.to_file(tensors, torch.float64)
    readers = [read for kind in KINDS.values() if (read := kind.from_file(found)) is not None]
    assert len(readers) == 1
    suffixes = readers[0].suffixes.items()
    own = {name: found[suffix] for name, suffix in suffixes if suffix in found}
    torch.testing.assert_close(readers[0].delta(own, weight), delta, rtol=1e-6, atol=1e-6)


def test_lora_by_hand() -> None:
    tensors = {"down": torch.tensor([[1.0, 2.0], [0.0, 1.0]]), "up": torch.tensor([[1.0, 0.0], [0.0, 3.0], [1.0, 1.0]])}
    delta = LoRA(rank=2, alpha=1).delta(tensors, torch.zeros(3, 2))
    assert delta.tolist() == [[0.5, 1.0], [0.0, 1.5], [0.5, 1.5]]


def test_lora_of_a_linear_layer_runs_in_a_1x1_convolution_and_the_other_way_round() -> None:
    adapter, linear, conv = LoRA(rank=2), make_layer((4, 3)), make_layer((4, 3, 1, 1))
    flat = disturbed(adapter.start(torch.zeros(4, 3), torch.Generator().manual_seed(0)))
    deep = {name: tensor[:, :, None, None] for name, tensor in flat.items()}
    for layer, inputs in ((linear, torch.randn(2, 5, 3)), (conv, torch.randn(2, 3, 5, 4))):
        torch.testing.assert_close(adapter.output(flat, inputs, layer), adapter.output(deep, inputs, layer))
        weight: Tensor = layer.weight  # type: ignore[assignment]
        assert torch.equal(adapter.delta(flat, weight), adapter.delta(deep, weight))
        assert adapter.delta(flat, weight).shape == weight.shape


def test_rs_lora_scales_by_the_root_and_its_file_by_alpha_over_rank() -> None:
    adapter = LoRA(rank=16, alpha=8, rs_lora=True)
    assert adapter.scale == 2
    found = adapter.to_file(adapter.start(torch.zeros(20, 20), torch.Generator()), torch.float16)
    assert float(found["alpha"]) / 16 == 2


def test_loha_reaches_the_square_of_its_rank() -> None:
    adapter, weight = LoHa(rank=2), torch.zeros(12, 12)
    tensors = disturbed(adapter.start(weight, torch.Generator().manual_seed(1)))
    delta = adapter.delta({name: tensor.double() for name, tensor in tensors.items()}, weight)
    assert int(torch.linalg.matrix_rank(delta)) == 4


def test_lokr_repeats_a_block() -> None:
    small, large = torch.tensor([[1.0, 2.0], [3.0, 4.0]]), torch.tensor([[1.0, 0.0, 2.0]])
    delta = LoKr(rank=1, alpha=5).delta({"w1": small, "w2": large}, torch.zeros(2, 6))
    assert delta.tolist() == [[1, 0, 2, 2, 0, 4], [3, 0, 6, 4, 0, 8]]


def test_split_of_widths() -> None:
    """The table of the formulas page, for limits None, 4, 8, 16."""
    table = {
        320: [(16, 20), (4, 80), (8, 40), (16, 20)],
        640: [(20, 32), (4, 160), (8, 80), (16, 40)],
        1280: [(32, 40), (4, 320), (8, 160), (16, 80)],
    }
    for width, splits in table.items():
        assert [split_width(width, limit) for limit in (None, 4, 8, 16)] == splits
    assert split_width(2560, None) == (40, 64) and split_width(10240, None) == (80, 128)


@pytest.mark.parametrize("constraint", [0.0, 0.01, 100.0])
def test_oft_rotates(constraint: float) -> None:
    """Lengths and angles of the outputs of a block stay; the constraint bounds the rotation, also in a file."""
    adapter, weight = OFT(block_size=4, constraint=constraint), torch.randn(12, 20, dtype=torch.float64)
    blocks = {"blocks": torch.randn(4, 3, 3, dtype=torch.float64)}
    turned = weight + adapter.delta(blocks, weight)
    for rows in range(0, 12, 3):
        before, after = weight[rows : rows + 3], turned[rows : rows + 3]
        torch.testing.assert_close(after.T @ after, before.T @ before)
    saved = adapter.to_file(blocks, torch.float64)["oft_blocks"]
    size = float((saved - saved.mT).norm())
    assert size == pytest.approx(0.12) if constraint == 0.01 else size > 1


def test_decomposed_weights_have_the_magnitude() -> None:
    weight, change = torch.randn(5, 7, 3, 3), torch.randn(5, 7, 3, 3)
    for by_output in (False, True):
        scale = magnitude(weight, by_output=by_output) * 2
        assert scale.shape == ((5, 1, 1, 1) if by_output else (1, 7, 1, 1))
        decomposed = weight + decompose(change, weight, scale)
        torch.testing.assert_close(magnitude(decomposed, by_output=by_output), scale)
        cosine = functional.cosine_similarity(
            decomposed.movedim(int(not by_output), 0).flatten(1),
            (weight + change).movedim(int(not by_output), 0).flatten(1),
        )
        torch.testing.assert_close(cosine, torch.ones_like(cosine))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_adds_in_the_inputs_type(dtype: torch.dtype) -> None:
    for name, adapter in VARIANTS.items():
        layer = make_layer((16, 16), dtype=dtype)
        tensors = disturbed(adapter.start(layer.weight, torch.Generator().manual_seed(0)))  # type: ignore[arg-type]
        inputs = make_inputs((16, 16))
        added = adapter.output(tensors, inputs.to(dtype), layer)
        exact = adapter.output(tensors, inputs, layer.float())
        assert added.dtype == dtype, name
        assert (added.float() - exact).norm() < 0.05 * exact.norm(), name
        assert math.isfinite(float(added.float().sum())), name
