"""A step without a finite loss or gradient leaves no trace but a line in the journal."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from danlu.adapters.files import read_adapter
from danlu.cache import latents
from danlu.checkpoints.state import TrainingState, read_state
from danlu.kit.errors import UserError
from danlu.pipeline import assembly
from danlu.pipeline.report import write_report
from danlu.pipeline.session import training_seconds
from danlu.pipeline.train import resume, train
from danlu.rundir.events import AnyEvent, Checkpoint, Ended, Failed, Skipped, Step
from danlu.rundir.journal import read_journal
from danlu.rundir.layout import RunFolder
from danlu.training.loop import Loop
from danlu.training.precision import Compute
from danlu.training.scaling import LossScale
from danlu.training.step import Stepper
from small_world import make_recipe

ILL = "图 0.png"
SHORT: dict[str, Any] = {"cache": {"latents": "memory"}, "training": {"length": "6 steps", "batch_size": 1}}


@pytest.fixture
def an_ill_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    """One picture's latents aren't numbers, as of a VAE that overflows."""
    encode = latents.encode_picture

    def broken(base: Any, picture: Any, *how: Any) -> latents.Latents:
        found = encode(base, picture, *how)
        return latents.Latents(found.mean * float("nan"), found.log_variance) if ILL in picture.name else found

    monkeypatch.setattr(latents, "encode_picture", broken)


def spoil_gradients(monkeypatch: pytest.MonkeyPatch, spoiled: Callable[[int], bool]) -> None:
    """Put an infinity into the gradient of some steps (counted from 1), as fp16 does."""
    count, accumulate = 0, Stepper.accumulate

    def accumulate_and_spoil(self: Stepper, *arguments: Any) -> Tensor:
        nonlocal count
        count += 1
        losses = accumulate(self, *arguments)
        if spoiled(count):
            layer = next(iter(self.injection.layers.values()))
            next(iter(layer.tensors.values())).grad.view(-1)[0] = float("inf")  # type: ignore[union-attr]
        return losses

    monkeypatch.setattr(Stepper, "accumulate", accumulate_and_spoil)


def events_of(folder: RunFolder, kind: type) -> list[Any]:
    return [event for event in read_journal(folder.journal) if isinstance(event, kind)]


def final_hash(folder: RunFolder) -> str:
    return read_adapter(folder.checkpoints / "lora.safetensors").metadata["sshs_model_hash"]


def test_an_ill_picture_is_left_out_and_named(
    an_ill_picture: None, dataset: Path, base_folder: Path, tmp_path: Path
) -> None:
    recipe = make_recipe(dataset, base_folder, {**SHORT, "training": {"length": "2 epochs", "batch_size": 2}})
    folder, outcome = train(recipe, tmp_path / "run")
    steps, skipped = events_of(folder, Step), events_of(folder, Skipped)
    assert outcome == "finished" and steps and skipped
    assert sorted(event.step for event in [*steps, *skipped]) == list(range(1, len(steps) + len(skipped) + 1))
    assert all(event.part == "loss" and [Path(name).name for name in event.pictures] == [ILL] for event in skipped)
    assert training_seconds(folder) == pytest.approx(sum(event.seconds for event in [*steps, *skipped]))
    assert all(torch.isfinite(value).all() for value in read_state(folder.state).adapter.values())
    page = write_report(folder).read_text("utf-8")
    assert f"{len(skipped)} steps were left out" in page and ILL in page
    assert f"{len(steps) + len(skipped)} / {len(steps) + len(skipped)}" in page


def test_weights_optimizer_and_average_stay_as_they_were(
    monkeypatch: pytest.MonkeyPatch, dataset: Path, base_folder: Path, tmp_path: Path
) -> None:
    spoil_gradients(monkeypatch, lambda step: step == 3)
    states: dict[int, TrainingState] = {}

    def keep(event: AnyEvent) -> None:
        if isinstance(event, Checkpoint):
            states[event.step] = read_state(tmp_path / "run" / "checkpoints" / "state" / "training.pt")

    changes = {"checkpoints": {"every": "1 steps"}, "training": {"length": "4 steps", "ema": 0.9}}
    folder, _ = train(make_recipe(dataset, base_folder, changes), tmp_path / "run", listeners=[keep])
    (skipped,) = events_of(folder, Skipped)
    assert skipped.part == "gradient" and skipped.step == 3 and skipped.pictures and skipped.images == 2

    def flat(state: TrainingState) -> list[Tensor]:
        moments = [value for one in state.optimizer["state"].values() for value in one.values()]
        return [*state.adapter.values(), *(state.ema or []), *moments]

    before, after, later = (flat(states[step]) for step in (2, 3, 4))
    assert all(torch.equal(one, other) for one, other in zip(before, after, strict=True))
    assert not any(torch.equal(one, other) for one, other in zip(after, later, strict=True) if one.numel() > 1)
    assert states[3].loop["skipped_in_row"] == 1 and states[4].loop["skipped_in_row"] == 0


def test_stopped_and_resumed_skips_the_same_steps(
    an_ill_picture: None, dataset: Path, base_folder: Path, tmp_path: Path
) -> None:
    recipe = make_recipe(dataset, base_folder, SHORT)
    whole, _ = train(recipe, tmp_path / "whole")
    first = events_of(whole, Skipped)[0].step
    parts = RunFolder(tmp_path / "parts")

    def stop(event: AnyEvent) -> None:
        if isinstance(event, Skipped) and event.step == first:
            parts.request("stop").parent.mkdir(exist_ok=True)
            parts.request("stop").touch()

    assert train(recipe, parts.root, listeners=[stop])[1] == "stopped"
    assert resume(parts.root)[1] == "finished"
    assert [event.step for event in events_of(parts, Skipped)] == [event.step for event in events_of(whole, Skipped)]
    assert final_hash(parts) == final_hash(whole)


def test_too_many_in_a_row_stop_the_run(
    monkeypatch: pytest.MonkeyPatch, dataset: Path, base_folder: Path, tmp_path: Path
) -> None:
    spoil_gradients(monkeypatch, lambda step: step in (2, 4, 5, 6))
    changes = {"training": {"length": "9 steps", "max_skipped": 3}, "checkpoints": {"every": "1 steps"}}
    with pytest.raises(UserError, match=r"3 steps in a row were left out .* step 6 for the gradient of .*图") as caught:
        train(make_recipe(dataset, base_folder, changes), tmp_path / "run")
    assert "连续 3 步" in caught.value.text.zh and "的梯度" in caught.value.text.zh
    folder = RunFolder(tmp_path / "run")
    assert [event.in_row for event in events_of(folder, Skipped)] == [1, 1, 2, 3]
    assert events_of(folder, Failed) and not events_of(folder, Ended)
    assert read_state(folder.state).step == 5


def test_broken_weights_are_not_saved_over_good_ones(
    monkeypatch: pytest.MonkeyPatch, dataset: Path, base_folder: Path, tmp_path: Path
) -> None:
    """A finite gradient can still lead to weights that aren't: nothing of them may reach the disk."""
    step = torch.optim.AdamW.step
    count = 0

    def step_and_break(self: torch.optim.AdamW, *arguments: Any) -> None:
        nonlocal count
        count += 1
        step(self, *arguments)
        if count == 3:
            self.param_groups[0]["params"][0].data.fill_(float("nan"))

    monkeypatch.setattr(torch.optim.AdamW, "step", step_and_break)
    changes = {"training": {"length": "5 steps"}, "checkpoints": {"every": "1 steps"}}
    with pytest.raises(UserError, match="aren't finite numbers any more at step 3") as caught:
        train(make_recipe(dataset, base_folder, changes), tmp_path / "run")
    assert "已不是有限数值" in caught.value.text.zh
    folder = RunFolder(tmp_path / "run")
    assert read_state(folder.state).step == 2
    assert not (folder.checkpoints / "lora-step00000003.safetensors").exists()


