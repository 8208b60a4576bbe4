"""From a component on disk to a module: built without memory, then given its tensors one by one, in their final form.

A module's tensors are read through one small buffer: at no moment is a component there twice, as it would be if the
file were mapped while it is converted. To look at single tensors (`opened`), files are mapped.
"""

import time
from collections.abc import Callable, Generator, Iterable
from contextlib import ExitStack, contextmanager
from io import BufferedReader
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from torch import Tensor, nn

from danlu.kit.errors import UserError
from danlu.weights.components import Component, Part, plain_name

DTYPES = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "I64": torch.int64,
    "I32": torch.int32,
    "I16": torch.int16,
    "I8": torch.int8,
    "U8": torch.uint8,
    "BOOL": torch.bool,
    "F8_E4M3": torch.float8_e4m3fn,
    "F8_E5M2": torch.float8_e5m2,
}
"""By their names in a file."""
OnBytes = Callable[[int, int], None]
"""Told (bytes read, all) of a module, a few times a second and at its end."""
_TOLD_EVERY_S = 0.2


def load_module(
    component: Component,
    make: Callable[[], nn.Module],
    *,
    dtype: torch.dtype,
    device: str,
    channels_last: bool = False,
    on_bytes: OnBytes | None = None,
) -> nn.Module:
    """The module that `make` builds, with the component's weights, frozen, in evaluation mode.

    Raises `UserError` if the file's tensors don't fit the module that the config describes.
    """
    with torch.device("meta"):
        module = make()
    wanted = module.state_dict()
    require_fit(component, {name: tuple(tensor.shape) for name, tensor in wanted.items()})
    with ExitStack() as files:
        parts = {name: component.parts[plain_name(name)] for name in wanted}
        read = _without_values if device == "meta" else _Reader(files, parts.values(), on_bytes).read
        tensors = {name: _settled(read(part), dtype, device, channels_last) for name, part in parts.items()}
    module.load_state_dict(tensors, assign=True)
    for name, buffer in module.named_buffers():
        if buffer.is_meta:  # the one buffer that files don't hold: the positions of a text encoder
            parent, _, leaf = name.rpartition(".")
            positions = torch.arange(buffer.shape[-1], device=device).expand(buffer.shape)
            module.get_submodule(parent).register_buffer(leaf, positions, persistent=False)
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


class _Reader:
    """Reads tensors of open files, each into the same memory: a tensor is good until the next one is read."""

    def __init__(self, stack: ExitStack, parts: Iterable[Part], on_bytes: OnBytes | None) -> None:
        self.stack = stack
        self.on_bytes = on_bytes
        self.done, self.total = 0, sum(_bytes_of(part) for part in parts)
        self.told_at = time.monotonic()
        self.files: dict[Path, BufferedReader] = {}
        self.buffer = torch.empty(0, dtype=torch.uint8)

    def read(self, part: Part) -> Tensor:
        entry, path = part.header.entries[part.key], part.header.path
        if path not in self.files:
            self.files[path] = self.stack.enter_context(path.open("rb"))
        if len(self.buffer) < entry.stop - entry.start:
            self.buffer = torch.empty(entry.stop - entry.start, dtype=torch.uint8)
        place = self.buffer[: entry.stop - entry.start]
        self.files[path].seek(entry.start)
        if self.files[path].readinto(place.numpy().data) != len(place):
            raise UserError(
                f"'{path}' became shorter while it was read: get the base again, and let nothing write to it "
                "meanwhile.",
                f"“{path}”在读取时变短：请重新获取该底模，读取期间不要写入。",
            )
        self._tell(len(place))
        return _shaped(place.view(DTYPES[entry.dtype]).reshape(entry.shape), part)

    def _tell(self, count: int) -> None:
        self.done += count
        now = time.monotonic()
        if self.on_bytes and (self.done == self.total or now - self.told_at >= _TOLD_EVERY_S):
            self.told_at = now
            self.on_bytes(self.done, self.total)


def _bytes_of(part: Part) -> int:
    entry = part.header.entries[part.key]
    return entry.stop - entry.start


def _without_values(part: Part) -> Tensor:
    return torch.empty(part.shape, device="meta")


def _settled(tensor: Tensor, dtype: torch.dtype, device: str, channels_last: bool) -> Tensor:
    layout = torch.channels_last if channels_last and tensor.ndim == 4 else torch.preserve_format
    return tensor.to(device, dtype, memory_format=layout, copy=True)


def _take(handles: dict[Path, Any], part: Part) -> Tensor:
    return _shaped(handles[part.header.path].get_tensor(part.key), part)


def _shaped(tensor: Tensor, part: Part) -> Tensor:
    """A tensor as its module has it, from the file's."""
    if part.third is not None:
        tensor = tensor.chunk(3)[part.third]
    if part.transposed:
        tensor = tensor.T.contiguous()
    return tensor.reshape(part.shape)
