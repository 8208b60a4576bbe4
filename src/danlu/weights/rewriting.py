"""A base written again as one file in the original (LDM) layout, with some of its weights changed.

In: a stored base of either layout, and the change of each tensor that has one. Out: all tensors of the new file. What
isn't changed stays the file's own mapped bytes, also what no component uses; a folder's tensors are renamed. A VAE that
stands in for the base's own is written in its place.
"""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from safetensors import safe_open
from torch import Tensor

from danlu.kit.errors import UserError
from danlu.weights.components import Component, Part
from danlu.weights.loading import opened
from danlu.weights.single_file import VAE
from danlu.weights.stored import StoredBase
from danlu.weights.writing import original_tensors, original_vae

Delta = Callable[[str, str], Tensor | None]
"""From component and tensor name to ΔW in the component's own shape, or None where nothing changes."""


def rewritten_tensors(stored: StoredBase, delta: Delta) -> dict[str, Tensor]:
    """The tensors of the new file by original names, each in its own number format. Raises `UserError` if a changed one
    doesn't fit it.
    """
    return _of_file(stored, delta) if stored.path.is_file() else _of_folder(stored, delta)


def markers_of(scheduler: Mapping[str, Any]) -> dict[str, Tensor]:
    """What tells readers of a file how a folder's base was trained: empty tensors, by their names."""
    markers: dict[str, Tensor] = {}
    if scheduler.get("prediction_type") == "v_prediction":
        markers["v_pred"] = torch.zeros(0)
        if scheduler.get("rescale_betas_zero_snr"):
            markers["ztsnr"] = torch.zeros(0)
    return markers


def _of_file(stored: StoredBase, delta: Delta) -> dict[str, Tensor]:
    with safe_open(stored.path, framework="pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    for component in stored.components.values():
        if component.path != stored.path:  # a VAE that was put in the place of the file's own
            tensors = {key: one for key, one in tensors.items() if not key.startswith(VAE)} | _vae(component)
            continue
        with opened(component) as read:
            for name, part in component.parts.items():
                change = delta(component.name, name)
                if change is not None:
                    tensors[part.key] = _put(tensors[part.key], part, _added(read(name), change))
    return tensors


def _vae(component: Component) -> dict[str, Tensor]:
    with opened(component) as read:
        stated = component.config, {name: read(name) for name in component.parts}
    return {name: tensor.contiguous() for name, tensor in original_vae(stated, prefix=VAE).items()}


def _of_folder(stored: StoredBase, delta: Delta) -> dict[str, Tensor]:
    changed = {name: (part.config, _changed(part, delta)) for name, part in stored.components.items()}
    tensors = {name: tensor.contiguous() for name, tensor in original_tensors(changed).items()}
    return tensors | markers_of(stored.scheduler)


def _changed(component: Component, delta: Delta) -> dict[str, Tensor]:
    tensors: dict[str, Tensor] = {}
    with opened(component) as read:
        for name in component.parts:
            if not name.endswith("position_ids"):
                change = delta(component.name, name)
                tensors[name] = read(name) if change is None else _added(read(name), change)
    return tensors


def _added(weight: Tensor, change: Tensor) -> Tensor:
    added = (weight.float() + change.float()).to(weight.dtype).contiguous()
    if not added.isfinite().all():
        raise UserError(
            f"the changed weights are too large for the base's number format ({weight.dtype}): give smaller weights.",
            f"修改后的权重超出了底模精度（{weight.dtype}）的范围：请降低权重。",
        )
    return added


def _put(whole: Tensor, part: Part, tensor: Tensor) -> Tensor:
    """A file's tensor with that of a component in its place: the inverse of how parts are read."""
    if part.transposed:
        tensor = tensor.T.contiguous()
    if part.third is None:
        return tensor.reshape(whole.shape)
    rows = whole.shape[0] // 3
    changed = whole.clone()
    changed[part.third * rows : (part.third + 1) * rows] = tensor
    return changed