class NothingIsRead(TorchDispatchMode):
    """Complains about what would wait for a GPU: numbers read on the host, and results whose size isn't known."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        waiting = (torch.ops.aten._local_scalar_dense, torch.ops.aten.nonzero, torch.ops.aten.masked_select)
        assert func.overloadpacket not in (*waiting, torch.ops.aten.equal)
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize("more", [{}, {"ema": 0.9}, {"max_weight_norm": 0.01}])
def test_a_step_reads_the_device_once(
    monkeypatch: pytest.MonkeyPatch, dataset: Path, base_folder: Path, tmp_path: Path, more: dict[str, float]
) -> None:
    take, read = Loop._take_step, Tensor.tolist
    readings: list[Any] = []

    def take_watched(self: Loop, *arguments: Any) -> Any:
        readings.clear()
        with NothingIsRead():
            figures = take(self, *arguments)
        assert len(readings) == 1
        return figures

    def read_and_count(self: Tensor) -> Any:
        readings.append(self.shape)
        return read(self)

    monkeypatch.setattr(Loop, "_take_step", take_watched)
    monkeypatch.setattr(Tensor, "tolist", read_and_count)
    training = {"length": "2 steps", "batch_size": 2, "accumulation": 2, **more}
    assert train(make_recipe(dataset, base_folder, {"training": training}), tmp_path / "run")[1] == "finished"


def test_the_scale_goes_as_that_of_torch() -> None:
    weight = torch.nn.Parameter(torch.ones(3))
    theirs = torch.amp.GradScaler("cpu", growth_interval=2000)
    ours, optimizer = LossScale(), torch.optim.SGD([weight], lr=0.0)
    finite = [False, False, True, False, *[True] * 2003, False, *[True] * 2000]
    for number, fine in enumerate(finite):
        weight.grad = torch.full((3,), 1.0 if fine else float("inf"))
        theirs.scale(torch.zeros(()))
        theirs.step(optimizer)
        theirs.update()
        ours.update(finite=fine)
        assert ours.value == theirs.get_scale(), number


def test_scaling_cancels_out_exactly() -> None:
    gradients = [torch.randn(5, generator=torch.Generator().manual_seed(1)) * 1e-4 for _ in range(2)]
    lifted = [gradient * 65536.0 for gradient in gradients]
    LossScale().unscale(lifted)
    assert all(torch.equal(one, other) for one, other in zip(gradients, lifted, strict=True))


def test_fp16_finds_its_scale_and_learns_as_fp32(
    monkeypatch: pytest.MonkeyPatch, dataset: Path, base_folder: Path, tmp_path: Path
) -> None:
    changes = {"training": {"length": "8 steps"}, "optimizer": {"kind": "adamw", "lr": 1e-3, "eps": 1e-3}}
    full, _ = train(make_recipe(dataset, base_folder, changes), tmp_path / "full")
    recipe = make_recipe(dataset, base_folder, changes)
    half = Compute("cpu", "fp16", assembly.choose_compute("fp32", "cpu").reason)
    monkeypatch.setattr(assembly, "choose_compute", lambda *_: half)
    monkeypatch.setattr(assembly, "LossScale", lambda: LossScale(2.0**24))  # too large, so that it must come down
    folder, outcome = train(recipe, tmp_path / "half")
    skipped, steps = events_of(folder, Skipped), events_of(folder, Step)
    assert outcome == "finished" and len(steps) >= 2 and skipped
    assert [event.loss_scale for event in skipped] == [2.0 ** (24 - n) for n in range(1, len(skipped) + 1)]
    exact = {event.step: event for event in events_of(full, Step)}
    assert [event.loss for event in steps] == pytest.approx([exact[event.step].loss for event in steps], rel=0.02)
    assert steps[0].gradient_norm == pytest.approx(exact[steps[0].step].gradient_norm, rel=0.05)
    assert read_state(folder.state).loop["scale"] == [2.0 ** (24 - len(skipped)), len(steps)]


def test_the_scale_is_part_of_the_state(
    monkeypatch: pytest.MonkeyPatch, dataset: Path, base_folder: Path, tmp_path: Path
) -> None:
    half = Compute("cpu", "fp16", assembly.choose_compute("fp32", "cpu").reason)
    monkeypatch.setattr(assembly, "choose_compute", lambda *_: half)
    monkeypatch.setattr("danlu.pipeline.train.choose_compute", lambda *_: half)
    recipe = make_recipe(dataset, base_folder, {"training": {"length": "5 steps"}})
    whole, _ = train(recipe, tmp_path / "whole")
    parts = RunFolder(tmp_path / "parts")

    def stop(event: AnyEvent) -> None:
        if isinstance(event, Step | Skipped) and event.step == 3:
            parts.request("stop").parent.mkdir(exist_ok=True)
            parts.request("stop").touch()

    assert train(recipe, parts.root, listeners=[stop])[1] == "stopped"
    assert resume(parts.root)[1] == "finished"
    assert final_hash(parts) == final_hash(whole)
    assert read_state(parts.state).loop == read_state(whole.state).loop
