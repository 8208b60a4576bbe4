"""Repeats: how often an epoch shows the pictures, and which share of it each concept gets.

Balancing looks for whole repeats that bring the concepts' images an epoch to equal shares, or to those asked for, with
an epoch hardly longer than that of the concept that has most now.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from danlu.composition.named import (
    changed_concepts,
    changed_pictures,
    concept_named,
    learnt_concepts,
    pictures_named,
)
from danlu.datasets.history import Contents
from danlu.datasets.manifest import ConceptFacts, Manifest, PictureFacts, read_manifest
from danlu.datasets.pictures import Dataset, Picture
from danlu.kit.errors import UserError

CLOSE_ENOUGH = 0.03
"""No longer epoch is looked for when every concept is as near as this to its share, relatively."""
LONGEST = 3
"""How many times as long an epoch may become for the sake of exact shares."""
MOST_REPEATS = 999
"""What a folder's name of kohya can say."""


@dataclass(frozen=True)
class ConceptShare:
    """What an epoch shows of one concept."""

    name: str
    pictures: int
    """With views."""
    repeats: int
    """The concept's own; single pictures may have others."""
    images: int
    """Σ pictures × repeats."""
    share: float
    """Of the images that teach, 0 to 1."""


def concept_shares(dataset: Dataset) -> list[ConceptShare]:
    """The share of each concept that is learnt; regularization comes on top."""
    rows = [
        (concept, [one for one in dataset.pictures if dataset.concepts[one.concept] is concept])
        for concept in learnt_concepts(dataset)
    ]
    images = [sum(one.repeats for one in pictures) for _, pictures in rows]
    return [
        ConceptShare(concept.name, len(pictures), concept.repeats, count, count / max(1, sum(images)))
        for (concept, pictures), count in zip(rows, images, strict=True)
    ]


def set_repeats(
    dataset: Dataset, repeats: int | None, *, pictures: Sequence[str] = (), concept: str | None = None
) -> Contents:
    """What the manifest is to hold so that these pictures, this concept or else all that is learnt have these repeats;
    None takes away what it says of them. Raises `UserError` for an unknown name.
    """
    if pictures:
        names = [one.name for one in pictures_named(dataset, pictures)]
        return changed_pictures(dataset, {name: PictureFacts(repeats=repeats) for name in names})
    concepts = [concept_named(dataset, concept)] if concept else learnt_concepts(dataset)
    return changed_concepts(dataset, {one.name: ConceptFacts(repeats=repeats) for one in concepts})


def balance(dataset: Dataset, shares: Mapping[str, float]) -> dict[str, int]:
    """The repeats of each concept with which their images an epoch are as `shares` (1 where nothing is said).

    Pictures with repeats of their own keep them and count. Raises `UserError` for an unknown concept, and where there
    is but one.
    """
    concepts = learnt_concepts(dataset)
    if len(concepts) < 2:
        raise UserError(
            f"'{dataset.root}' has one concept only: there is nothing to balance. Concepts are folders named "
            "REPEATS_NAME.",
            f"“{dataset.root}”只有一个概念，无需平衡。概念是名为“重复次数_名称”的文件夹。",
        )
    for name in shares:
        concept_named(dataset, name)
    free, fixed = _free_and_fixed(dataset)
    wanted = {one.name: shares.get(one.name, 1.0) for one in concepts}
    now = {one.name: one.images for one in concept_shares(dataset)}
    first = max(now[name] / wanted[name] for name in now)
    best: dict[str, int] = {}
    least = math.inf
    # Images for a share of one: in steps fine enough that no concept's repeats are passed over.
    for step in range(101):
        unit = first * (1 + (LONGEST - 1) * step / 100)
        tried = {
            name: min(MOST_REPEATS, max(1, round((unit * wanted[name] - fixed[name]) / free[name])))
            if free[name]
            else 1
            for name in wanted
        }
        images = {name: (tried[name] * free[name] + fixed[name]) / wanted[name] for name in wanted}
        mean = sum(images.values()) / len(images)
        off = max(abs(one - mean) / mean for one in images.values())
        if off < least - 1e-9:
            best, least = tried, off
        if off <= CLOSE_ENOUGH:
            break
    return best


def repeated(dataset: Dataset, repeats: Mapping[str, int]) -> Dataset:
    """The dataset with other repeats of its concepts, where pictures don't have their own."""
    manifest = read_manifest(dataset.root)
    concepts = tuple(
        one if one.regularization else replace(one, repeats=repeats.get(one.name, one.repeats))
        for one in dataset.concepts
    )
    pictures = tuple(
        one if _own_repeats(manifest, one) else replace(one, repeats=concepts[one.concept].repeats)
        for one in dataset.pictures
    )
    return replace(dataset, concepts=concepts, pictures=pictures)


def _free_and_fixed(dataset: Dataset) -> tuple[dict[str, int], dict[str, int]]:
    """For each concept, how many pictures follow its repeats, and how many images the others make."""
    manifest = read_manifest(dataset.root)
    free = {one.name: 0 for one in learnt_concepts(dataset)}
    fixed = dict(free)
    for one in dataset.pictures:
        concept = dataset.concepts[one.concept]
        if concept.regularization:
            continue
        if own := _own_repeats(manifest, one):
            fixed[concept.name] += own
        else:
            free[concept.name] += 1
    return free, fixed


def _own_repeats(manifest: Manifest, picture: Picture) -> int | None:
    """What the manifest says of this picture alone; a view without repeats follows its picture."""
    facts = manifest.about(picture.file_name)
    view = (facts.views or {}).get(picture.view or "")
    return (view.repeats if view else None) or facts.repeats
