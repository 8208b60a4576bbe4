"""Every optimizer kind: descends, obeys its groups' rates, saves and restores, and refuses nonsense."""

import copy
from typing import Any

import pytest
import torch
from pydantic import ValidationError

from danlu.kit.variants import kinds_of
from danlu.optimizers.base import Optimizer

KINDS = kinds_of(Optimizer)


def build(kind: str, **settings: Any) -> tuple[Optimizer, torch.optim.Optimizer, list[torch.nn.Parameter]]:
    config = KINDS[kind](**settings)
    weights = [torch.nn.Parameter(torch.full((3,), 2.0)), torch.nn.Parameter(torch.full((2, 2), -2.0))]
    groups = [
        {"name": "unet", "params": weights[:1], "lr": config.rate_of("unet")},
        {"name": "text_encoder", "params": weights[1:], "lr": config.rate_of("text_encoder")},
    ]
    return config, config.build(groups), weights


def descend(optimizer: torch.optim.Optimizer, weights: list[torch.nn.Parameter], steps: int) -> float:
    loss = torch.zeros(())
    for _ in range(steps):
        optimizer.zero_grad()
        loss = torch.stack([weight.square().sum() for weight in weights]).sum()
        loss.backward()
        optimizer.step()
    return loss.item()


def test_a_kinds_name_is_its_modules() -> None:
    assert KINDS
    assert all(kind.__module__.rpartition(".")[2] == name for name, kind in KINDS.items())


@pytest.mark.parametrize("kind", KINDS)
def test_descends(kind: str) -> None:
    config, optimizer, weights = build(kind, **({} if kind == "prodigy" else {"lr": 0.05}))
    assert descend(optimizer, weights, 300) < 1
    assert set(config.rates(optimizer)) == {"unet", "text_encoder"}
    assert all(rate > 0 for rate in config.rates(optimizer).values())


@pytest.mark.parametrize("kind", KINDS)
def test_restored_state_goes_on_bit_by_bit(kind: str) -> None:
    _, optimizer, weights = build(kind)
    descend(optimizer, weights, 5)
    _, other, others = build(kind)
    other.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    with torch.no_grad():
        for weight, copied in zip(weights, others, strict=True):
            copied.copy_(weight)
    descend(optimizer, weights, 5)
    descend(other, others, 5)
    assert all(torch.equal(weight, copied) for weight, copied in zip(weights, others, strict=True))


def test_groups_move_at_their_own_rates() -> None:
    config, optimizer, _ = build("adamw", lr=1e-3, text_encoder_lr=5e-5)
    assert dict(config.rates(optimizer)) == {"unet": 1e-3, "text_encoder": 5e-5}


def test_prodigy_refuses_rates_other_than_1() -> None:
    with pytest.raises(ValidationError, match=r"lr must be 1, not 0\.0001"):
        KINDS["prodigy"](lr=1e-4)
