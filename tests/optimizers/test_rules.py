"""Each library moves weights by the rule of its paper, written out here in float64 for one group of weights."""

import math
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from torch import Tensor

from danlu.kit.variants import kinds_of
from danlu.optimizers.base import Optimizer

Rule = Callable[..., Iterator[Tensor]]


def gradients(steps: int, shape: tuple[int, ...] = (6, 4)) -> list[Tensor]:
    generator = torch.Generator().manual_seed(3)
    trend = torch.randn(shape, generator=generator, dtype=torch.float64)
    return [trend + torch.randn(shape, generator=generator, dtype=torch.float64) for _ in range(steps)]


def sgd(weight: Tensor, grads: list[Tensor], *, lr: float, weight_decay: float) -> Iterator[Tensor]:
    speed = torch.zeros_like(weight)
    for grad in grads:
        speed = 0.9 * speed + grad + weight_decay * weight
        weight = weight - lr * speed
        yield weight


def lion(weight: Tensor, grads: list[Tensor], *, lr: float, weight_decay: float) -> Iterator[Tensor]:
    momentum = torch.zeros_like(weight)
    for grad in grads:
        weight = weight * (1 - lr * weight_decay) - lr * torch.sign(0.9 * momentum + 0.1 * grad)
        momentum = 0.99 * momentum + 0.01 * grad
        yield weight


def adamw(
    weight: Tensor, grads: list[Tensor], *, lr: float, weight_decay: float, beta2: float = 0.99
) -> Iterator[Tensor]:
    first, second = torch.zeros_like(weight), torch.zeros_like(weight)
    for step, grad in enumerate(grads, 1):
        first, second = 0.9 * first + 0.1 * grad, beta2 * second + (1 - beta2) * grad**2
        size = (second / (1 - beta2**step)).sqrt() + 1e-8
        weight = weight * (1 - lr * weight_decay) - lr * first / (1 - 0.9**step) / size
        yield weight


def schedule_free(weight: Tensor, grads: list[Tensor], *, lr: float, weight_decay: float) -> Iterator[Tensor]:
    """Algorithm 1 of Defazio et al., 2024; yields the average x."""
    x, z, second = weight, weight, torch.zeros_like(weight)
    for step, grad in enumerate(grads, 1):
        y = 0.1 * z + 0.9 * x
        second = 0.99 * second + 0.01 * grad**2
        z = z - lr * (grad / ((second / (1 - 0.99**step)).sqrt() + 1e-8) + weight_decay * y)
        x = (1 - 1 / step) * x + z / step
        yield x


def adafactor(weight: Tensor, grads: list[Tensor], *, lr: float, weight_decay: float) -> Iterator[Tensor]:
    rows, columns = torch.zeros(weight.shape[0]).double(), torch.zeros(weight.shape[1]).double()
    for step, grad in enumerate(grads, 1):
        beta = 1 - step**-0.8
        squares = grad**2 + 1e-30
        rows, columns = beta * rows + (1 - beta) * squares.mean(1), beta * columns + (1 - beta) * squares.mean(0)
        update = grad / (rows[:, None] * columns[None, :] / rows.mean()).sqrt()
        update = update / max(1.0, update.square().mean().sqrt().item())
        weight = weight * (1 - lr * weight_decay) - lr * update
        yield weight


def came(weight: Tensor, grads: list[Tensor], *, lr: float, weight_decay: float) -> Iterator[Tensor]:
    rows, columns = torch.zeros(weight.shape[0]).double(), torch.zeros(weight.shape[1]).double()
    unsteady_rows, unsteady_columns, momentum = rows, columns, torch.zeros_like(weight)
    for grad in grads:
        squares = grad**2 + 1e-30
        rows, columns = 0.999 * rows + 0.001 * squares.mean(1), 0.999 * columns + 0.001 * squares.mean(0)
        update = grad / (rows[:, None] * columns[None, :] / rows.mean()).sqrt()
        update = update / max(1.0, update.square().mean().sqrt().item())
        momentum = 0.9 * momentum + 0.1 * update
        unsteady = (update - momentum) ** 2 + 1e-16
        unsteady_rows = 0.9999 * unsteady_rows + 0.0001 * unsteady.mean(1)
        unsteady_columns = 0.9999 * unsteady_columns + 0.0001 * unsteady.mean(0)
        step = momentum / (unsteady_rows[:, None] * unsteady_columns[None, :] / unsteady_rows.mean()).sqrt()
        weight = weight * (1 - lr * weight_decay) - lr * step
        yield weight


