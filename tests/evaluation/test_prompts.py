"""Prompts of an evaluation: what they may ask for, and that they are fixed by concept and settings."""

import json
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from danlu.datasets.pictures import Size
from danlu.evaluation.concepts import METADATA_KEY, TaughtConcept, read_concepts, write_concepts
from danlu.evaluation.prompts import are_rivals, plan_prompts, varied_vocabulary
from danlu.evaluation.report import EvaluationSettings

GROUPS = {"mood": ("smile", "sad", "grin"), "hair": ("red hair", "black hair"), "count": ("solo",)}
CONCEPT = TaughtConcept(
    name="mia",
    trigger="ohwx girl",
    traits=("red hair", "red hat"),
    varied={
        "solo": 10,
        "smile": 5,
        "sad": 3,
        "grin": 2,
        "black hair": 1,
        "blue hat": 1,
        "unseen": 4,
        "red background": 4,
        "blue background": 4,
        "wink": 3,
        "t-shirt": 9,
    },
    pictures=10,
)
KNOWN = {"solo", "smile", "sad", "grin", "black hair", "blue hat", "wink", "red background", "blue background"}
SETTINGS = EvaluationSettings(seeds=40, steps=7, cfg=3.5)


def test_what_may_be_asked() -> None:
    vocabulary = varied_vocabulary(CONCEPT, KNOWN | {"t-shirt", "red hair"}, GROUPS)
    assert vocabulary == {"smile": 5, "sad": 3, "grin": 2, "red background": 4, "blue background": 4, "wink": 3}
    assert CONCEPT.framing == ("solo",)  # t-shirt is constant too, but no framing


def test_rivals_by_group_else_by_last_word() -> None:
    assert are_rivals("smile", "sad", GROUPS)
    assert not are_rivals("smile", "red hair", GROUPS)
    assert are_rivals("red background", "blue background", GROUPS)
    assert not are_rivals("red background", "wink", {})
    assert are_rivals("red hair", "long hair", {})


def test_the_sets_belong_together() -> None:
    sets = plan_prompts(CONCEPT, KNOWN, GROUPS, settings=SETTINGS, size=Size(128, 128))
    recall, control, leak = (sets.prompts[name] for name in ("recall", "control", "leak"))
    assert {prompt.text for prompt in recall} == {"ohwx girl, solo"}
    for seed, (asked, with_trigger, without) in enumerate(zip(sets.asked, control, leak, strict=True), 1000):
        assert len(asked) in (2, 3)
        assert not any(are_rivals(*pair, GROUPS) for pair in combinations(asked, 2))
        assert with_trigger.text == ", ".join(["ohwx girl", "solo", *asked])
        assert without.text == ", ".join(["solo", *asked])
        assert with_trigger.seed == without.seed == seed
        assert (with_trigger.steps, with_trigger.cfg, with_trigger.size) == (7, 3.5, (128, 128))
    assert len(set(sets.asked)) > 10


def test_fewer_seeds_are_the_first_of_more() -> None:
    size = Size(128, 128)
    few = plan_prompts(CONCEPT, KNOWN, GROUPS, settings=SETTINGS.model_copy(update={"seeds": 8}), size=size)
    more = plan_prompts(CONCEPT, KNOWN, GROUPS, settings=SETTINGS, size=size)
    assert all(few.prompts[name] == more.prompts[name][:8] for name in few.prompts)


@given(st.dictionaries(st.sampled_from(sorted(KNOWN)), st.integers(1, 5)))
def test_any_captions_give_prompts(varied: dict[str, int]) -> None:
    concept = CONCEPT.model_copy(update={"varied": varied})
    sets = plan_prompts(concept, KNOWN, GROUPS, settings=SETTINGS, size=Size(128, 128))
    for asked in sets.asked:
        assert len(asked) == len(set(asked)) <= 3
        assert not any(are_rivals(*pair, GROUPS) for pair in combinations(asked, 2))


def test_concepts_travel_in_metadata() -> None:
    assert read_concepts({METADATA_KEY: write_concepts([CONCEPT])}) == (CONCEPT,)
    assert read_concepts({}) == ()
    assert read_concepts({METADATA_KEY: "{broken"}) == ()
    assert read_concepts({METADATA_KEY: json.dumps([{"name": "a", "trigger": None, "varied": {}}])}) == ()
