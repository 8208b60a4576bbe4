"""The prompts of an evaluation: a pure function of what was taught and the settings, so that anyone can draw them.

| set     | prompt                                   | asks                                    |
|---------|------------------------------------------|-----------------------------------------|
| recall  | trigger, framing                         | do the traits come with the trigger?    |
| control | trigger, framing, two or three varied tags | does the prompt still decide the rest? |
| leak    | the control prompt without the trigger   | do the traits come uncalled?            |
"""

import random
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from danlu.datasets.pictures import Size
from danlu.encoders.emphasis import escape_emphasis
from danlu.evaluation.concepts import TaughtConcept
from danlu.evaluation.report import EvaluationSettings
from danlu.generation.prompts import Prompt, seed_after

SetName = Literal["recall", "control", "leak"]
SET_NAMES: tuple[SetName, ...] = ("recall", "control", "leak")
FEWEST_ASKED, MOST_ASKED = 2, 3

Groups = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class PromptSets:
    """As many prompts of each set as there are seeds."""

    prompts: dict[SetName, tuple[Prompt, ...]]
    asked: tuple[tuple[str, ...], ...]
    """The varied tags that each control prompt asks for."""


def plan_prompts(
    concept: TaughtConcept, known: Collection[str], groups: Groups, *, settings: EvaluationSettings, size: Size
) -> PromptSets:
    """All prompts of an evaluation. `known` are the tags that the tagger can see: nothing else can be measured."""
    vocabulary = varied_vocabulary(concept, known, groups)
    seeds = [seed_after(settings.first_seed, number) for number in range(settings.seeds)]
    asked = tuple(_draw_tags(vocabulary, groups, random.Random(f"{concept.trigger} {seed}")) for seed in seeds)
    texts: dict[SetName, list[tuple[str, ...]]] = {
        "recall": [(concept.trigger, *concept.framing)] * settings.seeds,
        "control": [(concept.trigger, *concept.framing, *tags) for tags in asked],
        "leak": [(*concept.framing, *tags) for tags in asked],
    }
    prompts: dict[SetName, tuple[Prompt, ...]] = {
        name: tuple(_prompt(tags, seed, settings, size) for tags, seed in zip(rows, seeds, strict=True))
        for name, rows in texts.items()
    }
    return PromptSets(prompts, asked)


def varied_vocabulary(concept: TaughtConcept, known: Collection[str], groups: Groups) -> dict[str, int]:
    """The tags that may be asked for, with their counts: seen in captions but not in all of them, and no rival of a
    trait (asking a red-haired character for black hair measures something else).
    """
    fixed = {*concept.constant, *concept.traits, concept.trigger}
    return {
        tag: count
        for tag, count in concept.varied.items()
        if tag in known and tag not in fixed and not any(are_rivals(tag, trait, groups) for trait in concept.traits)
    }


def are_rivals(tag: str, other: str, groups: Groups) -> bool:
    """Whether two tags describe the same thing, so that one picture can hardly show both.

    Told by the tagger's groups; tags without a group by their last word ("red background", "blue background").
    """
    here = [name for name, tags in groups.items() if tag in tags]
    there = [name for name, tags in groups.items() if other in tags]
    if here and there:
        return bool(set(here) & set(there))
    return tag.rpartition(" ")[2] == other.rpartition(" ")[2]


def _draw_tags(vocabulary: Mapping[str, int], groups: Groups, rng: random.Random) -> tuple[str, ...]:
    """Two or three tags, drawn by their frequency in the captions, no two of them rivals; in the captions' order."""
    wanted = rng.randint(FEWEST_ASKED, MOST_ASKED)
    left, drawn = dict(vocabulary), set[str]()
    while left and len(drawn) < wanted:
        (tag,) = rng.choices(list(left), weights=list(left.values()))
        drawn.add(tag)
        left = {other: count for other, count in left.items() if other != tag and not are_rivals(tag, other, groups)}
    places = {tag: place for place, tag in enumerate(tag for tags in groups.values() for tag in tags)}
    return tuple(sorted(drawn, key=lambda tag: (places.get(tag, len(places)), tag)))


def _prompt(tags: Sequence[str], seed: int, settings: EvaluationSettings, size: Size) -> Prompt:
    return Prompt(
        escape_emphasis(", ".join(tags)),
        negative=settings.negative,
        seed=seed,
        size=size,
        steps=settings.steps,
        cfg=settings.cfg,
        sampler=settings.sampler,
        clip_skip=settings.clip_skip,
        max_tokens=settings.max_tokens,
    )
