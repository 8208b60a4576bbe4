"""A base as a folder in diffusers layout, or a VAE as one: `config.json` and safetensors files for each component.

In: a folder. Out: a `StoredBase`; no weights are read. Reads full and `fp16` variants, files in shards, and the names
that early releases of diffusers and transformers wrote.
"""

from pathlib import Path
from typing import Any

from danlu.kit.errors import UserError
from danlu.kit.parsing import parse_json
from danlu.weights.components import Component, Part, plain_name
from danlu.weights.headers import read_header
from danlu.weights.stored import StoredBase

REQUIRED = ("unet", "vae", "text_encoder")
STEMS = ("diffusion_pytorch_model", "model")
OLD_NAMES = {".query.": ".to_q.", ".key.": ".to_k.", ".value.": ".to_v.", ".proj_attn.": ".to_out.0."}
"""What the VAE's attention was called before diffusers 0.18."""


def open_folder(path: Path) -> StoredBase:
    """The components of a diffusers folder and its scheduler's config. Raises `UserError` if something is missing."""
    missing = [name for name in (*REQUIRED, "tokenizer", "scheduler") if not (path / name).is_dir()]
    if missing:
        raise UserError(
            f"'{path}' is no base in diffusers layout: it has no folder {', '.join(f'{name}/' for name in missing)}.",
            f"“{path}”不是 diffusers 格式的底模：缺少文件夹 {'、'.join(f'{name}/' for name in missing)}。",
        )
    second = [name for name in ("text_encoder_2",) if (path / name).is_dir()]
    components = {name: open_component(path / name, name) for name in (*REQUIRED, *second)}
    tokenizers = {name: path / name.replace("text_encoder", "tokenizer") for name in ("text_encoder", *second)}
    return StoredBase(path, components, _read_json(path / "scheduler" / "scheduler_config.json"), tokenizers)


def open_component(folder: Path, name: str) -> Component:
    """One component's config and the places of its tensors."""
    parts: dict[str, Part] = {}
    for file in _weight_files(folder):
        header = read_header(file)
        for key, entry in header.entries.items():
            own = plain_name(key)
            for old, new in OLD_NAMES.items() if name == "vae" else ():
                own = own.replace(old, new)
            shape = entry.shape[:2] if name == "vae" and ".attentions." in own else entry.shape
            parts[own] = Part(header, key, shape)
    return Component(name, folder, _read_json(folder / "config.json"), parts)


def _weight_files(folder: Path) -> list[Path]:
    """The files that hold a component: one, or those that an index names."""
    for stem in STEMS:
        for variant in ("", ".fp16"):
            if (single := folder / f"{stem}{variant}.safetensors").exists():
                return [single]
            for index in (f"{stem}.safetensors.index{variant}.json", f"{stem}{variant}.safetensors.index.json"):
                if (folder / index).exists():
                    return [folder / name for name in sorted(set(_read_json(folder / index)["weight_map"].values()))]
    names = [f"{stem}.safetensors" for stem in STEMS]
    raise UserError(
        f"'{folder}' holds no safetensors weights ({' or '.join(names)}): the base's folder is incomplete.",
        f"“{folder}”中没有 safetensors 权重（{' 或 '.join(names)}）：底模文件夹不完整。",
    )


def _read_json(file: Path) -> dict[str, Any]:
    try:
        return parse_json(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(
            f"'{file}' can't be read ({error}): the base's folder is incomplete, get it again.",
            f"无法读取“{file}”（{error}）：底模文件夹不完整，请重新获取。",
        ) from error
