"""Dropout is a function of (picture's key, layer): the same in micro-batches, in a resumed run, in a second pass."""

from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from adapter_variants import disturbed, make_inputs, make_layer
from danlu.adapters.base import Adapter
from danlu.adapters.chance import Chance
from danlu.adapters.files import read_adapter
from danlu.adapters.injection import inject
from danlu.adapters.kinds.dylora import DyLoRA
from danlu.adapters.kinds.ia3 import IA3
from danlu.adapters.kinds.locon import LoCon
from danlu.adapters.kinds.loha import LoHa
from danlu.adapters.kinds.lora import LoRA
from danlu.families.find import load_base
from danlu.pipeline.train import train
from danlu.rundir.events import Step
from danlu.rundir.journal import read_journal
from small_world import make_recipe

RANDOM = {
    "numbers": LoRA(rank=4, dropout=0.3),
    "ranks": LoRA(rank=4, rank_dropout=0.3),
    "layers": LoRA(rank=4, module_dropout=0.3),
    "convolutions": LoCon(rank=4, dropout=0.2, rank_dropout=0.2, module_dropout=0.2),
    "weights": LoHa(rank=4, dropout=0.2, rank_dropout=0.2, dora=True),
    "channels": IA3(dropout=0.3),
    "dylora": DyLoRA(rank=4, unit=1, targets="full"),
}


def splitmix(x: int) -> int:
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
    x = (x ^ (x >> 27)) * 0x94D049BB133111EB % 2**64
    return x ^ (x >> 31)


@given(st.integers(0, 2**63 - 1), st.integers(0, 1000))
def test_numbers_are_splitmix(key: int, place: int) -> None:
    """Tensor arithmetic that wraps around is the arithmetic modulo 2⁶⁴."""
    from danlu.adapters.chance import _salt_number

    row = splitmix(key ^ _salt_number("layer", "use"))
    expected = splitmix((row + (place + 1) * 0x9E3779B97F4A7C15) % 2**64) >> 40
    drawn = Chance(torch.tensor([key]), "layer").uniform("use", (1, 1001))
    assert float(drawn[0, place]) == expected / 2**24


def test_numbers_are_even_and_unrelated() -> None:
    keys = torch.arange(1000)
    one = Chance(keys, "a").uniform("x", (1000, 100))
    others = [Chance(keys, "a").uniform("y", (1000, 100)), Chance(keys, "b").uniform("x", (1000, 100))]
    assert float(one.min()) >= 0 and float(one.max()) < 1
    histogram = torch.histc(one, 20, 0, 1) / 5000
    assert ((histogram - 1).abs() < 0.06).all()
    for other in [*others, one.roll(1, 0), one.roll(1, 1)]:
        assert abs(float(torch.corrcoef(torch.stack([one.flatten(), other.flatten()]))[0, 1])) < 0.015


def test_rows_of_a_picture_draw_by_its_key() -> None:
    both = Chance(torch.tensor([3, 4]), "a")
    drawn = both.uniform("x", (4, 5))
    assert torch.equal(drawn[2:], Chance(torch.tensor([4]), "a").uniform("x", (2, 5)))
    with pytest.raises(ValueError, match="3 rows can't be shared out among 2"):
        both.uniform("x", (3, 5))


@pytest.mark.parametrize("adapter", RANDOM.values(), ids=RANDOM)
def test_micro_batches_draw_what_the_batch_draws(adapter: Adapter, base_folder: Path) -> None:
    base = load_base(str(base_folder), dtype=torch.float32)
    injection = inject(base, adapter, seed=1)
    with torch.no_grad():
        for layer in injection.layers.values():
            for name, tensor in disturbed(dict(layer.tensors.items())).items():
                layer.tensors[name].copy_(tensor)
    noisy, captions = torch.randn(2, 4, 8, 8), ["a b", "c"]

    def predict(rows: list[int], keys: list[int]) -> torch.Tensor:
        with torch.no_grad(), injection.drawing(keys):
            context = base.encode_captions([captions[row] for row in rows])
            return base.predict(noisy[rows], torch.tensor([500] * len(rows)), context)

    both = predict([0, 1], [10, 11])
    assert torch.equal(both, predict([0, 1], [10, 11]))
    apart = torch.cat([predict([0], [10]), predict([1], [11])])
    torch.testing.assert_close(both, apart, rtol=1e-4, atol=1e-4)
    assert not torch.allclose(both, predict([0, 1], [12, 13]), atol=1e-3)
    assert all(layer.chance is None for layer in injection.layers.values())


