"""The parameter groups of an optimizer, and their table, read off the optimizer: what is really trained at which rate,
not what was meant.
"""

import torch

from danlu.adapters.injection import Injection
from danlu.optimizers.base import Optimizer
from danlu.rundir.events import ParameterGroup
from danlu.training.rates import Share, possible_shares, share_of


def parameter_groups(injection: Injection, optimizer: Optimizer) -> list[dict[str, object]]:
    """One group for each rate of a component, in a fixed order; within it, tensors in the order of the layers."""
    members: dict[Share, list[torch.nn.Parameter]] = {share: [] for share in possible_shares(optimizer)}
    for name, layer in injection.layers.items():
        for tensor, parameter in layer.tensors.items():
            members[share_of(optimizer, injection.targets[name], layer.adapter, tensor)].append(parameter)
    return [
        {"name": share.name, "params": parameters, "lr": share.rate(optimizer)}
        for share, parameters in members.items()
        if parameters
    ]


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
