"""Figures that are allowed but seldom meant are noted in the plan, each with the way out, in both languages."""

from pathlib import Path
from typing import Any

import pytest

from danlu.kit.errors import UserError
from danlu.kit.language import Text
from danlu.pipeline.plan import make_plan
from small_world import make_recipe


def notes(dataset: Path, base: Path, changes: dict[str, Any]) -> list[Text]:
    return list(make_plan(make_recipe(dataset, base, changes)).warnings)


def told(found: list[Text], en: str, zh: str) -> bool:
    return any(en in one.en and zh in one.zh for one in found)


def test_more_repeats_than_sense(dataset: Path, base_folder: Path) -> None:
    much = {"dataset": {"path": str(dataset), "repeats": 600}, "training": {"length": "2 epochs"}}
    assert told(notes(dataset, base_folder, much), "shown 1200 times in this run (600 times an epoch)", "重复次数")
    capped = {**much, "training": {"length": "2 epochs", "max_steps": 100}}
    assert not told(notes(dataset, base_folder, capped), "times in this run", "")
    for repeats in (0, 10_001):
        with pytest.raises(UserError, match=r"'dataset\.repeats' must be at (least 1|most 10000)"):
            make_recipe(dataset, base_folder, {"dataset": {"repeats": repeats}})


def test_a_locon_without_convolutions(dataset: Path, base_folder: Path) -> None:
    """As in a recipe of `danlu init`, which names all targets, after its kind was changed."""
    adapter = {"kind": "locon", "rank": 2, "targets": "attention+mlp"}
    assert told(notes(dataset, base_folder, {"adapter": adapter}), "trains no convolution", "不训练任何卷积")
    assert not told(notes(dataset, base_folder, {"adapter": {"kind": "locon", "rank": 2}}), "no convolution", "")


def test_a_rate_of_lora_for_all_weights(dataset: Path, base_folder: Path) -> None:
    def found(adapter: str, **optimizer: Any) -> list[Text]:
        return notes(dataset, base_folder, {"adapter": {"kind": adapter}, "optimizer": optimizer})

    assert told(found("full", kind="adamw", lr=1e-4), "is a rate for LoRA", "LoRA 的学习率")
    assert not told(found("full", kind="adamw", lr=5e-6), "is a rate for LoRA", "")
    assert not told(found("full", kind="prodigy"), "is a rate for LoRA", "")
    assert not told(found("lora", kind="adamw", lr=1e-4), "is a rate for LoRA", "")


def test_restarts_without_cycles(dataset: Path, base_folder: Path) -> None:
    schedule = {"kind": "cosine_with_restarts", "cycles": 1}
    assert told(notes(dataset, base_folder, {"schedule": schedule}), "cycles = 1 never restarts", "不会重启")
    assert not told(notes(dataset, base_folder, {"schedule": {**schedule, "cycles": 2}}), "never restarts", "")
    with pytest.raises(UserError, match=r"'schedule\.cycles' must be at least 1"):
        make_recipe(dataset, base_folder, {"schedule": {**schedule, "cycles": 0}})


@pytest.mark.parametrize(
    ("optimizer", "batch", "accumulation", "rate"),
    [
        ({"kind": "adamw", "lr": 1e-4}, 4, 1, "0.00018"),
        ({"kind": "lion", "lr": 3e-5}, 2, 2, "5.5e-05"),
        ({"kind": "adamw", "lr": 1e-4}, 100, 50, "0.00018"),
        ({"kind": "adamw", "lr": 1e-4}, 1, 1, None),
        ({"kind": "adamw", "lr": 2e-4}, 4, 1, None),
        ({"kind": "prodigy"}, 4, 1, None),
    ],
)
def test_a_larger_batch_asks_for_a_higher_rate(
    dataset: Path, base_folder: Path, optimizer: dict[str, Any], batch: int, accumulation: int, rate: str | None
) -> None:
    """By what a step averages: of 10 pictures in three buckets 3.3, however large the batch is."""
    training = {"batch_size": batch, "accumulation": accumulation}
    found = notes(dataset, base_folder, {"optimizer": optimizer, "training": training})
    assert told(found, "a higher rate suits, about", "可以提高学习率") == (rate is not None)
    assert rate is None or told(found, f"about {rate} (times the root of 3.3)", f"约 {rate}")