@pytest.mark.parametrize("adapter", [LoRA(rank=4, dropout=0.3, rank_dropout=0.2), LoHa(rank=4, dropout=0.5)])
@pytest.mark.parametrize("shape", [(6, 5), (6, 5, 1, 1)])
def test_what_is_kept_makes_up_for_what_is_left_out(adapter: LoRA | LoHa, shape: tuple[int, ...]) -> None:
    layer = make_layer(shape)
    tensors = disturbed(adapter.start(layer.weight, torch.Generator().manual_seed(0)))  # type: ignore[arg-type]
    one = make_inputs(shape, rows=1)
    every = adapter.output(tensors, one.expand(20_000, *one.shape[1:]), layer, Chance(torch.arange(20_000), "a"))
    expected = adapter.output(tensors, one, layer)[0]
    error = (every.mean(0) - expected).abs() / (every.std(0) / 20_000**0.5 + 1e-6)
    assert error.max() < 5


def test_dylora_trains_one_block_and_uses_those_before() -> None:
    adapter, layer = DyLoRA(rank=6, unit=2, alpha=3), make_layer((8, 7))
    inputs, blocks = make_inputs((8, 7), rows=1), set()
    fresh = disturbed(adapter.start(layer.weight, torch.Generator().manual_seed(0)))  # type: ignore[arg-type]
    for key in range(12):
        tensors = {name: tensor.clone().requires_grad_() for name, tensor in fresh.items()}
        added = adapter.output(tensors, inputs, layer, Chance(torch.tensor([key]), "a"))
        added.square().sum().backward()
        down, up = tensors["down"].grad, tensors["up"].grad
        assert down is not None and up is not None
        trained = down.abs().sum(1) > 0
        assert torch.equal(trained, up.abs().sum(0) > 0)
        (first, second) = trained.nonzero().flatten().tolist()
        assert first % 2 == 0 and second == first + 1
        blocks.add(first)
        used = second + 1
        cut = 0.5 * (6 / used) ** 0.5 * fresh["up"][:, :used] @ fresh["down"][:used]
        torch.testing.assert_close(added.detach(), inputs @ cut.T)
    assert blocks == {0, 2, 4}


@pytest.mark.parametrize("adapter", [{"kind": "lora", "rank": 4, "dropout": 0.3, "module_dropout": 0.2}])
def test_dropout_trains_alike_in_micro_batches(
    adapter: dict[str, object], dataset: Path, base_folder: Path, tmp_path: Path
) -> None:
    exact = {
        "adapter": adapter,
        "checkpoints": {"precision": "fp32"},
        "optimizer": {"kind": "adamw", "lr": 0.01, "eps": 1e-3},
    }
    losses, tensors = [], []
    for name, training in (("apart", (1, 4)), ("together", (4, 1)), ("again", (4, 1))):
        values = {"batch_size": training[0], "accumulation": training[1], "length": "1 epoch"}
        recipe = make_recipe(dataset, base_folder, {**exact, "training": values})
        folder, _ = train(recipe, tmp_path / name)
        losses.append([event.loss for event in read_journal(folder.journal) if isinstance(event, Step)])
        tensors.append(read_adapter(folder.checkpoints / "lora.safetensors").layers)
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)
    assert losses[1] == losses[2]
    for name, layer in tensors[0].items():
        for suffix, tensor in layer.items():
            torch.testing.assert_close(tensor, tensors[1][name][suffix], rtol=1e-3, atol=1e-5)
            assert torch.equal(tensors[1][name][suffix], tensors[2][name][suffix])
