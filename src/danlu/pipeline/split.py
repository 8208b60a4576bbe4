"""A recipe's dataset in two: the pictures that are trained on, and those that are held out for validation.

Who is held out is stored in the dataset (`held_out` in its manifest), else chosen as the recipe's settings say.
"""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from danlu.datasets.pictures import Dataset, Picture
from danlu.datasets.split import held_out_by, twins
from danlu.kit.errors import UserError
from danlu.kit.language import Text
from danlu.validation.config import ValidationConfig


@dataclass(frozen=True)
class Split:
    """A dataset in two: what is trained on, and what is held out."""

    trained: Dataset
    held_out: tuple[Picture, ...]


def split_dataset(dataset: Dataset, config: ValidationConfig) -> Split:
    """Hold pictures out as the dataset or the settings say; what the user should know joins the dataset's notices.

    Raises `UserError` if nothing can be held out, a picture can't be decoded, or both say who is held out.
    """
    stored = {index for index, one in enumerate(dataset.pictures) if one.held_out}
    if stored:
        _require_one_word(dataset, config)
        _require_sensible(dataset, stored)
        return _in_two(dataset, stored, _tell_twins(dataset, stored))
    if not config.is_on:
        _require_effect(config)
        return Split(dataset, ())
    learnt = sum(not dataset.concepts[one.concept].regularization for one in dataset.pictures)
    count = config.wanted(learnt)
    chosen = set(held_out_by(dataset, count=count, seed=config.seed))
    return _in_two(dataset, chosen, _tell_other_count(len(chosen), count))


def _in_two(dataset: Dataset, held_out: AbstractSet[int], told: Sequence[Text]) -> Split:
    kept = tuple(one for index, one in enumerate(dataset.pictures) if index not in held_out)
    trained = replace(dataset, pictures=kept, notices=(*dataset.notices, *told))
    return Split(trained, tuple(dataset.pictures[index] for index in sorted(held_out)))


def _require_one_word(dataset: Dataset, config: ValidationConfig) -> None:
    if config.is_on:
        name = "pictures" if config.pictures else "share"
        raise UserError(
            f"validation.{name} has no effect, because danlu.toml of '{dataset.root}' says which pictures are held "
            f"out: leave it out, or forget those with `danlu dataset split '{dataset.root}' --clear`.",
            f"“{dataset.root}”的 danlu.toml 已记录留出的图片，validation.{name} 不起作用：请删去，"
            f"或用 `danlu dataset split '{dataset.root}' --clear` 清除记录。",
        )


def _require_effect(config: ValidationConfig) -> None:
    if name := config.idle():
        raise UserError(
            f"validation.{name} has no effect while no pictures are held out: leave it out, or set validation.share or "
            "validation.pictures.",
            f"没有留出图片时 validation.{name} 不起作用：请删去，或设置 validation.share 或 validation.pictures。",
        )


def _require_sensible(dataset: Dataset, held_out: AbstractSet[int]) -> None:
    """Held-out pictures teach something otherwise, and every concept keeps pictures to learn from."""
    for index in sorted(held_out):
        one = dataset.pictures[index]
        concept = dataset.concepts[one.concept]
        if concept.regularization:
            raise UserError(
                f"'{one.name}' is a regularization picture, which is never held out: take held_out away in danlu.toml.",
                f"“{one.name}”是正则化图片，不能留出：请在 danlu.toml 中去掉 held_out。",
            )
        if held_out >= set(dataset.of_concept(one.concept)):
            raise UserError(
                f"All pictures of '{concept.name}' are held out by danlu.toml: leave some to learn from.",
                f"danlu.toml 留出了“{concept.name}”的全部图片：请保留一部分用于训练。",
            )


def _tell_twins(dataset: Dataset, held_out: AbstractSet[int]) -> Sequence[Text]:
    """Pictures that came to the dataset after it was split may be near-duplicates of those that are held out."""
    torn = [group for group in twins(dataset) if 0 < sum(index in held_out for index in group) < len(group)]
    if not torn:
        return ()
    first, other = (next(index for index in torn[0] if (index in held_out) is out) for out in (True, False))
    names = dataset.pictures[first].name, dataset.pictures[other].name
    return (
        Text(
            f"'{names[0]}' is held out, but '{names[1]}', which is trained on, shows nearly the same: `danlu dataset "
            f"split '{dataset.root}' --store` chooses anew.",
            f"“{names[0]}”已留出，但参与训练的“{names[1]}”与它几乎相同：可用 `danlu dataset split "
            f"'{dataset.root}' --store` 重新选择。",
        ),
    )


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
