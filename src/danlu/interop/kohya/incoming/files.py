"""Files in which sd-scripts, kohya's GUI and LoRA_Easy_Training_Scripts keep settings (TOML, JSON, argument lists), as
plain values.
"""

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from danlu.interop.kohya.incoming.gui import as_full_training, by_its_rules, is_from_gui, is_whole_base
from danlu.interop.kohya.incoming.recognise import require_known_keys, require_kohya, require_readable
from danlu.interop.kohya.incoming.settings import Fate
from danlu.interop.kohya.incoming.subsets import join_datasets
from danlu.kit.errors import UserError
from danlu.kit.parsing import parse_json, parse_toml

DATASET_CONFIG = "dataset_config.toml"
_LISTS = ("network_args", "optimizer_args", "lr_scheduler_args")


@dataclass
class Source:
    """Settings by key as files hold them, and what was given up while they were read."""

    values: dict[str, Any]
    fates: list[Fate] = field(default_factory=list[Fate])
    given: frozenset[str] = frozenset()
    """The keys that the files hold; others follow from the GUI's rules."""


def read_settings(paths: Sequence[Path]) -> Source:
    """The settings of files, later ones on top; sections of a TOML file are only headings, as in sd-scripts. A dataset
    config that they name, or that lies beside a file that names no pictures, is read with them, and takes the place of
    their folders. Raises `UserError` for what isn't kohya's.
    """
    fates: list[Fate] = []
    values: dict[str, Any] = {}
    for path in paths:
        values |= _flatten(_read(path), path, fates)
    if (config := _dataset_config(values, paths)) is not None:
        values.pop("dataset_config", None)
        for ignored in ("train_data_dir", "reg_data_dir"):
            values.pop(ignored, None)
        values |= _flatten(_read(config), config, fates)
    return _as_arguments(values, fates, str(paths[0]))


def parse_settings(texts: Sequence[str], name: Path) -> Source:
    """The settings of texts that belong together and are called `name`, JSON or TOML by what each looks like, later
    ones on top. What they name isn't opened.
    """
    fates: list[Fate] = []
    values: dict[str, Any] = {}
    for text in texts:
        content = text.removeprefix("\ufeff")
        kind = "JSON" if content.lstrip(" \t\r\n").startswith("{") else "TOML"
        values |= _flatten(_parse(content, kind, name), name, fates)
    return _as_arguments(values, fates, str(name))


def _as_arguments(values: dict[str, Any], fates: list[Fate], shown: str) -> Source:
    """As sd-scripts' arguments, by the GUI's rules where the GUI wrote them; its further arguments come on top."""
    given = frozenset(values)
    if values or not fates:
        require_known_keys(values, shown)
    further = _command_line(values.pop("additional_parameters", None))
    if is_from_gui(values):
        values, untold = by_its_rules(values)
        fates += untold
    values |= further
    if is_whole_base(values):
        values, told = as_full_training(values)
        fates += told
    return Source(values, fates, given | further.keys())


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
        values: Any = parse_json(content) if kind == "JSON" else parse_toml(content)
    except ValueError as error:
        require_readable(content, str(path))
        raise UserError(f"'{path}' can't be read as {kind}: {error}.", f"无法读取“{path}”：{error}。") from error
    if not isinstance(values, dict):
        raise UserError(f"'{path}' holds no settings.", f"“{path}”中没有设置项。")
    require_kohya(values, str(path))
    return values


def _flatten(values: Mapping[str, Any], path: Path, fates: list[Fate]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in values.items():
        if key in _LISTS and isinstance(value, Mapping) and not value.keys() & {"args", "dataset_args"}:
            flat[key] = [f"{name}={one}" for name, one in value.items()]  # as LoRA_Easy_Training_Scripts writes them
        elif isinstance(value, Mapping):
            flat |= _flatten(value, path, fates)
        elif key == "datasets":
            flat |= join_datasets(value, path, fates)
        elif key == "subsets":
            flat |= join_datasets([{"subsets": value}], path, fates)
        else:
            flat[key] = value
    if "image_dir" in flat:
        flat["train_data_dir"] = flat.pop("image_dir")
    return flat


def _dataset_config(values: Mapping[str, Any], paths: Sequence[Path]) -> Path | None:
    """The dataset config that settings name, as they name it, or beside them if they were moved together; where they
    name neither one nor pictures, the one that lies beside them.
    """
    named = values.get("dataset_config")
    beside = [path.parent for path in paths]
    if isinstance(named, str) and named:
        places = (Path(named), *(folder / Path(named.replace("\\", "/")).name for folder in beside))
    elif values.get("train_data_dir") or len(paths) > 1 or any(path.name == DATASET_CONFIG for path in paths):
        return None
    else:
        places = tuple(folder / DATASET_CONFIG for folder in beside)
    return next((one for one in places if one.is_file()), None)


def _command_line(arguments: Any) -> dict[str, Any]:
    """The GUI's further arguments, `--key value`, `--key=value`, `--key one two`, `--switch`."""
    try:
        words = shlex.split(str(arguments or ""))
    except ValueError:
        words = str(arguments).replace('"', " ").replace("'", " ").split()
    found: dict[str, list[str]] = {}
    key = ""
    for word in words:
        if word.startswith("--"):
            key, equals, value = word.removeprefix("--").partition("=")
            found[key] = [value] if equals else []
        elif key:
            found[key].append(word)
    return {key: _argument(key, values) for key, values in found.items()}


def _argument(key: str, values: list[str]) -> Any:
    if key in _LISTS:
        return values
    return " ".join(values) if values else True


def split_arguments(given: Any) -> dict[str, str]:
    """`["a=1", "b=2"]` of sd-scripts, or the GUI's text `"a=1" "b=2"`, as values by name."""
    if isinstance(given, Mapping):
        return {str(name): str(value) for name, value in given.items()}
    parts = [str(one) for one in given] if isinstance(given, list) else _words(str(given or ""))
    joined: list[str] = []
    for part in parts:  # a part without a name goes on with the one before: `betas=0.9, 0.99`
        if "=" in part or not joined:
            joined.append(part)
        else:
            joined[-1] += f" {part}"
    pairs = (part.strip("\"' ").partition("=") for part in joined)
    return {name.strip().removeprefix("--"): value.strip(" \"'") for name, _, value in pairs if value.strip(" \"'")}


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        return re.findall(r"[^\s\"']+", text)
