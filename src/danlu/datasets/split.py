"""The validation split: which pictures are held out from training, to measure whether it learns more than its pictures
by heart.

A pure function of the pictures' content and a seed. Near-duplicates stay on one side: a held-out picture whose twin is
trained on would measure nothing. Every concept keeps pictures to learn from.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from danlu.datasets.pictures import Dataset, Picture
from danlu.kit.errors import UserError
from danlu.kit.files import file_sha256

LARGEST_SHARE = 0.5
"""No more than this share of the pictures is ever held out."""


def held_out_by(dataset: Dataset, *, count: int, seed: int) -> list[int]:
    """About `count` pictures of a dataset to hold out, by index: whole groups of near-duplicates and of views of one
    picture, none of them for regularization.

    Raises `UserError` if nothing can be held out, or a picture can't be decoded.
    """

    def digest(index: int) -> str:
        return file_sha256(dataset.pictures[index].path)

    return choose_held_out(dataset, twins(dataset), digest, count=count, seed=seed)


def twins(dataset: Dataset) -> list[list[int]]:
    """The pictures that teach, by index: near-duplicates and views of one picture together."""
    from danlu.datasets.duplicates import group_duplicates

    learnt = [index for index, one in enumerate(dataset.pictures) if not dataset.concepts[one.concept].regularization]
    groups = group_duplicates([dataset.pictures[index] for index in learnt])
    return join_views(dataset.pictures, [[learnt[place] for place in group] for group in groups])


def join_views(pictures: Sequence[Picture], groups: Sequence[Sequence[int]]) -> list[list[int]]:
    """Groups of pictures (by index), those that share an image file made one: in order of their first."""
    joined: dict[int, set[int]] = {}
    group_of: dict[Path, int] = {}
    for number, group in enumerate(groups):
        joined[number] = set(group)
        for path in {pictures[index].path for index in group}:
            touched = group_of.get(path, number)
            if touched != number and touched in joined:
                merged = joined.pop(touched)
                joined[number] |= merged
                group_of |= {pictures[index].path: number for index in merged}
            group_of[path] = number
    return sorted(sorted(group) for group in joined.values())


def choose_held_out(
    dataset: Dataset, groups: Sequence[Sequence[int]], digest: Callable[[int], str], *, count: int, seed: int
) -> list[int]:
    """About `count` pictures of a dataset, by index, in whole groups.

    Groups (of indexes) are tried in the order of a hash of (seed, the smallest digest of their pictures): names don't
    matter, and a picture more or less changes little. One that is too large, or all of a concept, is passed over. If
    none is small enough, the smallest one will do. Raises `UserError` if nothing can be held out.
    """

    def place(group: Sequence[int]) -> str:
        return hashlib.sha256(f"{seed} {min(map(digest, group))}".encode()).hexdigest()

    def concepts(group: Sequence[int]) -> Counter[int]:
        return Counter(dataset.pictures[index].concept for index in group)

    left = concepts([index for group in groups for index in group])

    def leaves_some(group: Sequence[int]) -> bool:
        return all(left[concept] > number for concept, number in concepts(group).items())

    most = int(left.total() * LARGEST_SHARE)
    taken: list[int] = []
    ordered = sorted(groups, key=place)
    for group in ordered:
        if len(taken) + len(group) <= min(count, most) and leaves_some(group):
            taken += group
            left -= concepts(group)
    if not taken:
        possible = [group for group in ordered if len(group) <= most and leaves_some(group)]
        if not possible:
            raise UserError(
                "validation: no picture can be held out, because every concept needs pictures to learn from and "
                "near-duplicates stay together: add pictures, or leave the table [validation] out.",
                "validation：无法留出图片，因为每个概念都需要训练图片，且近似重复的图片不能分开："
                "请增加图片，或删去 [validation]。",
            )
        taken = list(min(possible, key=len))
    return sorted(taken)