def run(kind: str, weight: Tensor, grads: list[Tensor], **settings: Any) -> Iterator[Tensor]:
    config = kinds_of(Optimizer)[kind](**settings)
    parameter = torch.nn.Parameter(weight.clone())
    optimizer = config.build([{"name": "unet", "params": [parameter], "lr": config.lr}])
    for grad in grads:
        parameter.grad = grad.clone()
        optimizer.step()
        with config.averaged(optimizer):
            yield parameter.detach().clone()


@pytest.mark.parametrize(
    ("kind", "rule"),
    [
        ("sgd", sgd),
        ("lion", lion),
        ("adamw", adamw),
        ("adamw8bit", adamw),
        ("schedulefree_adamw", schedule_free),
        ("adafactor", adafactor),
        ("came", came),
    ],
)
def test_follows_its_rule(kind: str, rule: Rule) -> None:
    weight, settings = gradients(1)[0] * 0.3, {"lr": 0.02, "weight_decay": 0.1}
    grads = gradients(12)
    for mine, theirs in zip(run(kind, weight, grads, **settings), rule(weight, grads, **settings), strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-6, atol=1e-8)


def d_adapted(grads: list[Tensor], *, sign: bool) -> Iterator[float]:
    """The estimate of d after each step, by D-Adaptation's rule (Defazio & Mishchenko, 2023) without weight decay:
    d = max(d, r / ((1-√β2) |s|)), r ← √β2 r + (1-√β2) d ⟨u, s⟩, s ← √β2 s + (1-√β2) d u, where u is the step's
    direction: the sign of Lion's mixture, or the gradient (whose inner product is taken in Adam's metric).
    """
    d, r, root = 1e-3, 0.0, math.sqrt(0.99)
    s, momentum, second = (torch.zeros_like(grads[0]) for _ in range(3))
    for grad in grads:
        if sign:
            u = torch.sign(0.9 * momentum + 0.1 * grad)
            momentum = 0.99 * momentum + 0.01 * d * grad
            gained = (u * s).sum().item()
        else:
            u = grad
            gained = (u * s / (second.sqrt() + 1e-8)).sum().item()
            second = 0.99 * second + 0.01 * grad**2
        r = root * r + (1 - root) * d * gained
        s = root * s + (1 - root) * d * u
        d = max(d, r / ((1 - root) * s.abs().sum().item()))
        yield d


@pytest.mark.parametrize(("kind", "sign"), [("dadapt_adam", False), ("dadapt_lion", True)])
def test_estimates_d_by_its_rule(kind: str, sign: bool) -> None:
    grads = gradients(40)
    config = kinds_of(Optimizer)[kind](d0=1e-3, weight_decay=0)
    parameter = torch.nn.Parameter(torch.zeros_like(grads[0]))
    optimizer = config.build([{"name": "unet", "params": [parameter], "lr": 1.0}])
    found = []
    for grad in grads:
        parameter.grad = grad.clone()
        optimizer.step()
        found.append(config.rates(optimizer)["unet"])
    assert found == pytest.approx(list(d_adapted(grads, sign=sign)), rel=1e-4)
    assert found[-1] > 2e-3


def test_prodigy_moves_as_adam_at_d() -> None:
    """While d stays where it is (here: the estimate is made too small to raise it), Prodigy is AdamW at rate d."""
    grads, weight = gradients(8), gradients(1)[0] * 0.3
    found = run("prodigy", weight, grads, d0=1e-3, d_coef=1e-9, weight_decay=0)
    for mine, theirs in zip(found, adamw(weight, grads, lr=1e-3, weight_decay=0, beta2=0.999), strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-5, atol=1e-6)
