"""The memory planner: what it goes through without values is what a real step does."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from danlu.adapters.injection import inject
from danlu.families.find import load_base
from danlu.kit.language import Text
from danlu.kit.variants import kinds_of
from danlu.optimizers.base import Optimizer
from danlu.pipeline.assembly import assemble
from danlu.pipeline.memory import (
    MemoryPlan,
    largest_samples,
    make_uncached_stepper,
    plan_memory,
    plan_with_checkpointing,
)
from danlu.pipeline.survey import survey_recipe
from danlu.rundir.journal import Journal
from danlu.rundir.layout import RunFolder
from danlu.rundir.stopping import StopWatch
from danlu.training.footprint import LiveBytes, module_bytes, optimizer_bytes
from danlu.training.precision import Compute
from small_world import make_recipe


def planned(dataset: Path, base: Path, changes: dict[str, Any]) -> MemoryPlan:
    return plan_memory(survey_recipe(make_recipe(dataset, base, changes)))


@pytest.mark.parametrize("adapter", [{"kind": "lora", "rank": 2}, {"kind": "full"}], ids=["lora", "full"])
@pytest.mark.parametrize("again", [False, True])
def test_a_real_step_takes_as_much(dataset: Path, base_folder: Path, again: bool, adapter: dict[str, Any]) -> None:
    """The same step over the largest bucket, counted with real tensors."""
    changes = {
        "adapter": adapter,
        "training": {"batch_size": 2, "gradient_checkpointing": again},
        "objective": {"preservation": 0},
    }
    recipe = make_recipe(dataset, base_folder, changes)
    survey = survey_recipe(recipe)
    base = load_base(str(base_folder), dtype=torch.float32)
    if again:
        base.recompute_activations()
    injection = inject(base, recipe.adapter, seed=1)
    stepper = make_uncached_stepper(survey, base, injection, torch.float32)
    samples = largest_samples(survey)
    with LiveBytes() as live:
        stepper.accumulate(samples)
    gradients = sum(tensor.numel() * 4 for layer in injection.layers.values() for tensor in layer.tensors.values())
    plan = plan_memory(survey)
    assert plan.activations == pytest.approx(live.peak - gradients, rel=0.03)
    assert plan.adapter == 2 * gradients and plan.optimizer == pytest.approx(2 * gradients, rel=0.01)


def test_what_costs_what(dataset: Path, base_folder: Path) -> None:
    alone = {"objective": {"preservation": 0}, "training": {"batch_size": 1}}
    small = planned(dataset, base_folder, alone)
    four = planned(dataset, base_folder, {**alone, "training": {"batch_size": 4}})
    assert 3 < four.activations / small.activations < 4.5
    assert four.adapter == small.adapter
    again = plan_with_checkpointing(survey_recipe(make_recipe(dataset, base_folder, alone)))
    assert again is not None
    assert again.activations < 0.7 * small.activations
    averaged = planned(dataset, base_folder, {**alone, "training": {"batch_size": 1, "ema": 0.99}})
    assert averaged.adapter == small.adapter * 3 // 2
    half = planned(dataset, base_folder, {**alone, "training": {"batch_size": 1, "precision": "bf16"}})
    assert half.weights == pytest.approx(small.weights / 2, rel=0.01)


def test_components_that_stay_loaded_are_counted(
    dataset: Path, base_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A frozen text encoder too, where it draws or where no cache has the captions; the VAE in float32."""
    monkeypatch.setattr("danlu.pipeline.memory.peak_bytes", lambda step: 0)

    def weights(**changes: Any) -> int:
        return planned(dataset, base_folder, {"adapter": {"text_encoder": False}, **changes}).weights

    base: Any = load_base(str(base_folder), dtype=torch.float32)
    text, vae = (module_bytes([module]) for module in (base.text_encoder, base.vae))
    unet = module_bytes([base.unet])
    assert weights() == unet
    assert weights(previews={"every": "1 epoch"}) == unet + text + vae
    assert weights(dataset={"captions": {"shuffle": True}}) == unet + text
    assert weights(cache={"latents": "off"}) == unet + text + vae


def test_no_vae_is_kept_for_pictures_that_are_encoded(
    dataset: Path, base_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DANLU_CACHE", str(tmp_path / "cache"))
    survey = survey_recipe(make_recipe(dataset, base_folder, {"adapter": {"text_encoder": False}}))
    folder = RunFolder(tmp_path / "run")
    folder.root.mkdir()
    journal = Journal(folder.journal)
    base = assemble(survey, folder, journal, StopWatch(folder, journal)).injection.base
    journal.close()
    assert any((tmp_path / "cache" / "latents").rglob("*.safetensors")) and "vae" not in vars(base)


@pytest.mark.parametrize(("kind", "numbers"), [("adamw", 2), ("lion", 1), ("sgd", 1)])
def test_what_optimizers_keep(kind: str, numbers: int) -> None:
    """Moments in float32: two for Adam, one for Lion and momentum."""
    config = kinds_of(Optimizer)[kind].model_validate({"kind": kind, "lr": 1e-4})
    shape = torch.Size([64, 32])

    def build(parameters: list[nn.Parameter]) -> torch.optim.Optimizer:
        return config.build([{"name": "unet", "params": parameters, "lr": 1e-4}])

    assert optimizer_bytes(build, [shape, shape]) == pytest.approx(2 * shape.numel() * 4 * numbers, abs=64)


def test_eight_bits_are_counted_where_they_are_used(
    dataset: Path, base_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On an NVIDIA GPU; small tensors keep 32 bits there, and elsewhere it is AdamW."""
    monkeypatch.setattr("danlu.pipeline.memory.peak_bytes", lambda step: 0)
    changes = {"adapter": {"kind": "full"}, "optimizer": {"kind": "adamw8bit"}}
    plain = planned(dataset, base_folder, changes)
    on_cuda = Compute("cuda", "fp32", Text("", ""))
    monkeypatch.setattr("danlu.pipeline.memory.choose_compute", lambda *_: on_cuda)
    eight = planned(dataset, base_folder, changes)
    assert (eight.adapter, eight.program) == (plain.adapter, 0)
    assert plain.optimizer == pytest.approx(plain.adapter, rel=0.01)
    assert eight.optimizer < 0.6 * plain.optimizer  # many tensors of so small a base have less than 4096 numbers
    config = kinds_of(Optimizer)["adamw8bit"].model_validate({"kind": "adamw8bit"})
    assert config.state_bytes(1 << 20, "cuda:0") == pytest.approx(2 << 20, rel=0.02)
