"""What weight files say of themselves without being loaded: the shapes in their safetensors headers."""

import json
import struct
from pathlib import Path

from danlu.kit.errors import UserError


def read_shapes(path: Path) -> dict[str, tuple[int, ...]]:
    """Tensor name to shape, from a safetensors header (milliseconds, whatever the file's size)."""
    try:
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            header = json.loads(file.read(length))
    except (OSError, ValueError, struct.error) as error:
        raise UserError(
            f"'{path}' isn't a whole safetensors file ({error}): get it again.",
            f"“{path}”不是完整的 safetensors 文件（{error}）：请重新获取。",
        ) from error
    return {name: tuple(entry["shape"]) for name, entry in header.items() if name != "__metadata__"}


def adaptable_shapes(path: Path, component: str) -> list[tuple[int, ...]]:
    """Weight shapes of the layers that an adapter is put beside: the linear layers and 1×1 convolutions of the U-Net's
    transformer blocks, or the linear layers of the text encoder's blocks (see `adapters.targets`).
    """
    inside = ".attentions." if component == "unet" else ".layers."
    return [
        shape
        for name, shape in read_shapes(path).items()
        if inside in f".{name}" and name.endswith(".weight") and (len(shape) == 2 or shape[2:] == (1, 1))
    ]
