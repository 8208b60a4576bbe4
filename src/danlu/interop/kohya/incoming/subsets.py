"""The folders of a dataset config (`[[datasets]]`, `[[datasets.subsets]]`) as one dataset with one set of settings."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from danlu.interop.kohya.facts.values import sides
from danlu.interop.kohya.incoming.settings import Fate
from danlu.kit.errors import UserError
from danlu.kit.language import Text

_OWN = ("image_dir", "num_repeats", "is_reg", "class_tokens", "caption_extension", "conditioning_data_dir")
"""What folders may differ in."""
_ONE_SIZE = Text("the same pictures in one size only: the largest", "同一批图片只用一种分辨率：取最大的")
_ONE_FOR_ALL = Text(
    "the folders differ in it, and here it is one for all: the first folder's is taken",
    "各文件夹的该项不同，而此处对所有文件夹相同：取第一个文件夹的值",
)
_BY_NAME = Text(
    "here a folder's name tells its repeats: rename the folders to REPEATS_NAME, such as 6_girl",
    "此处由文件夹名决定重复次数：请把文件夹改名为“重复次数_名称”，例如 6_girl",
)
_APART = Text(
    "the folders have no folder in common: put them into one, each named REPEATS_NAME, and give it with --dataset",
    "这些文件夹不在同一个文件夹下：请放进同一个文件夹，各自命名为“重复次数_名称”，再用 --dataset 指定",
)


def join_datasets(datasets: Any, source: Path, fates: list[Fate]) -> dict[str, Any]:
    """The settings of the folders of one dataset, with their common folder as `train_data_dir`; what can't be said so
    is told in `fates`.
    """
    tables = _tables(datasets, "datasets", source)
    if not tables:
        return {}
    dataset = _widest(tables)
    folders = [one for table in tables for one in _tables(table.get("subsets", []), "subsets", source)]
    kept = _tables(dataset.get("subsets", []), "subsets", source)
    if _image_dirs(folders) <= _image_dirs(kept):
        subsets = kept  # the same pictures in several sizes
        told = [table for table in tables if table is not dataset]
        fates += [Fate("resolution", table.get("resolution"), reason=_ONE_SIZE) for table in told]
    else:
        subsets = folders
    joined = {key: value for key, value in dataset.items() if key != "subsets"}
    joined |= _common_settings(subsets, fates)
    if not subsets:
        return joined
    trained = [subset for subset in subsets if not subset.get("is_reg")]
    regularizing = [subset for subset in subsets if subset.get("is_reg")]
    joined |= _one_folder(trained, "train_data_dir", joined, fates)
    joined |= _one_folder(regularizing, "reg_data_dir", {}, fates)
    masks = _folders(trained, "conditioning_data_dir")
    tokens = {subset["class_tokens"]: None for subset in subsets if subset.get("class_tokens")}
    extensions = {subset["caption_extension"]: None for subset in subsets if subset.get("caption_extension")}
    return {
        **joined,
        **({"conditioning_data_dir": mask} if masks and (mask := _common(masks)) else {}),
        **({"class_tokens": ", ".join(map(str, tokens))} if tokens else {}),
        **({"caption_extension": ", ".join(map(str, extensions))} if extensions else {}),
    }


def _widest(tables: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """The dataset of the largest resolution."""

    def area(table: Mapping[str, Any]) -> int:
        try:
            width, height = sides(table.get("resolution"))
        except (ValueError, TypeError):
            return 0
        return width * height

    return max(tables, key=area)


def _common_settings(subsets: Sequence[Mapping[str, Any]], fates: list[Fate]) -> dict[str, Any]:
    """What holds of all folders; where they differ, as of the first, and the others' are told."""
    common: dict[str, Any] = {}
    for key in dict.fromkeys(key for subset in subsets for key in subset if key not in _OWN):
        values = [subset[key] for subset in subsets if key in subset]
        common[key] = values[0]
        others = [value for subset in subsets if (value := subset.get(key)) != values[0]]
        fates += [Fate(key, value, reason=_ONE_FOR_ALL) for value in others[:1]]
    return common


def _one_folder(
    subsets: Sequence[Mapping[str, Any]], name: str, above: Mapping[str, Any], fates: list[Fate]
) -> dict[str, Any]:
    """The folder that holds those of the subsets, and how often it is repeated, unless the folders' names tell."""
    folders = _folders(subsets, "image_dir")
    if not folders:
        return {}
    if (folder := _common(folders)) is None:
        fates.append(Fate("image_dir", ", ".join(folders), reason=_APART))
        return {}
    if name == "reg_data_dir":
        return {name: folder}
    repeats = [subset.get("num_repeats", above.get("num_repeats", 1)) for subset in subsets if subset.get("image_dir")]
    told = all(PurePosixPath(one).name.startswith(f"{times}_") for one, times in zip(folders, repeats, strict=True))
    if told and len(folders) > 1:
        return {name: folder}
    if len({str(one) for one in repeats}) > 1:
        fates.append(Fate("num_repeats", ", ".join(map(str, repeats)), reason=_BY_NAME))
        return {name: folder}
    said = any("num_repeats" in subset for subset in subsets) or "num_repeats" in above
    return {name: folder, **({"num_repeats": repeats[0]} if said else {})}


def _folders(subsets: Sequence[Mapping[str, Any]], key: str) -> list[str]:
    return [str(subset[key]) for subset in subsets if subset.get(key)]


def _image_dirs(subsets: Sequence[Mapping[str, Any]]) -> set[str]:
    return set(_folders(subsets, "image_dir"))


def _common(folders: Sequence[str]) -> str | None:
    """The folder that holds these; None if there is none: on other drives, or only some of them absolute."""
    if len(set(folders)) == 1:
        return folders[0]
    try:
        return Path(os.path.commonpath(folders)).as_posix() or None
    except ValueError:
        return None


def _tables(value: Any, key: str, source: Path) -> list[Mapping[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(entry, Mapping) for entry in value):
        raise UserError(
            f"'{source}': {key} must be a list of tables, written as [[{key}]].",
            f"“{source}”：{key} 必须是表的列表，写作 [[{key}]]。",
        )
    return value
