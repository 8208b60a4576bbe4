"""The embedded world's words: every option has known tags, captions are true, ordered and short enough."""

import json
import random
from pathlib import Path

import pytest
from embedded.pictures import plan_pictures
from embedded.portraits import draw_framing, draw_identity, draw_portrait, is_reserved
from embedded.samples import BENCH, DEV, draw_character, truth_of
from embedded.vocabulary import ALWAYS, colours, group_of, groups, in_caption_order, styles, tags
from hypothesis import given
from hypothesis import strategies as st

TOKENIZER = Path("src/danlu/data/danlu-mini/tokenizer")
CLIP_LIMIT = 75


def test_every_tag_has_exactly_one_group() -> None:
    every = [tag for members in groups().values() for tag in members]
    assert len(every) == len(set(every)) == len(tags())


def test_every_row_names_known_tags() -> None:
    for style in styles().values():
        for part, rows in style.parts.items():
            for row in rows:
                assert all(tag in tags() for tag in row.tags), (style.name, part, row)


@pytest.mark.parametrize("what", ["hair", "clothes", "background", "skin"])
def test_colours_have_tags(what: str) -> None:
    group = {"hair": "hair colour", "clothes": "clothes colour", "background": "background", "skin": "skin"}[what]
    assert {f"{colour} {what}" for colour in colours(what)} == set(groups()[group])


@pytest.mark.parametrize("what", ["hair", "clothes", "background"])
def test_colours_can_be_told_apart(what: str) -> None:
    found = [tuple(bytes.fromhex(value)) for value in colours(what).values()]
    for place, one in enumerate(found):
        for other in found[:place]:
            assert sum((a - b) ** 2 for a, b in zip(one, other, strict=True)) ** 0.5 > 50


@given(st.integers(0, 10**9), st.sampled_from(sorted(styles())))
def test_portraits_are_consistent(seed: int, style: str) -> None:
    rng = random.Random(seed)
    identity = draw_identity(rng, styles()[style])
    portrait = draw_portrait(rng, identity, draw_framing(rng, 128, 128))
    assert set(ALWAYS) <= set(portrait.tags)
    assert portrait.tags == in_caption_order(set(portrait.tags))
    for group in ("background", "skin", "hair colour", "clothes colour", "style"):
        assert sum(group_of(tag) == group for tag in portrait.tags) <= 1
    assert not {"sunglasses", "eyepatch"} & set(portrait.tags) or not {"closed eyes", "wink"} & set(portrait.tags)
    assert set(identity.rows["hair"].tags) <= set(portrait.tags)


def test_drawing_is_a_function_of_the_seed() -> None:
    first, second = plan_pictures("heldout", "tall"), plan_pictures("heldout", "tall")
    assert first == second


@pytest.mark.parametrize(("name", "style"), [*BENCH.items(), *DEV.items()])
def test_bench_characters_are_new_to_the_base(name: str, style: str) -> None:
    kind = "bench" if name in BENCH else "dev"
    portraits = draw_character(f"danlu {kind} {name}", style)
    assert len(portraits) == 12
    truth = truth_of(portraits)
    assert len(truth["constant"]) >= 6  # pyright: ignore[reportArgumentType]
    assert sum(group_of(tag) == "background" for tag in truth["varied"]) >= 5  # pyright: ignore[reportGeneralTypeIssues]


def test_a_tenth_of_the_combinations_is_reserved() -> None:
    rng = random.Random(0)
    hits = sum(is_reserved(draw_identity(rng, styles()["toon-head"])) for _ in range(2000))
    assert 100 < hits < 320


def test_captions_fit_clip() -> None:
    from transformers import CLIPTokenizer

    tokenizer = CLIPTokenizer.from_pretrained(TOKENIZER)
    portraits = plan_pictures("heldout", "square")
    lengths = [len(tokenizer(", ".join(portrait.tags)).input_ids) - 2 for portrait in portraits]
    assert max(lengths) <= CLIP_LIMIT


@pytest.mark.parametrize(
    "truth",
    [Path("embedded/truth/character.json"), *(Path("bench/characters") / name / "truth.json" for name in BENCH)],
)
def test_truth_names_vocabulary(truth: Path) -> None:
    known = json.loads(truth.read_text(encoding="utf-8"))
    for found in known["pictures"].values():
        assert all(group_of(tag) for tag in found)
        assert set(known["constant"]) <= set(found)
