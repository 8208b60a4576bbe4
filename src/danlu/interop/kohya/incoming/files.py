"""Files in which sd-scripts and kohya's GUI keep settings (TOML, JSON, argument lists), as plain values."""

import json
import re
import shlex
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from danlu.interop.kohya.incoming.subsets import join_datasets
from danlu.kit.errors import UserError


def read_settings(path: Path) -> dict[str, Any]:
    """The settings of a file by key; sections of a TOML file are only headings, as in sd-scripts. A dataset config that
    it names is read with it, and takes the place of its folders.
    """
    values = _flatten(_read(path), path)
    values = {**_command_line(values.pop("additional_parameters", None)), **values}
    if (config := _dataset_config(values, path)) is not None:
        del values["dataset_config"]
        for ignored in ("train_data_dir", "reg_data_dir"):
            values.pop(ignored, None)
        values |= _flatten(_read(config), config)
    return values


def parse_settings(text: str, name: Path) -> dict[str, Any]:
    """The settings of a text that is called `name`, JSON or TOML by what it looks like. What it names isn't opened."""
    kind = "JSON" if text.lstrip("\ufeff \t\r\n").startswith("{") else "TOML"
    values = _flatten(_parse(text.removeprefix("\ufeff"), kind, name), name)
    return {**_command_line(values.pop("additional_parameters", None)), **values}


def _read(path: Path) -> Mapping[str, Any]:
    try:
        content = path.read_text("utf-8-sig")
    except FileNotFoundError as error:
        raise UserError(f"'{path}' doesn't exist.", f"“{path}”不存在。") from error
    except (ValueError, OSError) as error:
        raise UserError(f"'{path}' can't be read: {error}.", f"无法读取“{path}”：{error}。") from error
    return _parse(content, "JSON" if path.suffix.lower() == ".json" else "TOML", path)


def _parse(content: str, kind: str, path: Path) -> Mapping[str, Any]:
    try:
        values: Any = json.loads(content) if kind == "JSON" else tomllib.loads(content)
    except (ValueError, RecursionError) as error:
        raise UserError(f"'{path}' can't be read as {kind}: {error}.", f"无法读取“{path}”：{error}。") from error
    if not isinstance(values, dict):
        raise UserError(f"'{path}' holds no settings.", f"“{path}”中没有设置项。")
    return values


def _flatten(values: Mapping[str, Any], path: Path) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, Mapping):
            flat |= _flatten(value, path)
        elif key == "datasets":
            flat |= join_datasets(value, path)
        else:
            flat[key] = value
    if "image_dir" in flat:
        flat["train_data_dir"] = flat.pop("image_dir")
    return flat


def _dataset_config(values: Mapping[str, Any], path: Path) -> Path | None:
    """The dataset config that settings name; as they name it, or beside them if they were moved together."""
    named = values.get("dataset_config")
    if not isinstance(named, str) or not named:
        return None
    return next((one for one in (Path(named), path.parent / Path(named).name) if one.is_file()), None)


def _command_line(arguments: Any) -> dict[str, Any]:
    """The GUI's further arguments, `--key value --switch`."""
    try:
        words = shlex.split(str(arguments or ""))
    except ValueError:
        return {"additional_parameters": arguments}
    found: dict[str, Any] = {}
    key = ""
    for word in words:
        if word.startswith("--"):
            key = word.removeprefix("--")
            found[key] = True
        elif key:
            found[key] = word
    return found


def split_arguments(given: Any) -> dict[str, str]:
    """`["a=1", "b=2"]` of sd-scripts, or the GUI's text `"a=1" "b=2"`, as values by name."""
    parts = given if isinstance(given, list) else re.findall(r"[^\s\"']+", str(given or ""))
    pairs = (str(part).partition("=") for part in parts)
    return {name.strip(): value.strip() for name, _, value in pairs if value.strip()}
