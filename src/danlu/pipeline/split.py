"""A recipe's dataset in two: the pictures that are trained on, and those that are held out for validation."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from danlu.datasets.pictures import Dataset, Picture
from danlu.datasets.split import choose_held_out
from danlu.kit.files import file_sha256
from danlu.kit.language import Text
from danlu.validation.config import ValidationConfig


@dataclass(frozen=True)
class Split:
    """A dataset in two: what is trained on, and what is held out."""

    trained: Dataset
    held_out: tuple[Picture, ...]


def split_dataset(dataset: Dataset, config: ValidationConfig) -> Split:
    """Hold pictures out as the settings say; what the user should know of it joins the dataset's notices.

    Raises `UserError` if nothing can be held out, or a picture can't be decoded.
    """
    if not config.is_on:
        return Split(dataset, ())
    from danlu.datasets.duplicates import group_duplicates

    learnt = [index for index, one in enumerate(dataset.pictures) if not dataset.concepts[one.concept].regularization]
    groups = [
        [learnt[place] for place in group] for group in group_duplicates([dataset.pictures[index] for index in learnt])
    ]
    count = config.wanted(len(learnt))
    chosen = choose_held_out(
        dataset, groups, lambda index: file_sha256(dataset.pictures[index].path), count=count, seed=config.seed
    )
    kept = tuple(one for index, one in enumerate(dataset.pictures) if index not in chosen)
    notices = (*dataset.notices, *_tell_other_count(len(chosen), count))
    return Split(replace(dataset, pictures=kept, notices=notices), tuple(dataset.pictures[index] for index in chosen))


def _tell_other_count(chosen: int, count: int) -> Sequence[Text]:
    if chosen == count:
        return ()
    return (
        Text(
            f"{chosen} pictures are held out for validation instead of {count}: near-duplicates stay together, and "
            "every concept keeps some to learn from.",
            f"留出 {chosen} 张图片用于验证，而不是 {count} 张：近似重复的图片不能分开，且每个概念都要保留训练图片。",
        ),
    )
