"""The tags of a dataset, counted."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from danlu.datasets.pictures import Dataset, Picture
from danlu.editing.expressions import Expression
from danlu.editing.lines import Sentence, tags_of
from danlu.editing.patterns import key_of


@dataclass(frozen=True)
class TagCount:
    """How often one tag is there."""

    tag: str
    """In its most frequent spelling."""
    pictures: int
    shares: Mapping[str, float]
    """In which part of each concept's pictures, by the concept's name; 0 to 1."""


@dataclass(frozen=True)
class TagTable:
    """The tags of some pictures."""

    tags: tuple[TagCount, ...]
    """The most frequent first, ties by name."""
    pictures: int
    without_caption: int
    with_sentences: int
    """Pictures whose captions hold sentences, which aren't counted as tags."""


def count_tags(dataset: Dataset, pictures: Sequence[Picture], find: Expression | None = None) -> TagTable:
    """Count the tags of pictures, or those tags of which `find` is true; spellings of one tag are counted together."""
    spellings: dict[str, Counter[str]] = {}
    per_concept: dict[str, Counter[str]] = {}
    sizes = Counter(dataset.concepts[picture.concept].name for picture in pictures)
    sentences = 0
    for picture in pictures:
        there = tags_of(picture.caption)
        sentences += any(isinstance(tag, Sentence) for tag in there)
        kept = [tag for tag in there if not isinstance(tag, Sentence) and (find is None or find.holds([tag]))]
        for tag in kept:
            spellings.setdefault(key_of(tag), Counter())[tag] += 1
        for key in {key_of(tag) for tag in kept}:
            per_concept.setdefault(key, Counter())[dataset.concepts[picture.concept].name] += 1
    counted = [
        TagCount(
            spellings[key].most_common(1)[0][0],
            found.total(),
            {concept: found[concept] / size for concept, size in sorted(sizes.items())},
        )
        for key, found in per_concept.items()
    ]
    return TagTable(
        tuple(sorted(counted, key=lambda one: (-one.pictures, key_of(one.tag)))),
        len(pictures),
        sum(not picture.caption for picture in pictures),
        sentences,
    )
