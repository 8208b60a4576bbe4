"""What an adapter was taught, in words: trigger, traits, and the tags that varied over the training pictures.

Comes from a dataset's captions and manifest, travels in the adapter's metadata as JSON, so that a bare file can be
judged too.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from danlu.datasets.captions import split_tags
from danlu.datasets.pictures import Dataset
from danlu.editing.traits import CONSTANT_SHARE, is_framing

METADATA_KEY = "danlu_concepts"
TRIGGER = "modelspec.trigger_phrase"


class TaughtConcept(BaseModel):
    """One concept as evaluation sees it."""

    model_config = ConfigDict(frozen=True)

    name: str
    trigger: str
    traits: tuple[str, ...] = ()
    """Constant tags that the trigger stands for."""
    varied: dict[str, int] = {}
    """The other tags of the captions, and in how many captions each stands."""
    pictures: int = 0

    @property
    def framing(self) -> tuple[str, ...]:
        """Framing tags that (nearly) all captions have; every prompt of an evaluation gets them."""
        return tuple(tag for tag in self.constant if is_framing(tag))

    @property
    def constant(self) -> tuple[str, ...]:
        """Tags that (nearly) all captions have."""
        most = self.pictures or max(self.varied.values(), default=0)
        return tuple(tag for tag, count in self.varied.items() if count >= CONSTANT_SHARE * most)


_CONCEPTS = TypeAdapter(list[dict[str, Any]])


def describe_concepts(dataset: Dataset) -> tuple[TaughtConcept, ...]:
    """The concepts of a dataset that have a trigger word: the manifest's, or the tag that begins every caption.
    Its captions are taken as one would write them as prompts (see `pipeline.wording`).
    """
    found: list[TaughtConcept] = []
    for index, concept in enumerate(dataset.concepts):
        pictures = [dataset.pictures[number] for number in dataset.of_concept(index)]
        captions = [split_tags(picture.caption or "") for picture in pictures]
        trigger = concept.trigger or _common_head(captions)
        if concept.regularization or not trigger:
            continue
        counts = Counter(tag for tags in captions for tag in dict.fromkeys(tags) if tag != trigger)
        found.append(
            TaughtConcept(
                name=concept.name, trigger=trigger, traits=concept.traits, varied=dict(counts), pictures=len(pictures)
            )
        )
    return tuple(found)


def write_concepts(concepts: Sequence[TaughtConcept]) -> str:
    """The value of the metadata key `danlu_concepts`."""
    return json.dumps([concept.model_dump() for concept in concepts], ensure_ascii=False)


def read_concepts(metadata: Mapping[str, str]) -> tuple[TaughtConcept, ...]:
    """The concepts with a trigger word in an adapter file's metadata; none if another tool made the file."""
    try:
        written = _CONCEPTS.validate_json(metadata.get(METADATA_KEY, "[]"))
        return tuple(TaughtConcept.model_validate(facts) for facts in written if facts.get("trigger"))
    except ValidationError:
        return ()


def _common_head(captions: Sequence[Sequence[str]]) -> str | None:
    heads = {tags[0] if tags else "" for tags in captions}
    return heads.pop() or None if len(heads) == 1 else None


def trigger_words(metadata: Mapping[str, str]) -> list[str]:
    """The words that call what an adapter was taught, as far as its metadata tell."""
    words = [concept.trigger for concept in read_concepts(metadata)]
    words += [word.strip() for word in metadata.get(TRIGGER, "").split(",")]
    return list(dict.fromkeys(word for word in words if word and word != "None"))
