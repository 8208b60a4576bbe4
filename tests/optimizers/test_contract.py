"""Every optimizer kind: descends, obeys its groups' rates, saves and restores, and refuses nonsense."""

import io
from typing import Any

import pytest
import torch
from pydantic import ValidationError
from torch.utils._python_dispatch import TorchDispatchMode

from danlu.kit.errors import UserError
from danlu.kit.variants import kinds_of
from danlu.optimizers.base import Optimizer, SelfTuningOptimizer

KINDS = kinds_of(Optimizer)
SELF_TUNING = [name for name, kind in KINDS.items() if issubclass(kind, SelfTuningOptimizer)]


class NothingIsRead(TorchDispatchMode):
    """Complains when a number of a tensor is read on the host: on a GPU that would wait for the device."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        assert func is not torch.ops.aten._local_scalar_dense.default
        return func(*args, **(kwargs or {}))


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
def test_explains_itself_in_both_languages(kind: str) -> None:
    assert "中文:" in (KINDS[kind].__doc__ or "")
    for name, field in KINDS[kind].model_fields.items():
        assert name == "kind" or "中文:" in (field.description or ""), name


@pytest.mark.parametrize("kind", KINDS)
def test_descends(kind: str) -> None:
    config, optimizer, weights = build(kind, **({} if kind in SELF_TUNING else {"lr": 0.05}))
    start = [group["lr"] for group in optimizer.param_groups]
    for share in range(20, 0, -1):  # the rate falls, as over a run: a sign at a constant rate never settles
        for group, rate in zip(optimizer.param_groups, start, strict=True):
            group["lr"] = rate * share / 20
        loss = descend(optimizer, weights, 10)
    assert loss < 1
    assert set(config.rates(optimizer)) == {"unet", "text_encoder"}
    assert all(rate > 0 for rate in config.rates(optimizer).values())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("steps", [0, 5])
def test_restored_state_goes_on_bit_by_bit(kind: str, steps: int) -> None:
    _, optimizer, weights = build(kind)
    descend(optimizer, weights, steps)
    file = io.BytesIO()
    torch.save(optimizer.state_dict(), file)
    copies = [weight.detach().clone() for weight in weights]
    descend(optimizer, weights, 5)

    config, other, others = build(kind)
    config.restore(other, torch.load(io.BytesIO(file.getvalue()), map_location="cpu", weights_only=True))
    with torch.no_grad():
        for weight, copied in zip(others, copies, strict=True):
            weight.copy_(copied)
    descend(other, others, 5)
    assert all(torch.equal(weight, copied) for weight, copied in zip(weights, others, strict=True))
    assert not all(torch.equal(weight, copied) for weight, copied in zip(weights, copies, strict=True))


@pytest.mark.parametrize("kind", KINDS)
def test_weights_for_use_leave_no_trace(kind: str) -> None:
    config, optimizer, weights = build(kind, **({} if kind in SELF_TUNING else {"lr": 0.05}))
    _, other, others = build(kind, **({} if kind in SELF_TUNING else {"lr": 0.05}))
    for _ in range(3):
        descend(optimizer, weights, 4)
        descend(other, others, 4)
        with config.averaged(optimizer):
            same = all(torch.equal(weight, copied) for weight, copied in zip(weights, others, strict=True))
            assert same is not config.averages
    assert all(torch.equal(weight, copied) for weight, copied in zip(weights, others, strict=True))


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in SELF_TUNING])
def test_given_rates_need_no_reading_of_the_device(kind: str) -> None:
    _, optimizer, weights = build(kind)
    descend(optimizer, weights, 2)
    with NothingIsRead():
        optimizer.step()


@pytest.mark.parametrize("kind", KINDS)
def test_learns_a_product_whose_second_factor_starts_at_zero(kind: str) -> None:
    """A fresh LoRA: the first factor's gradient is exactly zero at the first step, which no rule may divide by."""
    generator = torch.Generator().manual_seed(0)
    down = torch.nn.Parameter(torch.randn((4, 12), generator=generator) * 0.3)
    up = torch.nn.Parameter(torch.zeros(8, 4))
    inputs = torch.randn((64, 12), generator=generator)
    outputs = inputs @ torch.randn((12, 8), generator=generator) * 0.3
    config = KINDS[kind](**({"d0": 1e-4} if kind in SELF_TUNING else {"lr": 0.02}))
    optimizer = config.build([{"name": "unet", "params": [down, up], "lr": config.lr}])
    losses = []
    for _ in range(60):
        optimizer.zero_grad()
        loss = (inputs @ down.T @ up.T - outputs).square().mean()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert bool(torch.isfinite(down).all() and torch.isfinite(up).all())
    assert min(losses) < 0.8 * losses[0]


def test_groups_move_at_their_own_rates() -> None:
    config, optimizer, _ = build("adamw", lr=1e-3, text_encoder_lr=5e-5)
    assert dict(config.rates(optimizer)) == {"unet": 1e-3, "text_encoder": 5e-5}


@pytest.mark.parametrize("kind", SELF_TUNING)
@pytest.mark.parametrize("name", ["lr", "text_encoder_lr"])
def test_self_tuning_kinds_refuse_rates_other_than_1(kind: str, name: str) -> None:
    with pytest.raises(
        ValidationError, match=rf"finds the rate by itself, so {name} must be 1, not 0\.0001; t"
    ) as caught:
        KINDS[kind](**{name: 1e-4})
    assert f"{name} 必须为 1，而不是 0.0001" in str(caught.value)
    assert KINDS[kind](lr=1, text_encoder_lr=1)


@pytest.mark.parametrize("kind", SELF_TUNING)
def test_self_tuning_kinds_report_the_rate_that_they_found(kind: str) -> None:
    config, optimizer, weights = build(kind, d0=1e-4)
    descend(optimizer, weights, 1)
    early = config.rates(optimizer)["unet"]
    descend(optimizer, weights, 60)
    for group in optimizer.param_groups:
        group["lr"] = 0.5
    found = config.rates(optimizer)["unet"]
    assert early <= 2e-4
    assert found == 0.5 * optimizer.param_groups[0]["d"] > 10 * early


def test_state_in_groups_goes_to_the_parameters_device() -> None:
    config, optimizer, weights = build("dadapt_adam")
    descend(optimizer, weights, 3)
    state = optimizer.state_dict()
    weights = [torch.nn.Parameter(weight.detach().to("meta")) for weight in weights]
    other = config.build([{"name": str(number), "params": [weight]} for number, weight in enumerate(weights)])
    config.restore(other, state)
    assert all(group["numerator_weighted"].device.type == "meta" for group in other.param_groups)


def test_8_bit_is_for_nvidia(monkeypatch: pytest.MonkeyPatch) -> None:
    config, optimizer, _ = build("adamw8bit")
    assert isinstance(optimizer, torch.optim.AdamW)
    for device in ("cpu", "mps"):
        notice = config.notice(device)
        assert notice is not None
        assert f"on '{device}' this run uses AdamW" in notice.en
        assert f"在“{device}”上" in notice.zh
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UserError, match="pip install bitsandbytes") as caught:
        config.notice("cuda:0")
    assert "需要 bitsandbytes" in caught.value.text.zh
    monkeypatch.setattr("importlib.util.find_spec", lambda name: object())
    assert config.notice("cuda:0") is None
