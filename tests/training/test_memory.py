"""When memory runs out, a step is computed again in smaller portions, and what is learnt stays the same."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from danlu.adapters.files import read_adapter
from danlu.checkpoints.state import read_state
from danlu.cli.events import tell
from danlu.datasets.manifest import ConceptFacts, update_manifest
from danlu.kit.errors import UserError
from danlu.kit.language import set_language
from danlu.kit.memory import is_out_of_memory
from danlu.pipeline.train import resume, train
from danlu.rundir.events import AnyEvent, Step, Warned
from danlu.rundir.journal import read_journal
from danlu.rundir.layout import RunFolder
from danlu.training.step import Stepper
from small_world import make_dataset, make_recipe

CPU_SAYS = (
    "[enforce fail at alloc_cpu.cpp:121] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to allocate "
    "99999999999 bytes. Error code 12 (Cannot allocate memory)"
)
ERRORS: list[Exception] = [
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.\nMore words"),
    RuntimeError(CPU_SAYS),
    RuntimeError("MPS backend out of memory (MPS allocated: 5.10 GB, max allowed: 5.20 GB)."),
    RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
    MemoryError(),
]
EXACT: dict[str, Any] = {
    "checkpoints": {"precision": "fp32"},
    # A large eps: else Adam turns rounding noise in gradients that are zero into whole steps.
    "optimizer": {"kind": "adamw", "lr": 0.01, "eps": 1e-3},
    "training": {"length": "4 steps", "batch_size": 4},
}


def limit_memory(monkeypatch: pytest.MonkeyPatch, fits: Callable[[int], bool], error: Exception) -> list[int]:
    """Let portions fail that don't fit: the second of a step after the gradient of the first was added up. Returns the
    sizes of all portions that were tried.
    """
    tried: list[int] = []
    loss = Stepper.loss

    def limited(self: Stepper, noised: Any, samples: Any) -> Tensor:
        tried.append(len(samples))
        if not fits(len(samples)):
            raise error
        return loss(self, noised, samples)

    monkeypatch.setattr(Stepper, "loss", limited)
    return tried


def events_of(folder: RunFolder, kind: type) -> list[Any]:
    return [event for event in read_journal(folder.journal) if isinstance(event, kind)]


def assert_learnt_the_same(one: RunFolder, other: RunFolder) -> None:
    for kind in ("loss", "gradient_norm"):
        figures = [[getattr(event, kind) for event in events_of(run, Step)] for run in (one, other)]
        assert figures[0] == pytest.approx(figures[1], rel=1e-4)
    files = [read_adapter(run.checkpoints / "lora.safetensors").layers for run in (one, other)]
    for name, tensors in files[0].items():
        for key, tensor in tensors.items():
            torch.testing.assert_close(tensor, files[1][name][key], rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("error", ERRORS[:2], ids=["cuda", "cpu"])
def test_smaller_portions_teach_the_same(
    monkeypatch: pytest.MonkeyPatch, base_folder: Path, tmp_path: Path, error: Exception
) -> None:
    """With preserved captions, whose rows double some of the samples."""
    dataset = make_dataset(tmp_path / "d")
    update_manifest(dataset, concepts={"2_小 猫🐱": ConceptFacts(trigger="zq")})
    changes = {**EXACT, "objective": {"preservation": 0.5}}
    whole, _ = train(make_recipe(dataset, base_folder, changes), tmp_path / "whole")
    tried = limit_memory(monkeypatch, lambda count: count <= 1, error)
    told: list[str | None] = []
    parts, outcome = train(
        make_recipe(dataset, base_folder, changes),
        tmp_path / "parts",
        listeners=[lambda event: told.append(tell(event))],
    )
    assert outcome == "finished" and max(tried) > 2 and 2 in tried
    assert all(count == 1 for count in tried[tried.index(1) :])
    assert_learnt_the_same(whole, parts)
    sizes = [event.en for event in events_of(parts, Warned)]
    assert sizes and "1 pictures are computed at a time" in sizes[-1] and sizes[-1] in [str(line)[6:] for line in told]
    assert read_state(parts.state).loop["micro_batch"] == 1


def test_half_a_step_leaves_no_gradient_behind(
    monkeypatch: pytest.MonkeyPatch, dataset: Path, base_folder: Path, tmp_path: Path
) -> None:
    """Memory can run out when part of the group is already added up."""
    changes = {**EXACT, "training": {"length": "3 steps", "batch_size": 2, "accumulation": 2}}
    whole, _ = train(make_recipe(dataset, base_folder, changes), tmp_path / "whole")
    calls = 0

    def fits(count: int) -> bool:
        nonlocal calls
        calls += 1
        return calls != 2

    tried = limit_memory(monkeypatch, fits, ERRORS[0])
    parts, _ = train(make_recipe(dataset, base_folder, changes), tmp_path / "parts")
    assert tried[:2] in ([2, 2], [2, 1], [1, 2]) and set(tried[2:]) == {1}
    assert_learnt_the_same(whole, parts)


def test_a_resumed_run_keeps_to_smaller_portions(
    monkeypatch: pytest.MonkeyPatch, dataset: Path, base_folder: Path, tmp_path: Path
) -> None:
    tried = limit_memory(monkeypatch, lambda count: count <= 2, ERRORS[0])
    recipe = make_recipe(dataset, base_folder, EXACT)
    whole, _ = train(recipe, tmp_path / "whole")
    parts = RunFolder(tmp_path / "parts")

    def stop(event: AnyEvent) -> None:
        if isinstance(event, Step) and event.step == 2:
            parts.request("stop").parent.mkdir(exist_ok=True)
            parts.request("stop").touch()

    assert train(recipe, parts.root, listeners=[stop])[1] == "stopped"
    tried.clear()
    assert resume(parts.root)[1] == "finished" and max(tried) <= 2
    hashes = {read_adapter(run.checkpoints / "lora.safetensors").metadata["sshs_model_hash"] for run in (whole, parts)}
    assert len(hashes) == 1


def test_one_picture_that_does_not_fit_ends_the_run_with_a_sentence(
    monkeypatch: pytest.MonkeyPatch, dataset: Path, base_folder: Path, tmp_path: Path
) -> None:
    tried = limit_memory(monkeypatch, lambda count: False, ERRORS[0])
    with pytest.raises(UserError, match=r"Memory ran out at step 1, .*Tried to allocate 2.00 GiB\): lower") as caught:
        train(make_recipe(dataset, base_folder, EXACT), tmp_path / "run")
    assert tried[-1] == 1 and "一次只计算一张图片" in caught.value.text.zh and "More words" not in str(caught.value)


def test_an_optimizer_without_room_ends_the_run_with_a_sentence(
    monkeypatch: pytest.MonkeyPatch, dataset: Path, base_folder: Path, tmp_path: Path
) -> None:
    def refuse(*_: Any) -> None:
        raise RuntimeError(CPU_SAYS)

    monkeypatch.setattr(torch.optim.AdamW, "step", refuse)
    with pytest.raises(UserError, match="Memory ran out at step 1"):
        train(make_recipe(dataset, base_folder, EXACT), tmp_path / "run")


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_errors_of_every_device_are_known(error: Exception) -> None:
    assert is_out_of_memory(error)


def test_other_errors_are_not_hidden(
    monkeypatch: pytest.MonkeyPatch, dataset: Path, base_folder: Path, tmp_path: Path
) -> None:
    limit_memory(monkeypatch, lambda count: False, RuntimeError("mat1 and mat2 shapes cannot be multiplied"))
    with pytest.raises(RuntimeError, match="cannot be multiplied"):
        train(make_recipe(dataset, base_folder, EXACT), tmp_path / "run")


def test_a_real_failed_allocation_is_known() -> None:
    with pytest.raises(RuntimeError) as caught:
        torch.empty(1 << 60, dtype=torch.uint8)
    assert is_out_of_memory(caught.value)


def test_chinese(monkeypatch: pytest.MonkeyPatch, dataset: Path, base_folder: Path, tmp_path: Path) -> None:
    limit_memory(monkeypatch, lambda count: count <= 2, ERRORS[0])
    set_language("zh")
    told: list[str | None] = []
    changes = {**EXACT, "training": {"length": "1 steps", "batch_size": 4}}
    train(
        make_recipe(dataset, base_folder, changes), tmp_path / "r", listeners=[lambda event: told.append(tell(event))]
    )
    assert any(line and "一次计算 2 张图片，而不是 4 张" in line for line in told)
