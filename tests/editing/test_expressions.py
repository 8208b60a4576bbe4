"""Expressions over tags: what they mean, held against Python's own, and mistakes that are shown at their place."""

import random
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from danlu.editing.expressions import And, Has, Not, Or, parse_expression
from danlu.editing.lines import Sentence, tags_of
from danlu.kit.errors import UserError

NAMES = ["smile", "long hair", "black", "1girl", "or", "saber (fate)", "^_^", "girl's"]


def python_of(tree: object) -> str:
    """The same expression in Python, over a set `tags`."""
    match tree:
        case Has(name):
            return f"({name!r} in tags)"
        case Not(part):
            return f"(not {python_of(part)})"
        case And(parts):
            return "(" + " and ".join(map(python_of, parts)) + ")"
        case Or(parts):
            return "(" + " or ".join(map(python_of, parts)) + ")"
    raise TypeError(tree)


def written(tree: object, rng: random.Random, within: str = "OR") -> str:
    """The expression as text, with as many brackets as are needed and some that aren't, in any case and quotes."""

    def word(name: str) -> str:
        return rng.choice([name.upper(), name.lower(), name.title()])

    match tree:
        case Has(name):
            needs_quotes = name == "or" or "(" in name
            text = f'"{name}"' if needs_quotes or rng.random() < 0.3 else word(name)
        case Not(part):
            text = f"{word('NOT')} {written(part, rng, 'NOT')}"
        case And(parts) | Or(parts):
            sign = "AND" if isinstance(tree, And) else "OR"
            text = f" {word(sign)} ".join(written(part, rng, sign) for part in parts)
            order = ["OR", "AND", "NOT"]
            if order.index(sign) < order.index(within):
                text = f"({text})"
        case _:
            raise TypeError(tree)
    return f"( {text})" if rng.random() < 0.2 else text


trees = st.recursive(
    st.sampled_from(NAMES).map(Has),
    lambda inner: (
        inner.map(Not)
        | st.lists(inner, min_size=2, max_size=3).map(lambda parts: And(tuple(parts)))
        | st.lists(inner, min_size=2, max_size=3).map(lambda parts: Or(tuple(parts)))
    ),
    max_leaves=8,
)


@given(trees, st.sets(st.sampled_from(NAMES)), st.randoms(use_true_random=False))
def test_it_means_what_python_means(tree: object, tags: set[str], rng: random.Random) -> None:
    text = written(tree, rng)
    expected = eval(python_of(tree), {"tags": tags})
    assert parse_expression(text).holds(tags) == expected, text


def test_what_binds_tighter() -> None:
    assert parse_expression("a OR b AND NOT c or d") == Or((Has("a"), And((Has("b"), Not(Has("c")))), Has("d")))


@pytest.mark.parametrize(
    ("pattern", "tag", "fits"),
    [
        ("*hair", "long hair", True),
        ("*hair", "hair ribbon", False),
        ("*hair*", "hair ribbon", True),
        ("LONG_hair", "Long  hair", True),
        ("hair", "long hair", False),
        (r"\*_\*", "*_*", True),
        (r"\*_\*", "^_^", False),
        ("a.c", "abc", False),
        ("*", "anything", True),
        ("red hair", Sentence("A girl with Red hair."), True),
        ("red ha", Sentence("A girl with red hair."), False),
        ("smil*", Sentence("A girl is smiling at us."), True),
        ("女孩", Sentence("一个红头发的女孩。"), True),
        ("*", Sentence("A girl with red hair."), True),
    ],
)
def test_which_tags_a_name_means(pattern: str, tag: str, fits: bool) -> None:
    assert Has(pattern).holds([tag]) == fits


def test_not_anything_means_no_caption() -> None:
    assert [parse_expression("NOT *").holds(tags_of(caption)) for caption in (None, "", "a")] == [True, True, False]


@pytest.mark.parametrize(
    ("text", "place", "why"),
    [
        ("", 1, "a tag is missing here: ▶"),
        ("smile AND", 10, "a tag is missing here: smile AND▶"),
        ("smile AND AND x", 11, "a tag is missing here: smile AND ▶AND x"),
        ("OR smile", 1, "a tag is missing here: ▶OR smile"),
        ("(smile OR x", 1, "this bracket is never closed: ▶(smile OR x"),
        ("smile) OR x", 6, "this bracket was never opened: smile▶) OR x"),
        ("a AND ()", 8, "a tag is missing here: a AND (▶)"),
        ("saber (fate)", 7, "AND or OR is missing before this (a tag that has brackets needs quotes): saber ▶(fate)"),
        ('a OR "b', 6, 'this quote is never closed: a OR ▶"b'),
        ('"a" b', 5, 'AND or OR is missing before this (a tag that has brackets needs quotes): "a" ▶b'),
        ("smile NOT x", 7, "AND or OR is missing before this (a tag that has brackets needs quotes): smile ▶NOT x"),
        ('(a "b")', 4, 'AND or OR is missing before this (a tag that has brackets needs quotes): (a ▶"b")'),
        ("a, b", 2, "a comma has no meaning here, write AND or OR instead: a▶, b"),
    ],
)
def test_a_mistake_is_shown_at_its_place(text: str, place: int, why: str) -> None:
    with pytest.raises(UserError) as told:
        parse_expression(text)
    assert f"character {place}" in told.value.text.en and told.value.text.en.endswith(why)
    assert f"第 {place} 个字符" in told.value.text.zh


@given(st.text(st.sampled_from("ab()\"'\\ ANDORT*,"), max_size=14))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(UserError):
        parse_expression(text).holds(["a"])
