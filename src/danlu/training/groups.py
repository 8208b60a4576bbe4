"""The table of parameter groups, read off the optimizer: what is really trained at which rate, not what was meant."""

import torch

from danlu.rundir.events import ParameterGroup


def group_table(optimizer: torch.optim.Optimizer) -> tuple[ParameterGroup, ...]:
    """One row per group of an optimizer, in its order."""
    return tuple(
        ParameterGroup(
            name=str(group["name"]),
            tensors=len(group["params"]),
            numbers=sum(parameter.numel() for parameter in group["params"]),
            rate=float(group["lr"]),
            weight_decay=float(group["weight_decay"]),
        )
        for group in optimizer.param_groups
    )
