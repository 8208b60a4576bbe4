"""Things that must not change what is learnt: portions of a group, caches, stopping, being killed."""

import os
import random
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest
import torch

from danlu.adapters.files import read_adapter
from danlu.cache.texts import TextSource
from danlu.kit.files import file_sha256
from danlu.pipeline.train import resume, train
from danlu.recipe import Recipe, render_recipe
from danlu.rundir.events import AnyEvent, Step
from danlu.rundir.journal import read_journal
from danlu.rundir.layout import RunFolder
from small_world import make_recipe


def final(folder: RunFolder) -> Path:
    return folder.checkpoints / "lora.safetensors"


def tensors_of(folder: RunFolder) -> dict[str, torch.Tensor]:
    return {
        f"{layer}.{suffix}": tensor
        for layer, tensors in read_adapter(final(folder)).layers.items()
        for suffix, tensor in tensors.items()
    }


def assert_close(one: RunFolder, other: RunFolder) -> None:
    theirs = tensors_of(other)
    for name, tensor in tensors_of(one).items():
        torch.testing.assert_close(tensor, theirs[name], rtol=1e-3, atol=1e-5, msg=name)


def losses(folder: RunFolder) -> list[float]:
    return [event.loss for event in read_journal(folder.journal) if isinstance(event, Step)]


def test_four_batches_of_one_train_as_one_batch_of_four(dataset: Path, base_folder: Path, tmp_path: Path) -> None:
    # A large eps: else Adam turns rounding noise in gradients that are zero into whole steps.
    exact = {"checkpoints": {"precision": "fp32"}, "optimizer": {"kind": "adamw", "lr": 0.01, "eps": 1e-3}}
    apart = make_recipe(dataset, base_folder, dict(training={"batch_size": 1, "accumulation": 4}, **exact))
    together = make_recipe(dataset, base_folder, dict(training={"batch_size": 4, "accumulation": 1}, **exact))
    one, _ = train(apart, tmp_path / "apart")
    other, _ = train(together, tmp_path / "together")
    assert len(losses(one)) == len(losses(other)) > 3
    assert losses(one) == pytest.approx(losses(other), rel=1e-4)
    assert_close(one, other)


@pytest.mark.parametrize("augmentation", [{}, {"flip": True, "colours": 2}])
def test_cached_latents_train_as_fresh_ones(
    dataset: Path, base_folder: Path, tmp_path: Path, augmentation: dict[str, object]
) -> None:
    files = []
    for mode in ("disk", "memory", "off", "disk"):
        changes = {
            "dataset": {"augmentation": augmentation},
            "cache": {"latents": mode},
            "training": {"length": "1 epoch"},
        }
        recipe = make_recipe(dataset, base_folder, changes)
        folder, _ = train(recipe, tmp_path / f"{mode}{len(files)}")
        files.append(read_adapter(final(folder)).metadata["sshs_model_hash"])
    assert len(set(files)) == 1


def test_cached_texts_train_as_fresh_ones(dataset: Path, base_folder: Path, tmp_path: Path) -> None:
    frozen = {"adapter": {"text_encoder": False}}
    cached, _ = train(make_recipe(dataset, base_folder, dict(**frozen)), tmp_path / "cached")
    again, _ = train(make_recipe(dataset, base_folder, dict(**frozen)), tmp_path / "again")
    fresh, _ = train(make_recipe(dataset, base_folder, dict(cache={"latents": "memory"}, **frozen)), tmp_path / "fresh")
    assert losses(cached) == losses(again) == losses(fresh)
    hashes = {read_adapter(final(folder)).metadata["sshs_model_hash"] for folder in (cached, again, fresh)}
    assert len(hashes) == 1


