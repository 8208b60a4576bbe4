"""Tag a dataset: scores become captions, with the trigger word first and the concept's lasting traits left out.

A tag that is true of (nearly) every picture of a concept is a trait of it. Written into the captions, the trait would
stay bound to its own tag; left out, it binds to the trigger word. The traits are recorded in the manifest.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict

from danlu.datasets.captions import join_tags, split_tags, write_caption
from danlu.datasets.manifest import ConceptFacts, update_manifest
from danlu.datasets.pictures import Concept, Dataset, Picture
from danlu.datasets.scan import scan_dataset
from danlu.editing.traits import constant_tags
from danlu.editing.trigger import require_trigger_word
from danlu.kit.errors import UserError
from danlu.tagging.base import Tagger
from danlu.tagging.scores import OnPicture, score_pictures

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DEFAULT_THRESHOLD = 0.35

Existing = Literal["replace", "append", "keep"]
"""What happens to captions that are there: written anew, new tags put after theirs, or left alone."""


class TaggedConcept(BaseModel):
    """What tagging found out about one concept."""

    model_config = ConfigDict(frozen=True)

    name: str
    trigger: str | None
    traits: tuple[str, ...]
    pictures: int


class TagReport(BaseModel):
    """What `tag_dataset` did."""

    model_config = ConfigDict(frozen=True)

    concepts: tuple[TaggedConcept, ...]
    captions: dict[str, str]
    """Captions by picture name, as they are now in the files that were written."""
    kept: int
    """Pictures whose captions were left alone."""
    computed: int
    """Pictures that the tagger had to be run on; the others' scores were stored."""
    problems: dict[str, str]
    """Pictures that can't be read, and why."""


@dataclass(frozen=True)
class TagOptions:
    """How scores become captions."""

    trigger: str | None = None
    """Put first in every caption; None keeps what the manifest says."""
    threshold: float = DEFAULT_THRESHOLD
    """Tags with at least this score are true."""
    absorb: bool = True
    """Leave the traits of a concept that has a trigger word out of its captions."""
    existing: Existing = "replace"
    exclude: Collection[str] = ()
    """Tags that are never written."""


def tag_dataset(
    root: Path, tagger: Tagger, options: TagOptions | None = None, *, on_picture: OnPicture | None = None
) -> TagReport:
    """Write a caption beside every picture of a dataset, and triggers and traits into its manifest.

    Regularization pictures get captions without trigger. Raises `UserError` for a missing dataset, a trigger word that
    can't be one, or a threshold that isn't between 0 and 1; a picture that can't be read is reported and left out.
    """
    options = options or TagOptions()
    dataset = scan_dataset(root)
    _check(options, dataset)
    scored = score_pictures(tagger, dataset.pictures, on_picture)
    readable = [picture for picture in dataset.pictures if picture.name in scored.scores]
    tags = {picture.name: true_tags(tagger, scored.scores[picture.name], options.threshold) for picture in readable}
    concepts: list[TaggedConcept] = []
    captions: dict[str, str] = {}
    for index, concept in enumerate(dataset.concepts):
        pictures = [picture for picture in readable if picture.concept == index]
        about = _describe(concept, [tags[picture.name] for picture in pictures], options)
        concepts.append(about)
        for picture in pictures:
            if options.existing == "keep" and picture.caption is not None:
                continue
            captions[picture.name] = _compose(about, tags[picture.name], picture, options)
            write_caption(picture.own_caption, captions[picture.name])
    _record(root, dataset, concepts)
    return TagReport(
        concepts=tuple(concepts),
        captions=captions,
        kept=len(readable) - len(captions),
        computed=scored.computed,
        problems={problem.name: str(problem.text) for problem in (*dataset.problems, *scored.problems)},
    )


def true_tags(tagger: Tagger, scores: "NDArray[np.float32]", threshold: float) -> list[str]:
    """Tags of one picture (scores of shape (tags,)) that reach the threshold, without ratings, in caption order.

    Caption order is that of the tagger's groups; without groups, the surest tags come first.
    """
    found = [
        (tag.name, float(score))
        for tag, score in zip(tagger.tags, scores, strict=True)
        if score >= threshold and tag.category != "rating"
    ]
    places = _places(tagger.groups)
    found.sort(key=lambda tag: (places.get(tag[0], len(places)), -tag[1]))
    return [name for name, _ in found]


def _places(groups: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """Each grouped tag's place in captions."""
    return {tag: place for place, tags in enumerate(groups.values()) for tag in tags}


def _check(options: TagOptions, dataset: Dataset) -> None:
    if not 0 < options.threshold < 1:
        raise UserError(
            f"The threshold must lie between 0 and 1, not at {options.threshold:g}; 0.35 is usual.",
            f"阈值必须在 0 和 1 之间，而不是 {options.threshold:g}；常用 0.35。",
        )
    trigger = options.trigger
    if trigger is None:
        return
    require_trigger_word(trigger)
    trained = [concept.name for concept in dataset.concepts if not concept.regularization]
    if len(trained) > 1:
        raise UserError(
            f"The dataset has {len(trained)} concepts ({', '.join(trained)}), which need a trigger word each: write "
            f'them into danlu.toml as [concepts.{trained[0]}] trigger = "{trigger}", and tag without a trigger here.',
            f"数据集有 {len(trained)} 个概念（{'、'.join(trained)}），各需要自己的触发词：请写入 danlu.toml，"
            f'如 [concepts.{trained[0]}] trigger = "{trigger}"，然后不带触发词参数打标。',
        )


def _describe(concept: Concept, tagged: Sequence[Collection[str]], options: TagOptions) -> TaggedConcept:
    trigger = None if concept.regularization else options.trigger or concept.trigger
    traits = tuple(tag for tag in constant_tags(tagged) if tag != trigger) if trigger and options.absorb else ()
    return TaggedConcept(name=concept.name, trigger=trigger, traits=traits, pictures=len(tagged))


def _compose(concept: TaggedConcept, tags: Sequence[str], picture: Picture, options: TagOptions) -> str:
    written = split_tags(picture.caption or "") if options.existing == "append" else []
    left_out = {*concept.traits, *options.exclude}
    head = [concept.trigger] if concept.trigger else []
    kept = [tag for tag in (*written, *tags) if tag not in left_out]
    return join_tags(list(dict.fromkeys([*head, *kept])))


def _record(root: Path, dataset: Dataset, concepts: Sequence[TaggedConcept]) -> None:
    facts = {
        tagged.name: ConceptFacts(trigger=tagged.trigger, traits=tagged.traits or None)
        for concept, tagged in zip(dataset.concepts, concepts, strict=True)
        if tagged.trigger and not concept.regularization
    }
    if facts:
        update_manifest(root, concepts=facts)
