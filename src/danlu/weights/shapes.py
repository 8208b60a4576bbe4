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


def layer_shapes(path: Path, component: str) -> dict[str, tuple[int, ...]]:
    """Weight shapes of a component's linear layers and convolutions, by their path among its modules (embeddings are
    among them). transformers ≥ 5 dropped the `text_model.` level that files of text encoders still have.
    """
    level = "text_model." if component == "text_encoder" else ""
    return {
        name.removesuffix(".weight").removeprefix(level): shape
        for name, shape in read_shapes(path).items()
        if name.endswith(".weight") and len(shape) in (2, 4)
    }