def test_captions_that_vary_train_through_the_cache_as_without_it(
    dataset: Path, base_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    captions = {"shuffle": True, "wildcards": True, "suffix": "{x|y}", "tag_warmup": "50%", "caption_dropout": 0.2}
    recipe = make_recipe(dataset, base_folder, {"adapter": {"text_encoder": False}, "dataset": {"captions": captions}})
    cached, _ = train(recipe, tmp_path / "cached")
    monkeypatch.setattr("danlu.pipeline.assembly.TextSource", partial(TextSource, kept_bytes=0))
    fresh, _ = train(recipe, tmp_path / "fresh")
    assert losses(cached) == losses(fresh)
    assert file_sha256(final(cached)) == file_sha256(final(fresh))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"optimizer": {"kind": "prodigy"}, "schedule": {"kind": "constant"}},
        {
            "dataset": {
                "captions": {
                    "shuffle": True,
                    "tag_dropout": 0.3,
                    "wildcards": True,
                    "suffix": "{x|y|z}",
                    "tag_warmup": "50%",
                    "caption_dropout_epochs": 2,
                }
            },
            "schedule": {"kind": "cosine_with_restarts"},
        },
        {"dataset": {"augmentation": {"flip": True, "colours": 2}}},
        {"adapter": {"kind": "locon", "rank": 2, "dropout": 0.2, "rank_dropout": 0.2, "module_dropout": 0.2}},
    ],
)
def test_stopped_and_resumed_ends_with_the_same_file(
    dataset: Path, base_folder: Path, tmp_path: Path, changes: dict[str, object]
) -> None:
    recipe = make_recipe(dataset, base_folder, changes)
    whole, outcome = train(recipe, tmp_path / "whole")
    assert outcome == "finished"
    folder = RunFolder(tmp_path / "parts")

    def stop_after_two(event: AnyEvent) -> None:
        if isinstance(event, Step) and event.step in (2, 5):
            folder.request("stop").parent.mkdir(exist_ok=True)
            folder.request("stop").touch()

    assert train(recipe, folder.root, listeners=[stop_after_two])[1] == "stopped"
    assert resume(folder.root, listeners=[stop_after_two])[1] == "stopped"
    assert resume(folder.root)[1] == "finished"
    assert file_sha256(final(folder)) == file_sha256(final(whole))


def start(recipe: Recipe, run: Path, tmp_path: Path) -> "subprocess.Popen[bytes]":
    file = tmp_path / "recipe.toml"
    file.write_text(render_recipe(recipe), encoding="utf-8")
    command = [sys.executable, "-m", "danlu", "train", str(file), "--run", str(run)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def wait_for_steps(run: Path, count: int, process: "subprocess.Popen[bytes]") -> None:
    while process.poll() is None:
        if sum(1 for event in read_journal(run / "journal.jsonl") if isinstance(event, Step)) >= count:
            return
        time.sleep(0.05)


def test_killed_at_any_moment_and_resumed_ends_with_the_same_file(
    dataset: Path, base_folder: Path, tmp_path: Path
) -> None:
    recipe = make_recipe(
        dataset, base_folder, {"training": {"length": "40 epochs"}, "checkpoints": {"every": "7 steps"}}
    )
    whole, _ = train(recipe, tmp_path / "whole")
    run = tmp_path / "killed"
    process = start(recipe, run, tmp_path)
    wait_for_steps(run, random.Random(1).randint(10, 60), process)
    process.kill()
    process.communicate()
    assert not final(RunFolder(run)).exists()
    folder, outcome = resume(run)
    assert outcome == "finished"
    assert file_sha256(final(folder)) == file_sha256(final(whole))


def test_interrupt_saves_and_exits_with_0(dataset: Path, base_folder: Path, tmp_path: Path) -> None:
    recipe = make_recipe(dataset, base_folder, {"training": {"length": "200 epochs"}})
    run = tmp_path / "interrupted"
    process = start(recipe, run, tmp_path)
    wait_for_steps(run, 3, process)
    os.kill(process.pid, signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 0, output.decode()
    assert b"danlu resume" in output
    assert RunFolder(run).state.exists()
