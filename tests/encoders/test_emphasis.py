"""Emphasis is read as A1111 and sd-scripts read it, and whatever is escaped means itself."""

import itertools
import math
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from danlu.encoders.clip import emphasise
from danlu.encoders.emphasis import (
    Piece,
    escape_emphasis,
    parse_emphasis,
    plain_text,
    read_pieces,
    split_outside_brackets,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # The examples that A1111 documents its grammar with, and sd-scripts after it.
        ("normal text", [("normal text", 1.0)]),
        ("an (important) word", [("an ", 1.0), ("important", 1.1), (" word", 1.0)]),
        ("(unbalanced", [("unbalanced", 1.1)]),
        (r"\(literal\]", [("(literal]", 1.0)]),
        ("(unnecessary)(parens)", [("unnecessaryparens", 1.1)]),
        (
            "a (((house:1.3)) [on] a (hill:0.5), sun, (((sky))).",
            [
                ("a ", 1.0),
                ("house", 1.573),
                (" ", 1.1),
                ("on", 1.0),
                (" a ", 1.1),
                ("hill", 0.55),
                (", sun, ", 1.1),
                ("sky", 1.4641),
                (".", 1.1),
            ],
        ),
        # Corners that follow from the same rules.
        ("", [("", 1.0)]),
        ("()", [("", 1.0)]),
        ("[a]", [("a", 1 / 1.1)]),
        ("[[a]]", [("a", 1 / 1.21)]),
        ("([a])", [("a", 1.0)]),
        ("[unbalanced", [("unbalanced", 1 / 1.1)]),
        ("[a:0.5]", [("a:0.5", 1 / 1.1)]),
        ("a:1.5)", [("a:1.5)", 1.0)]),
        ("stray) and ]", [("stray) and ]", 1.0)]),
        ("(a:1.5", [("a:1.5", 1.1)]),
        ("(a: 1.5 )", [("a", 1.5)]),
        ("(a:-1)", [("a", -1.0)]),
        ("(a:+.5)(b:2.)", [("a", 0.5), ("b", 2.0)]),
        ("(a:b)", [("a:b", 1.1)]),
        ("(a:1.2.3)", [("a:1.2.3", 1.1)]),
        ("time 12:30", [("time 12:30", 1.0)]),
        (r"(artoria \(fate\):1.2)", [("artoria (fate)", 1.2)]),
        (r"back\\slash and a st\ray", [(r"back\slash and a stray", 1.0)]),
        ("（全角：1.2）", [("（全角：1.2）", 1.0)]),
    ],
)
def test_golden_cases(text: str, expected: list[tuple[str, float]]) -> None:
    found = parse_emphasis(text)
    assert [piece.text for piece in found] == [text for text, _ in expected]
    assert [piece.weight for piece in found] == pytest.approx([weight for _, weight in expected])
    assert plain_text(text) == "".join(text for text, _ in expected)


@given(st.text())
def test_what_is_escaped_means_itself(text: str) -> None:
    assert parse_emphasis(escape_emphasis(text)) == [Piece(text, 1.0)]
    assert read_pieces(text, "off") == [Piece(text, 1.0)]


@given(st.text("ab ()[]\\:.,1"))
def test_anything_can_be_read(text: str) -> None:
    pieces = parse_emphasis(text)
    assert all(one.weight != other.weight for one, other in itertools.pairwise(pieces))
    assert all(math.isfinite(piece.weight) for piece in pieces)


def nested(depth: int) -> Any:
    """Trees of emphasis as (text, pieces that it must be read as)."""
    word = st.sampled_from(["x", "y z", r"\(", "w:v"]).map(lambda text: (text, [(text.replace("\\", ""), 1.0)]))
    if depth == 0:
        return word
    inner = st.lists(nested(depth - 1), min_size=1, max_size=3).map(
        lambda parts: ("".join(text for text, _ in parts), [piece for _, pieces in parts for piece in pieces])
    )
    signs = st.sampled_from([("(", ")", 1.1), ("[", "]", 1 / 1.1), ("(", ":1.5)", 1.5), ("(", ":0.25)", 0.25)])
    return st.one_of(
        word,
        st.tuples(inner, signs).map(
            lambda both: (
                both[1][0] + both[0][0] + both[1][1],
                [(text, weight * both[1][2]) for text, weight in both[0][1]],
            )
        ),
    )


@given(st.lists(nested(3), min_size=1, max_size=3))
def test_nested_weights_multiply(parts: Any) -> None:
    found = parse_emphasis("".join(text for text, _ in parts))
    expected = [piece for _, pieces in parts for piece in pieces]
    letters = [(letter, weight) for text, weight in expected for letter in text]
    assert [letter for piece in found for letter in piece.text] == [letter for letter, _ in letters]
    weights = [piece.weight for piece in found for _ in piece.text]
    assert weights == pytest.approx([weight for _, weight in letters])


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a, (b, c:1.2), [d, e], f", ["a", " (b, c:1.2)", " [d, e]", " f"]),
        (r"a \(b, c\), d", [r"a \(b", r" c\)", " d"]),
        ("(a, b", ["(a, b"]),
        ("a), b", ["a)", " b"]),
        ("", [""]),
    ],
)
def test_parts_outside_brackets(text: str, parts: list[str]) -> None:
    assert split_outside_brackets(text, ",".__eq__) == parts


def test_scaled_and_balanced_states() -> None:
    torch.manual_seed(0)
    states = torch.randn(2, 4, 8) + 0.3
    weights = torch.tensor([[1.0, 1.5, 0.5, 1.0], [1.0, 1.0, 1.0, 1.0]])
    scaled = emphasise(states, weights, "scaled")
    assert torch.equal(scaled[0, 1], states[0, 1] * 1.5)
    balanced = emphasise(states, weights, "balanced")
    assert balanced.mean((1, 2)) == pytest.approx(states.mean((1, 2)))
    torch.testing.assert_close(balanced[0] / balanced[0, 0, 0], scaled[0] / scaled[0, 0, 0])
    for found in (scaled, balanced):
        assert torch.equal(found[1], states[1])  # unweighted rows of a batch keep every bit
    assert emphasise(states, None, "balanced") is states
