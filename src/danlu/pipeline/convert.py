"""A LoRA from kohya's layout to that of diffusers and PEFT, or back, and any pickle to safetensors: other names or
another container, the same numbers.
"""

from dataclasses import dataclass
from pathlib import Path

from danlu.adapters.diffusers_layout import KOHYA, SETTINGS, to_diffusers
from danlu.adapters.files import Layout, read_adapter
from danlu.kit.errors import UserError
from danlu.pipeline.derived import require_output
from danlu.weights.pickles import read_pickle
from danlu.weights.safetensor_files import write_checkpoint, write_tensors

HASHES = ("sshs_model_hash", "sshs_legacy_hash")


@dataclass(frozen=True)
class Converted:
    """A file that was written."""

    path: Path
    layout: Layout
    model_hash: str
    num_layers: int


def convert_adapter(path: Path, out: Path, wanted: Layout | None = None) -> Converted:
    """Write a LoRA in the other layout, or in the one that is `wanted`. Raises `UserError` if it can't be, or already
    is.
    """
    require_output(out, [path])
    file = read_adapter(path)
    layout: Layout = wanted or ("diffusers" if file.layout == "kohya" else "kohya")
    if layout == file.layout:
        raise UserError(
            f"'{path}' is in the layout '{layout}' already: there is nothing to convert.",
            f"“{path}”已经是 {layout} 格式，无需转换。",
        )
    metadata = {key: value for key, value in file.metadata.items() if key not in (*HASHES, SETTINGS, KOHYA)}
    if layout == "diffusers":
        tensors, belonging = to_diffusers(file.layers, file.metadata, path)
        metadata |= belonging
    else:
        tensors = {f"{name}.{suffix}": one for name, layer in file.layers.items() for suffix, one in layer.items()}
    return Converted(out, layout, write_tensors(out, tensors, metadata), len(file.layers))


def convert_pickle(path: Path, out: Path) -> int:
    """Write the tensors of a pickle (a checkpoint, a VAE, a LoRA) as safetensors; returns how many there are. Raises
    `UserError` if it isn't whole or holds more than tensors.
    """
    require_output(out, [path])
    tensors = read_pickle(path)
    write_checkpoint(out, tensors, {"format": "pt"})
    return len(tensors)
