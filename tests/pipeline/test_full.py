"""A run of full fine-tuning: it learns, resumes exactly, and leaves a whole checkpoint that draws what it learnt."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from danlu.adapters.files import read_adapter
from danlu.adapters.injection import applied
from danlu.families.base import Base
from danlu.families.find import find_base, load_base
from danlu.kit.errors import UserError
from danlu.pipeline.continuation import is_finished, needed_bytes
from danlu.pipeline.plan import make_plan
from danlu.pipeline.train import resume, train
from danlu.recipe import Recipe, merge
from danlu.rundir.events import BaseWritten, Step
from danlu.rundir.journal import read_journal
from danlu.rundir.layout import RunFolder
from danlu.weights.safetensor_files import model_hash
from small_world import make_recipe
from tiny_families import make_pipeline, save_single_file

FULL = {
    "dataset": {"buckets": {"resolution": 32, "step": 8}},
    "adapter": {"kind": "full"},
    "optimizer": {"lr": 0.0005},
    "checkpoints": {"precision": "fp32", "every": "3 epochs"},
    "training": {"length": "6 epochs", "batch_size": 5},
}


def full_recipe(dataset: Path, base: Path, changes: Mapping[str, Any] | None = None) -> Recipe:
    return make_recipe(dataset, base, merge(FULL, changes or {}))


def predict(base: Base) -> Tensor:
    noisy = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(3))
    with torch.no_grad():
        told = replace(base.encode_captions(["zq, a"]), sizes=torch.full((1, 6), 64.0))
        return base.predict(noisy, torch.tensor([500]), told)


def require_same_predictions(source: Path, run: RunFolder, name: str = "lora") -> None:
    base = load_base(str(source), dtype=torch.float32)
    before = predict(base)
    with applied(base, [(read_adapter(run.checkpoints / f"{name}.safetensors"), 1.0)]):
        injected = predict(base)
    assert torch.equal(predict(base), before)
    written = predict(load_base(str(run.checkpoints / f"{name}-base.safetensors"), dtype=torch.float32))
    torch.testing.assert_close(written, injected, rtol=1e-5, atol=1e-5)
    assert (written - before).abs().max() > 1e-3


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A base as a folder, with CLIP's whole vocabulary: a checkpoint file holds no other."""
    folder = tmp_path_factory.mktemp("底模") / "folder"
    make_pipeline("sd15").save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def run(dataset: Path, source: Path, tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    folder, outcome = train(full_recipe(dataset, source), tmp_path_factory.mktemp("run") / "全量 一")
    assert outcome == "finished"
    return folder


def test_it_learns_and_the_checkpoint_holds_it(run: RunFolder, source: Path) -> None:
    losses = [event.loss for event in read_journal(run.journal) if isinstance(event, Step)]
    third = len(losses) // 3
    assert sum(losses[-third:]) < 0.9 * sum(losses[:third])
    require_same_predictions(source, run)
    written = [event for event in read_journal(run.journal) if isinstance(event, BaseWritten)]
    assert [event.path for event in written] == ["checkpoints/lora-base.safetensors"]


def test_single_file_keeps_what_was_not_trained(dataset: Path, tmp_path: Path) -> None:
    """In the base's own names and number format, VAE and unknown tensors as they were; norms and biases changed too."""
    extra = {"nobody.knows": torch.ones(3)}
    file = save_single_file(make_pipeline("sd15"), tmp_path / "base.safetensors", extra=extra)
    folder, _ = train(full_recipe(dataset, file, {"training": {"length": "2 steps"}}), tmp_path / "run")
    require_same_predictions(file, folder)
    old, new = load_file(file), load_file(folder.checkpoints / "lora-base.safetensors")
    assert list(old) == list(new)
    changed = {name for name in old if not torch.equal(old[name], new[name])}
    assert "model.diffusion_model.out.0.bias" in changed and "model.diffusion_model.input_blocks.0.0.weight" in changed
    assert not any(name.startswith(("first_stage_model", "nobody")) or "embedding" in name for name in changed)
    facts = find_base(str(folder.checkpoints / "lora-base.safetensors"))[1]
    assert facts.family == "sd15"


def test_a_stopped_run_writes_no_checkpoint_and_resumes_exactly(
    run: RunFolder, dataset: Path, source: Path, tmp_path: Path
) -> None:
    folder = RunFolder(tmp_path / "run")

    def stop(event: object) -> None:
        if isinstance(event, Step) and event.step == 3:
            folder.request("stop").parent.mkdir(exist_ok=True)
            folder.request("stop").touch()

    assert train(full_recipe(dataset, source), folder.root, listeners=[stop])[1] == "stopped"
    assert not (folder.checkpoints / "lora-base.safetensors").exists()
    assert resume(folder.root)[1] == "finished"
    for name in ("lora", "lora-base"):
        ours, whole = (one.checkpoints / f"{name}.safetensors" for one in (folder, run))
        assert model_hash(ours) == model_hash(whole)


def test_a_run_cut_off_before_its_checkpoint_is_made_up_for(
    dataset: Path, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = full_recipe(dataset, source, {"training": {"length": "2 steps"}})

    def full_disk(*_: object, **__: object) -> None:
        raise UserError("the disk is full.", "磁盘已满。")

    with monkeypatch.context() as patch:
        patch.setattr("danlu.pipeline.whole_checkpoint.write_merged_base", full_disk)
        with pytest.raises(UserError, match="disk is full"):
            train(recipe, tmp_path / "run")
    folder = RunFolder(tmp_path / "run")
    assert not is_finished(folder) and (folder.checkpoints / "lora.safetensors").exists()
    assert resume(folder.root)[1] == "finished" and is_finished(folder)
    require_same_predictions(source, folder)


def test_the_plan_tells_its_size(dataset: Path, source: Path) -> None:
    plan = make_plan(full_recipe(dataset, source))
    without = make_plan(full_recipe(dataset, source, {"adapter": {"checkpoint": False}}))
    assert plan.base_bytes == find_base(str(source))[1].weights_bytes and without.base_bytes == 0
    assert needed_bytes(plan) - needed_bytes(without) == plan.base_bytes


def test_averaged_weights_are_those_that_are_written(dataset: Path, source: Path, tmp_path: Path) -> None:
    changes = {"training": {"length": "4 steps", "ema": 0.9}}
    folder, _ = train(full_recipe(dataset, source, changes), tmp_path / "run")
    require_same_predictions(source, folder)
