"""Regularization pictures: pictures of other things of the same class, shown as often as those that teach, so that the
base stays as it was (Ruiz et al., 2023, "prior preservation").

In: the dataset's folder, and a folder of their own or one named `reg` within the dataset. Out: one dataset, in which
their concepts are marked. How many of them an epoch shows is `batches.epoch_entries`' matter.
"""

from collections.abc import Collection, Iterable
from dataclasses import replace
from pathlib import Path

from danlu.datasets.batches import epoch_entries
from danlu.datasets.folder_names import REGULARIZATION_NAMES
from danlu.datasets.pictures import Dataset, Picture
from danlu.datasets.scan import scan_dataset
from danlu.kit.errors import UserError
from danlu.kit.language import Text


def scan_with_regularization(
    root: Path, folder: Path | None, *, repeats: int | None = None, without: Collection[Path] = ()
) -> Dataset:
    """The dataset at `root`, and the pictures of `folder` (all of them for regularization) behind its own.

    `folder` may lie within the dataset, whatever its name; the folders `without` are passed over. Raises `UserError` as
    `scan_dataset` does, and if the folder isn't there or holds the dataset itself.
    """
    if folder is None:
        return scan_dataset(root, repeats=repeats, without=without)
    _require_other_folder(root, folder)
    dataset = scan_dataset(root, repeats=repeats, without=[*without, folder.resolve()])
    other = scan_dataset(folder, regularization=True)
    first = len(dataset.concepts)
    concepts = (replace(concept, trigger=None, traits=()) for concept in other.concepts)
    pictures = (
        replace(picture, name=f"{folder.name}/{picture.name}", concept=picture.concept + first)
        for picture in other.pictures
    )
    return replace(
        dataset,
        concepts=(*dataset.concepts, *concepts),
        pictures=(*dataset.pictures, *pictures),
        problems=(*dataset.problems, *other.problems),
        notices=(*dataset.notices, *other.notices),
        masks={**dataset.masks, **{f"{folder.name}/{name}": path for name, path in other.masks.items()}},
    )


def with_class_captions(dataset: Dataset) -> Dataset:
    """The dataset with a caption for every regularization picture: its own, or the name of the folder that it lies in
    (`1_girl`: "girl"), unless that only says that it holds regularization pictures.
    """
    pictures = (replace(one, caption=_class_caption(dataset, one) or one.caption) for one in dataset.pictures)
    return replace(dataset, pictures=tuple(pictures))


def count_regularization(dataset: Dataset, indexes: Iterable[int]) -> int:
    """How many of these pictures, given by index, are for regularization."""
    return sum(dataset.concepts[dataset.pictures[index].concept].regularization for index in indexes)


def tell_regularization(dataset: Dataset) -> list[Text]:
    """What the user should know of how the regularization pictures of a dataset, as it was scanned, are used."""
    notices: list[Text] = []
    there = count_regularization(dataset, range(len(dataset.pictures)))
    used = count_regularization(dataset, set(epoch_entries(dataset)))
    if used < there:
        notices.append(
            Text(
                f"{used} of {there} regularization pictures are used: an epoch shows as many images of them as of the "
                "others.",
                f"{there} 张正则化图片只用到 {used} 张：每轮中正则化图片与训练图片的张数相同。",
            )
        )
    classes = sorted({dataset.concepts[one.concept].name for one in dataset.pictures if _class_caption(dataset, one)})
    if classes:
        en, zh = ", ".join(f"'{name}'" for name in classes), "、".join(f"“{name}”" for name in classes)
        notices.append(
            Text(
                f"Regularization pictures without a caption are trained under the name of their folder: {en}.",
                f"没有标注的正则化图片以所在文件夹的名称为标注：{zh}。",
            )
        )
    return notices


def _class_caption(dataset: Dataset, picture: Picture) -> str | None:
    """The caption that a picture takes from its folder; None if it has its own, or no use for one."""
    concept = dataset.concepts[picture.concept]
    needs_one = concept.regularization and not (picture.caption or "").strip()
    return concept.name if needs_one and concept.name.lower() not in REGULARIZATION_NAMES else None


def _require_other_folder(root: Path, folder: Path) -> None:
    if not folder.is_dir():
        raise UserError(
            f"dataset.regularization: the folder '{folder}' doesn't exist; correct the path, or leave it out.",
            f"dataset.regularization：文件夹“{folder}”不存在；请改正路径或删去该项。",
        )
    if root.resolve().is_relative_to(folder.resolve()):
        raise UserError(
            f"dataset.regularization: '{folder}' holds the dataset itself; give a folder of other pictures.",
            f"dataset.regularization：“{folder}”包含数据集本身；请给出存放其他图片的文件夹。",
        )
