"""What is saved and drawn may be an average of the weights; training goes on from the weights themselves."""

from pathlib import Path
from typing import Any

import pytest
import torch

from danlu.adapters.files import read_adapter
from danlu.checkpoints.state import read_state
from danlu.kit.errors import UserError
from danlu.kit.files import file_sha256
from danlu.pipeline.train import resume, train
from danlu.recipe import merge
from danlu.rundir.events import AnyEvent, Checkpoint, Step, Warned
from danlu.rundir.journal import read_journal
from danlu.rundir.layout import RunFolder
from danlu.training.ema import Ema
from small_world import make_recipe

EXACT = {"checkpoints": {"every": "1 steps", "precision": "fp32"}, "training": {"length": "4 steps"}}
EMA = {"training": {"ema": 0.9}}
SCHEDULE_FREE = {"optimizer": {"kind": "schedulefree_adamw", "lr": 0.01}, "schedule": {"kind": "constant"}}


def test_average_is_that_of_its_formula() -> None:
    generator = torch.Generator().manual_seed(0)
    parameter = torch.nn.Parameter(torch.zeros(3))
    ema = Ema([parameter], decay=0.5)
    expected = torch.zeros(3)
    for step in range(1, 20):
        with torch.no_grad():
            parameter.copy_(torch.randn(3, generator=generator))
        ema.update(step)
        decay = min(0.5, (1 + step) / (10 + step))
        expected = decay * expected + (1 - decay) * parameter.detach()
    torch.testing.assert_close(ema.averages[0], expected)
    assert [round(ema.decay_after(step), 3) for step in (1, 2, 8, 9)] == [0.182, 0.25, 0.5, 0.5]
    before = parameter.detach().clone()
    with ema.applied():
        assert torch.equal(parameter, ema.averages[0])
    assert torch.equal(parameter, before)


def files_of(folder: RunFolder) -> list[dict[str, torch.Tensor]]:
    """The tensors of every saved file, in the order of the steps."""
    files = [folder.root / event.path for event in read_journal(folder.journal) if isinstance(event, Checkpoint)]
    return [
        {f"{name}/{key}": value for name, tensors in layers.items() for key, value in tensors.items() if key != "alpha"}
        for layers in (read_adapter(path).layers for path in files)
    ]


def test_files_hold_the_average_of_what_was_trained(dataset: Path, base_folder: Path, tmp_path: Path) -> None:
    plain, _ = train(make_recipe(dataset, base_folder, EXACT), tmp_path / "plain")
    recipe = make_recipe(dataset, base_folder, {**EXACT, "training": {"length": "4 steps", "ema": 0.9}})
    averaged, _ = train(recipe, tmp_path / "averaged")

    def losses(folder: RunFolder) -> list[float]:
        return [event.loss for event in read_journal(folder.journal) if isinstance(event, Step)]

    assert losses(plain) == losses(averaged)
    weights, averages = files_of(plain), files_of(averaged)
    assert len(weights) == len(averages) == 4
    for step in range(2, 5):
        kept = min(0.9, (1 + step) / (10 + step))
        for name, average in averages[step - 1].items():
            expected = kept * averages[step - 2][name] + (1 - kept) * weights[step - 1][name]
            torch.testing.assert_close(average, expected, rtol=1e-4, atol=1e-7)
    states = [read_state(folder.state).adapter for folder in (plain, averaged)]
    assert all(torch.equal(value, states[1][name]) for name, value in states[0].items())


@pytest.mark.parametrize("changes", [EMA, SCHEDULE_FREE])
def test_stopped_and_resumed_ends_with_the_same_file(
    dataset: Path, base_folder: Path, tmp_path: Path, changes: dict[str, Any]
) -> None:
    previews = {"previews": {"every": "2 steps", "steps": 1, "prompts": ["zq"]}}
    changes = merge(changes, {"training": {"length": "5 steps"}})
    whole, _ = train(make_recipe(dataset, base_folder, changes), tmp_path / "whole")
    folder = RunFolder(tmp_path / "parts")

    def stop_after(event: AnyEvent) -> None:
        if isinstance(event, Step) and event.step == 2:
            folder.request("stop").parent.mkdir(exist_ok=True)
            folder.request("stop").touch()

    # Previews and saves on the way must leave no trace either.
    recipe = make_recipe(dataset, base_folder, {**changes, **previews, "checkpoints": {"every": "1 steps"}})
    assert train(recipe, folder.root, listeners=[stop_after])[1] == "stopped"
    assert resume(folder.root)[1] == "finished"
    hashes = {read_adapter(run.checkpoints / "lora.safetensors").metadata["sshs_model_hash"] for run in (whole, folder)}
    assert len(hashes) == 1


def test_previews_draw_the_average(dataset: Path, base_folder: Path, tmp_path: Path) -> None:
    """A decay of nearly 1 leaves the average of the first steps behind the weights: another picture."""
    previews = {"previews": {"every": "1 epoch", "steps": 2, "prompts": ["zq"]}}
    pictures = set()
    for ema in (None, 0.99):
        changes = {**previews, "training": {"length": "3 steps", "ema": ema}}
        folder, _ = train(make_recipe(dataset, base_folder, changes), tmp_path / f"run{ema}")
        pictures.add(file_sha256(folder.preview_folder(1) / "01.png"))
    assert len(pictures) == 2


@pytest.mark.parametrize(
    ("changes", "english", "chinese"),
    [
        ({"optimizer": {"kind": "schedulefree_adamw"}}, "set schedule.kind to 'constant'", "设为“constant”"),
        ({**SCHEDULE_FREE, **EMA}, "training.ema would average", "training.ema 是多余的"),
        ({"training": {"ema": 1.0}}, "'training.ema' must be less than 1", "必须小于 1"),
        ({"schedule": {"power": 3}}, "schedule.power has no effect with schedule.kind 'cosine'", "不起作用"),
        (
            {"schedule": {"kind": "constant", "floor": 0.1}},
            "leave it out, or choose 'linear' or 'cosine' or",
            "不起作用",
        ),
    ],
)
def test_choices_that_contradict_each_other(
    dataset: Path, base_folder: Path, changes: dict[str, Any], english: str, chinese: str
) -> None:
    with pytest.raises(UserError) as caught:
        make_recipe(dataset, base_folder, changes)
    assert english in caught.value.text.en
    assert chinese in caught.value.text.zh


def test_8_bit_on_the_cpu_says_what_is_used(dataset: Path, base_folder: Path, tmp_path: Path) -> None:
    short = {"training": {"length": "3 steps"}}
    eight, _ = train(make_recipe(dataset, base_folder, {**short, "optimizer": {"kind": "adamw8bit"}}), tmp_path / "8")
    plain, _ = train(
        make_recipe(dataset, base_folder, {**short, "optimizer": {"kind": "adamw", "lr": 1e-4}}), tmp_path / "32"
    )
    warnings = [event.en for event in read_journal(eight.journal) if isinstance(event, Warned)]
    assert any("on 'cpu' this run uses AdamW" in warning for warning in warnings)
    hashes = {read_adapter(run.checkpoints / "lora.safetensors").metadata["sshs_model_hash"] for run in (eight, plain)}
    assert len(hashes) == 1
