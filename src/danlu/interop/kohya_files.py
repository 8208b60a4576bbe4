"""Files in which sd-scripts and kohya's GUI keep settings (TOML, JSON, prompts, argument lists), as plain values."""

import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from danlu.kit.errors import UserError


def read_settings(path: Path) -> dict[str, Any]:
    """The settings of a file by key; sections of a TOML file are only headings, as in sd-scripts."""
    try:
        content = path.read_text("utf-8-sig")
        values: Any = json.loads(content) if path.suffix.lower() == ".json" else tomllib.loads(content)
    except FileNotFoundError as error:
        raise UserError(f"'{path}' doesn't exist.", f"“{path}”不存在。") from error
    except (ValueError, OSError) as error:
        raise UserError(
            f"'{path}' can't be read as {'JSON' if path.suffix.lower() == '.json' else 'TOML'}: {error}.",
            f"无法读取“{path}”：{error}。",
        ) from error
    if not isinstance(values, dict):
        raise UserError(f"'{path}' holds no settings.", f"“{path}”中没有设置项。")
    return _flatten(values, path)


def _flatten(values: Mapping[str, Any], path: Path) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, Mapping):
            flat |= _flatten(value, path)
        elif key in ("datasets", "subsets"):
            if not isinstance(value, list) or not all(isinstance(entry, Mapping) for entry in value):
                raise UserError(
                    f"'{path}': {key} must be a list of tables, written as [[{key}]].",
                    f"“{path}”：{key} 必须是表的列表，写作 [[{key}]]。",
                )
            if len(value) != 1:
                raise UserError(
                    f"'{path}' has {len(value)} entries in [[{key}]]: put their folders into one folder, each named "
                    "REPEATS_NAME, and give it with --dataset.",
                    f"“{path}”的 [[{key}]] 有 {len(value)} 项：请把它们的文件夹放进同一个文件夹，"
                    "各自命名为“重复次数_名称”，再用 --dataset 指定。",
                )
            flat |= _flatten(value[0], path)
        else:
            flat[key] = value
    if "image_dir" in flat:
        flat["train_data_dir"] = flat.pop("image_dir")
    return flat


def split_arguments(given: Any) -> dict[str, str]:
    """`["a=1", "b=2"]` of sd-scripts, or the GUI's text `"a=1" "b=2"`, as values by name."""
    parts = given if isinstance(given, list) else re.findall(r"[^\s\"']+", str(given or ""))
    pairs = (str(part).partition("=") for part in parts)
    return {name.strip(): value.strip() for name, _, value in pairs if value.strip()}


def read_prompts(prompts: str) -> list[str]:
    """The prompts of sd-scripts' prompt file (.txt), or of the text itself (the GUI), without options such as `--n …`;
    none if it is another kind of file, or not there.
    """
    path = Path(prompts) if "\n" not in prompts and Path(prompts).suffix in (".txt", ".toml", ".json") else None
    if path is not None:
        if path.suffix != ".txt" or not path.is_file():
            return []
        prompts = path.read_text("utf-8-sig")
    lines = (re.split(r"\s--\w+\s", f"{line} ")[0].strip() for line in prompts.splitlines())
    return [line for line in lines if line and not line.startswith("#")]
