"""Bring the parts of a run to where its saved state left them."""

from collections.abc import Mapping
from typing import Any

import torch

from danlu.adapters.injection import Injection
from danlu.checkpoints.state import read_newest_state
from danlu.kit.errors import UserError
from danlu.optimizers.base import Optimizer
from danlu.pipeline.survey import Survey
from danlu.rundir.layout import RunFolder
from danlu.training.groups import parameter_groups
from danlu.training.loop import Loop


def take_up_state(loop: Loop, survey: Survey, folder: RunFolder, injection: Injection) -> None:
    """Bring everything to where the saved state left it, if there is one.

    Raises `UserError` if it was saved by another adapter or optimizer. Settings of the optimizer that were changed
    since, and accepted, hold from now on.
    """
    found = read_newest_state(folder.state)
    if found is None:
        return
    state, config = found[0], survey.recipe.optimizer
    try:
        before = _groups_before(loop, injection, config, state.made_with)
        now = [dict(group) for group in loop.optimizer.param_groups]
        _require_same_shapes(injection, state.adapter)
        injection.load_state(state.adapter)
        config.restore(loop.optimizer, state.optimizer)
        if loop.ema is not None:
            loop.ema.load_state(state.ema or [])
    except (KeyError, ValueError, RuntimeError) as error:
        raise UserError(
            f"the state saved in '{folder.root}' is of another adapter, optimizer or average than its recipe has now "
            f"({error}): take the change back, or start a new run.",
            f"“{folder.root}”中保存的状态与现在配方中的 LoRA、优化器或权重平均不符"
            f"（{error}）：请撤销改动，或新建训练。",
        ) from error
    for group, old, new in zip(loop.optimizer.param_groups, before, now, strict=True):
        group.update({key: value for key, value in new.items() if key != "params" and value != old[key]})
    if state.loop:
        loop.load_state(state.loop)
    loop.step = state.step


def _require_same_shapes(injection: Injection, saved: Mapping[str, torch.Tensor]) -> None:
    """A tensor of rank 1 could be copied into one of any rank."""
    shapes = [{name: tuple(one.shape) for name, one in tensors.items()} for tensors in (injection.state(), saved)]
    if shapes[0] != shapes[1]:
        raise ValueError("its tensors have other names or shapes")


def _groups_before(
    loop: Loop, injection: Injection, config: Optimizer, made: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """The parameter groups as they began with the settings that a state was saved with."""
    if not made or made["recipe"]["optimizer"] == config.model_dump(mode="json"):
        return [dict(group) for group in loop.optimizer.param_groups]
    earlier = type(config).model_validate(made["recipe"]["optimizer"])
    return [dict(group) for group in earlier.build(parameter_groups(injection, earlier)).param_groups]
