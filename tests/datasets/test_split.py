"""The validation split: whole groups, something left of every concept, the same for the same content."""

import hashlib
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from danlu.datasets.pictures import Concept, Dataset, Picture, Size
from danlu.datasets.split import choose_held_out
from danlu.kit.errors import UserError


def dataset_of(concepts: list[int]) -> Dataset:
    """Pictures by the number of their concept."""
    pictures = tuple(
        Picture(Path(f"{i}.png"), f"{i}.png", concept, Size(8, 8), 1, None, None) for i, concept in enumerate(concepts)
    )
    names = tuple(Concept(str(i), 1, None, False, ()) for i in range(max(concepts) + 1))
    return Dataset(Path(), names, pictures, ())


def digest(index: int) -> str:
    return hashlib.sha256(str(index).encode()).hexdigest()


MEMBERS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 9)), min_size=1, max_size=30)
"""The concept and the group of each picture."""


@given(MEMBERS, st.integers(1, 20), st.integers(0, 99))
def test_a_split_keeps_its_promises(members: list[tuple[int, int]], count: int, seed: int) -> None:
    concepts = [concept for concept, _ in members]
    groups: dict[int, list[int]] = {}
    for index, (_, group) in enumerate(members):
        groups.setdefault(group, []).append(index)
    dataset, listed = dataset_of(concepts), list(groups.values())
    try:
        chosen = choose_held_out(dataset, listed, digest, count=count, seed=seed)
    except UserError:
        # Truly nothing fits: each group is all of a concept, or more than half.
        for group in listed:
            rest = set(range(len(members))) - set(group)
            assert {concepts[i] for i in rest} != set(concepts) or len(group) > len(members) // 2
        return
    assert chosen == sorted(set(chosen)) and chosen
    assert all(set(group) <= set(chosen) or not set(group) & set(chosen) for group in listed)
    assert {concepts[i] for i in range(len(members)) if i not in chosen} == set(concepts)
    assert len(chosen) <= len(members) // 2
    assert len(chosen) <= count or len(chosen) == min(
        len(g) for g in listed if set(concepts) == {concepts[i] for i in range(len(members)) if i not in g}
    )
    assert chosen == choose_held_out(dataset, listed[::-1], digest, count=count, seed=seed)


@given(st.integers(4, 40), st.integers(1, 10), st.integers(0, 9))
def test_single_pictures_are_held_out_in_the_wanted_number(pictures: int, count: int, seed: int) -> None:
    assume(count <= pictures // 2)
    groups = [[index] for index in range(pictures)]
    chosen = choose_held_out(dataset_of([0] * pictures), groups, digest, count=count, seed=seed)
    assert len(chosen) == count
    more = choose_held_out(dataset_of([0] * (pictures + 1)), [*groups, [pictures]], digest, count=count, seed=seed)
    assert len(set(chosen) - set(more)) <= 1  # a picture more takes the place of one at most


def test_another_seed_is_another_split() -> None:
    groups = [[index] for index in range(30)]
    splits = {tuple(choose_held_out(dataset_of([0] * 30), groups, digest, count=3, seed=seed)) for seed in range(5)}
    assert len(splits) == 5


def test_nothing_to_hold_out_is_told() -> None:
    for concepts, groups in (([0], [[0]]), ([0, 0, 0], [[0, 1, 2]]), ([0, 1], [[0], [1]])):
        with pytest.raises(UserError, match="no picture can be held out") as caught:
            choose_held_out(dataset_of(concepts), groups, digest, count=1, seed=1)
        assert "无法留出图片" in caught.value.text.zh
