"""From a component on disk to a module: built without memory, then given the file's own mapped bytes.

Tensors that already have the wanted number format aren't copied: pages are read when they are first used.
"""

from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from torch import Tensor, nn

from danlu.kit.errors import UserError
from danlu.weights.components import Component, Part, plain_name


def load_module(
    component: Component, make: Callable[[], nn.Module], *, dtype: torch.dtype, device: str, channels_last: bool = False
) -> nn.Module:
    """The module that `make` builds, with the component's weights, frozen, in evaluation mode.

    Raises `UserError` if the file's tensors don't fit the module that the config describes.
    """
    with torch.device("meta"):
        module = make()
    wanted = module.state_dict()
    require_fit(component, {name: tuple(tensor.shape) for name, tensor in wanted.items()})
    with opened(component) as read:
        tensors = {name: read(name).to(device, dtype) for name in wanted}
    module.load_state_dict(tensors, assign=True)
    for name, buffer in module.named_buffers():
        if buffer.is_meta:  # the one buffer that files don't hold: the positions of a text encoder
            parent, _, leaf = name.rpartition(".")
            positions = torch.arange(buffer.shape[-1], device=device).expand(buffer.shape)
            module.get_submodule(parent).register_buffer(leaf, positions, persistent=False)
    if channels_last:
        module.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
    return module.eval().requires_grad_(False)


@contextmanager
def opened(component: Component) -> Generator[Callable[[str], Tensor]]:
    """A function from a tensor's name to the tensor as its module has it, in the file's number format."""
    with ExitStack() as files:
        handles: dict[Path, Any] = {}
        for part in component.parts.values():
            path = part.header.path
            if path not in handles:
                handles[path] = files.enter_context(safe_open(path, framework="pt"))
        yield lambda name: _take(handles, component.parts[plain_name(name)])


def require_fit(component: Component, wanted: dict[str, tuple[int, ...]]) -> None:
    """Raise `UserError` unless the component has every tensor of these names, in these shapes."""
    shapes = component.shapes
    for name, shape in wanted.items():
        found = shapes.get(plain_name(name))
        if found != shape:
            en = "isn't there" if found is None else f"has the shape {found} instead of {shape}"
            zh = "不存在" if found is None else f"的形状为 {found}，应为 {shape}"
            raise UserError(
                f"'{component.path}' doesn't fit its config: tensor '{name}' of the {component.name} {en}. The base is "
                "incomplete or of another kind: get it again.",
                f"“{component.path}”与其配置不符：{component.name} 的张量“{name}”{zh}。"
                "底模不完整或类型不符：请重新获取。",
            )


def _take(handles: dict[Path, Any], part: Part) -> Tensor:
    tensor: Tensor = handles[part.header.path].get_tensor(part.key)
    if part.third is not None:
        tensor = tensor.chunk(3)[part.third]
    if part.transposed:
        tensor = tensor.T.contiguous()
    return tensor.reshape(part.shape)
