"""Muon (Jordan et al. 2024) for convolutions and matrices, AdamW for the rest: fewer steps on two CPU cores.

The momentum of each weight, as a matrix (outputs × everything else), is orthogonalised by five Newton-Schulz
steps and scaled to AdamW's usual update size, so that learning rates mean the same.
"""

import math
from collections.abc import Iterable

import torch
from torch import Tensor

MOMENTUM = 0.95
STEPS = 5
A, B, C = 3.4445, -4.7750, 2.0315


def orthogonalise(matrix: Tensor) -> Tensor:
    """The nearest orthogonal matrices, roughly, to a stack (K, rows, columns), in bf16."""
    x = matrix.bfloat16()
    flip = x.shape[1] > x.shape[2]
    if flip:
        x = x.mT
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(STEPS):
        gram = x @ x.mT
        x = A * x + (B * gram + C * gram @ gram) @ x
    return (x.mT if flip else x).float()


class Muon(torch.optim.Optimizer):
    """Muon on parameters with two or more dimensions, AdamW on the others; decoupled weight decay on the former.

    `adam`: parameters that AdamW takes although they are matrices (embeddings, first and last layers).
    """

    def __init__(
        self, parameters: Iterable[Tensor], lr: float, adam: Iterable[Tensor] = (), decay: float = 0.0
    ) -> None:
        plain = {id(parameter) for parameter in adam}
        found = list(parameters)
        groups = [
            {"params": [p for p in found if p.ndim >= 2 and id(p) not in plain], "muon": True},
            {"params": [p for p in found if p.ndim < 2 or id(p) in plain], "muon": False},
        ]
        super().__init__([group for group in groups if group["params"]], {"lr": lr, "decay": decay, "count": 0})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """One update from the gradients."""
        for group in self.param_groups:
            group["count"] += 1
            live = [p for p in group["params"] if p.grad is not None]
            if group["muon"]:
                self._step_muon(live, group["lr"], group["decay"])
            else:
                self._step_adam(live, group["lr"], group["count"])

    def _step_muon(self, parameters: list[Tensor], lr: float, decay: float) -> None:
        shapes: dict[tuple[int, int], list[tuple[Tensor, Tensor]]] = {}
        for p in parameters:
            state = self.state[p]
            if not state:
                state["momentum"] = torch.zeros_like(p)
            momentum, grad = state["momentum"], p.grad
            assert grad is not None
            momentum.lerp_(grad, 1 - MOMENTUM)
            update = grad.lerp(momentum, MOMENTUM).flatten(1)
            shapes.setdefault((update.shape[0], update.shape[1]), []).append((p, update))
        for (rows, columns), members in shapes.items():
            updates = orthogonalise(torch.stack([update for _, update in members]))
            scale = 0.2 * math.sqrt(max(rows, columns))
            for (p, _), update in zip(members, updates, strict=True):
                p.mul_(1 - lr * decay).add_(update.view(p.shape), alpha=-lr * scale)

    def _step_adam(self, parameters: list[Tensor], lr: float, count: int) -> None:
        for p in parameters:
            state = self.state[p]
            if not state:
                state["first"], state["second"] = torch.zeros_like(p), torch.zeros_like(p)
            assert p.grad is not None
            state["first"].lerp_(p.grad, 0.1)
            state["second"].lerp_(p.grad.square(), 0.02)
            size = (state["second"] / (1 - 0.98**count)).sqrt_().add_(1e-8)
            p.addcdiv_(state["first"], size, value=-lr / (1 - 0.9**count))
