"""The folders of a dataset config (`[[datasets]]`, `[[datasets.subsets]]`) as one dataset with one set of settings."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from danlu.kit.errors import UserError

_OWN = ("image_dir", "num_repeats", "is_reg", "class_tokens", "caption_extension", "conditioning_data_dir")
"""What folders may differ in."""


def join_datasets(datasets: Any, source: Path) -> dict[str, Any]:
    """The settings of the folders of one dataset, with their common folder as `train_data_dir`.

    Raises `UserError` if they are several datasets, or can't be said as one folder with one set of settings.
    """
    dataset = _only(_tables(datasets, "datasets", source), source)
    subsets = _tables(dataset.get("subsets", []), "subsets", source)
    joined = {key: value for key, value in dataset.items() if key != "subsets"}
    if not subsets:
        return joined
    for key in dict.fromkeys(key for subset in subsets for key in subset if key not in _OWN):
        values = [subset.get(key) for subset in subsets]
        if any(value != values[0] for value in values):
            raise _many(f"[[subsets]] that differ in {key}", f"[[subsets]] 的 {key} 各不相同", source)
        joined[key] = values[0]
    trained = [subset for subset in subsets if not subset.get("is_reg")]
    regularizing = [subset for subset in subsets if subset.get("is_reg")]
    joined |= _one_folder(trained, "train_data_dir", joined, source)
    joined |= _one_folder(regularizing, "reg_data_dir", {}, source)
    masks = _folders(trained, "conditioning_data_dir")
    tokens = {subset["class_tokens"]: None for subset in subsets if subset.get("class_tokens")}
    extensions = {subset["caption_extension"]: None for subset in subsets if subset.get("caption_extension")}
    return {
        **joined,
        **({"conditioning_data_dir": _common(masks)} if masks else {}),
        **({"class_tokens": ", ".join(tokens)} if tokens else {}),
        **({"caption_extension": ", ".join(extensions)} if extensions else {}),
    }


def _one_folder(
    subsets: Sequence[Mapping[str, Any]], name: str, above: Mapping[str, Any], source: Path
) -> dict[str, Any]:
    """The folder that holds those of the subsets, and how often it is repeated, unless the folders' names tell."""
    folders = _folders(subsets, "image_dir")
    if not folders:
        return {}
    repeats = [subset.get("num_repeats", above.get("num_repeats", 1)) for subset in subsets]
    told = all(
        PurePosixPath(folder).name.startswith(f"{times}_") for folder, times in zip(folders, repeats, strict=True)
    )
    if name == "reg_data_dir":
        return {name: _common(folders)}
    if len(set(repeats)) == 1 and not (told and len(folders) > 1):
        said = any("num_repeats" in subset for subset in subsets) or "num_repeats" in above
        return {name: _common(folders), **({"num_repeats": repeats[0]} if said else {})}
    if told:
        return {name: _common(folders)}
    raise _many(f"{len(folders)} entries in [[subsets]]", f"{len(folders)} 项 [[subsets]]", source)


def _folders(subsets: Sequence[Mapping[str, Any]], key: str) -> list[str]:
    return [str(subset[key]) for subset in subsets if subset.get(key)]


def _common(folders: Sequence[str]) -> str:
    if len(folders) == 1:
        return folders[0]
    try:
        return Path(os.path.commonpath(folders)).as_posix()
    except ValueError as error:  # on other drives, or only some of them absolute
        raise UserError(
            f"The folders '{folders[0]}' and '{folders[-1]}' have no folder in common: put them into one, and give it "
            "with --dataset.",
            f"文件夹“{folders[0]}”与“{folders[-1]}”不在同一个文件夹下：请放进同一个文件夹，再用 --dataset 指定。",
        ) from error


def _tables(value: Any, key: str, source: Path) -> list[Mapping[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(entry, Mapping) for entry in value):
        raise UserError(
            f"'{source}': {key} must be a list of tables, written as [[{key}]].",
            f"“{source}”：{key} 必须是表的列表，写作 [[{key}]]。",
        )
    return value


def _only(datasets: Sequence[Mapping[str, Any]], source: Path) -> Mapping[str, Any]:
    if len(datasets) != 1:
        raise _many(f"{len(datasets)} entries in [[datasets]]", f"{len(datasets)} 项 [[datasets]]", source)
    return datasets[0]


def _many(en: str, zh: str, source: Path) -> UserError:
    return UserError(
        f"'{source}' has {en}: put their folders into one folder, each named REPEATS_NAME, and give it with --dataset.",
        f"“{source}”有 {zh}：请把它们的文件夹放进同一个文件夹，各自命名为“重复次数_名称”，再用 --dataset 指定。",
    )
