"""A LoRA from whatever layout to kohya's or to that of diffusers and PEFT, and any pickle to safetensors: other names
or another container, the same numbers. What has no place in the result is told.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from danlu.adapters.diffusers_layout import to_diffusers
from danlu.adapters.files import read_adapter
from danlu.adapters.peft_settings import KOHYA, SETTINGS
from danlu.kit.errors import UserError
from danlu.kit.language import Text, some_of
from danlu.pipeline.derived import require_output
from danlu.weights.pickles import read_pickle
from danlu.weights.safetensor_files import write_checkpoint, write_tensors

Written = Literal["kohya", "diffusers"]
HASHES = ("sshs_model_hash", "sshs_legacy_hash")


@dataclass(frozen=True)
class Converted:
    """A file that was written."""

    path: Path
    layout: Written
    model_hash: str
    num_layers: int
    notes: list[Text]
    """What of the file isn't in it."""


def convert_adapter(path: Path, out: Path, wanted: Written | None = None) -> Converted:
    """Write a LoRA in the layout that is `wanted`, else one of kohya's layout in that of diffusers, and any other in
    kohya's. Raises `UserError` if it can't be, or already is.
    """
    require_output(out, [path])
    file = read_adapter(path)
    layout: Written = wanted or ("diffusers" if file.layout == "kohya" else "kohya")
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
    return Converted(out, layout, write_tensors(out, tensors, metadata), len(file.layers), file.notes)


@dataclass(frozen=True)
class Unpickled:
    """A pickle whose tensors were written."""

    count: int
    notes: list[Text]
    """What of the file isn't in it."""


def convert_pickle(path: Path, out: Path) -> Unpickled:
    """Write the tensors of a pickle (a checkpoint, a VAE, a LoRA) as safetensors. Raises `UserError` if it isn't whole
    or holds more than plain values.
    """
    require_output(out, [path])
    found = read_pickle(path)
    write_checkpoint(out, found.tensors, {"format": "pt"})
    if not found.others:
        return Unpickled(len(found.tensors), [])
    shown = some_of(found.others)
    told = Text(
        f"left out, since they aren't tensors by name among the weights: {shown.en}.",
        f"以下内容不是带名称的权重张量，已略去：{shown.zh}。",
    )
    return Unpickled(len(found.tensors), [told])
