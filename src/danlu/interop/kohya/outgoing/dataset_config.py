"""The dataset config of sd-scripts for folders that `kohya_dataset` wrote."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from danlu.datasets.augmentation import sides
from danlu.datasets.regularization import with_class_captions
from danlu.interop.kohya.outgoing.dataset import REGULARIZING, DatasetExport, PlannedFile
from danlu.interop.kohya.outgoing.files import DATASET, gather
from danlu.kit.files import write_atomically
from danlu.kit.language import Text, pick
from danlu.recipe import Recipe, merge, parse_recipe


def write_dataset_config(export: DatasetExport, out: Path, recipe: Recipe | None) -> list[Text]:
    """Write `dataset_config.toml` beside the folders; returns what it can't say.

    A recipe gives resolution, buckets and what happens to captions; without one the config leaves them to sd-scripts'
    own arguments. Raises `UserError` if the recipe's base isn't there.
    """
    import tomlkit

    general = _general(out, recipe)
    flips = bool(general.pop("flip_aug", False))
    folders = export.folders()
    mirrored = {folder: _is_mirrored(files, flip=flips) for folder, files in folders.items()}
    subsets = [_subset(export, out, folder) for folder in folders]
    if all(mirrored.values()):
        general["flip_aug"] = True
    elif any(mirrored.values()):
        for subset, folder in zip(subsets, folders, strict=True):
            subset["flip_aug"] = mirrored[folder]
    document = tomlkit.document()
    document.add(
        tomlkit.comment(pick("What sd-scripts trains on: its --dataset_config.", "sd-scripts 的 --dataset_config。"))
    )
    if "resolution" not in general:
        document.add(
            tomlkit.comment(pick("Give it --resolution too, as 512,512.", "还需另给 --resolution，如 512,512。"))
        )
    document.add("general", tomlkit.item(general))
    document.add("datasets", tomlkit.item([{"subsets": subsets}]))
    write_atomically(out / DATASET, tomlkit.dumps(document))
    return _tell_sides(folders, mirrored, flip=flips)


def _general(out: Path, recipe: Recipe | None) -> dict[str, Any]:
    """The settings of all folders, from the recipe as if the export were its dataset."""
    if recipe is None:
        return {"enable_bucket": True}
    values = recipe.model_dump(mode="json", exclude_unset=True)
    for name in ("repeats", "regularization", "masks"):
        values["dataset"].pop(name, None)
    values.pop("validation", None)
    values = merge(values, {"dataset": {"path": str(out)}})
    return dict(gather(parse_recipe(values, "the recipe"), out).dataset_config)


def _subset(export: DatasetExport, out: Path, folder: str) -> dict[str, Any]:
    files = export.folders()[folder]
    repeats, _, name = folder.rpartition("/")[2].partition("_")
    subset: dict[str, Any] = {
        "image_dir": (out / folder).absolute().as_posix(),
        "num_repeats": int(repeats),
        "caption_extension": ".txt",
    }
    if folder.startswith(f"{REGULARIZING}/"):
        captioned = with_class_captions(export.dataset).pictures
        bare = {one.name for one in captioned if not one.caption}
        subset |= {"is_reg": True} | ({} if any(f.picture.name in bare for f in files) else {"class_tokens": name})
    return subset


def _is_mirrored(files: list[PlannedFile], *, flip: bool) -> bool:
    """Whether all pictures of a folder are shown from both sides; `flip_aug` must not mirror one that never is."""
    return all(_both_sides(file, flip=flip) for file in files)


def _both_sides(file: PlannedFile, *, flip: bool) -> bool:
    return len(sides(flip, file.picture.mirror)) == 2


def _tell_sides(folders: Mapping[str, list[PlannedFile]], mirrored: Mapping[str, bool], *, flip: bool) -> list[Text]:
    lost = [
        file.picture.name
        for folder, files in folders.items()
        if not mirrored[folder]
        for file in files
        if _both_sides(file, flip=flip)
    ]
    if not lost:
        return []
    return [
        Text(
            f"{len(lost)} pictures that Danlu also shows mirrored, as '{lost[0]}', are shown as they are: kohya "
            "mirrors whole folders, and others in theirs must not be.",
            f"有 {len(lost)} 张图片在丹炉中也会镜像（如“{lost[0]}”），导出后不镜像：kohya 只能整个文件夹镜像，"
            "而同文件夹中有不可镜像的图片。",
        )
    ]
