"""Pickles (.ckpt, .pt, .bin): a format that can run programs when it is opened. Danlu opens it as plain tensors or not.

In: such a file. Out: its tensors, for `danlu convert` to write as safetensors; nothing else reads pickles.
"""

import pickle
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor

from danlu.kit.errors import UserError


@dataclass(frozen=True)
class Pickled:
    """What a pickle holds."""

    tensors: dict[str, Tensor]
    others: list[str]
    """The names of what is no such tensor."""


def read_pickle(path: Path) -> Pickled:
    """The tensors of a pickle, those of its `state_dict` if it has one; memory-mapped where the file allows it.

    Raises `UserError` if it isn't whole, or holds anything but plain values: that is never run.
    """
    try:
        found: Any = torch.load(path, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(path))
    except pickle.UnpicklingError as error:
        raise _more_than_tensors(path) from error
    except Exception as error:  # a file of others: torch raises whatever its bytes lead to
        raise UserError(
            f"'{path}' isn't a whole pickle: get it again.", f"“{path}”不是完整的 pickle 文件：请重新获取。"
        ) from error
    values = cast("Mapping[object, object]", found if isinstance(found, Mapping) else {})
    inner = values.get("state_dict", values)
    named = cast("Mapping[object, object]", inner if isinstance(inner, Mapping) else {})
    tensors = {str(name): value for name, value in named.items() if isinstance(value, Tensor)}
    if not tensors and "string_to_param" in values:
        raise UserError(
            f"'{path}' is an embedding (textual inversion), and no checkpoint, VAE or LoRA: it can't be used here.",
            f"“{path}”是嵌入（embedding / textual inversion），而不是底模、VAE 或 LoRA，无法在此使用。",
        )
    if not tensors:
        raise UserError(
            f"'{path}' holds no tensors by name: it is no checkpoint, VAE or LoRA.",
            f"“{path}”中没有带名称的张量：它不是底模、VAE 或 LoRA。",
        )
    others = [str(name) for name in named if str(name) not in tensors]
    others += [str(name) for name in values if values is not named and name != "state_dict"]
    return Pickled(_each_its_own(tensors), others)


def _each_its_own(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Tensors in one piece, none of which shares its memory with another: safetensors knows no shared ones."""
    seen, own = set[int](), dict[str, Tensor]()
    for name, tensor in tensors.items():
        place = tensor.data_ptr()
        own[name] = tensor.clone(memory_format=torch.contiguous_format) if place in seen else tensor.contiguous()
        seen.add(place)
    return own


def _more_than_tensors(path: Path) -> UserError:
    return UserError(
        f"'{path}' holds more than tensors, and Danlu runs nothing that a file brings along: if you trust it, convert "
        "it to .safetensors with the Checkpoint Merger of A1111 or Forge (no interpolation, save as safetensors).",
        f"“{path}”中除张量外还有其他内容，丹炉不会执行文件自带的代码：如果信任该文件，"
        "请用 A1111 或 Forge 的模型合并页转换为 .safetensors（不插值，保存为 safetensors）。",
    )
