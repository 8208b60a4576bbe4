"""Operations on the tags of a line: what each does, and what holds for any line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from captioned import NAMES, PATTERNS, RULES, SENTENCE, listed, operations
from danlu.editing.lines import Line, Sentence, edit_caption, read_line
from danlu.editing.operations import Add, Dedupe, Delete, Imply, Move, Operation, Replace, Respell, Sort
from danlu.editing.patterns import key_of, matches

COUNTS = {"smile": 9, "hat": 5, "long hair": 5, "solo": 1}
groups = st.lists(st.sampled_from(NAMES), min_size=1, max_size=2).map(tuple)
sentences = st.just((Sentence(SENTENCE),))
sections = st.lists(groups | sentences, max_size=6).map(tuple)
lines = st.lists(sections, min_size=1, max_size=3).map(lambda parts: Line(tuple(parts)))


def done(operation: Operation, caption: str) -> str | None:
    return edit_caption(caption, lambda line: operation.apply(line, COUNTS))


@pytest.mark.parametrize(
    ("operation", "before", "after"),
    [
        (Add(("a", "b"), "head"), "c, d", "a, b, c, d"),
        (Add(("a", "d", "a"), "head"), "c, d", "a, c, d"),
        (Add(("D", "a"), "tail"), "c, d ||| e", "c, d ||| e, a"),
        (Delete(("red_hair", "*s")), "red hair, shoes, s, x;;;gloves", "x"),
        (Delete(("*hair*",)), SENTENCE, SENTENCE),
        (Delete((SENTENCE,)), f"x, {SENTENCE}", "x"),
        (Replace("b", ("x", "y")), "a, B, c", "a, x, y, c"),
        (Replace("b", ("c",)), "a, b, d, c", "a, c, d"),
        (Replace("*hair", ("hair",)), "red hair, smile, long hair", "hair, smile"),
        (Replace("b", ("x",)), "a, a, c", "a, a, c"),
        (Move(("c", "b"), "head"), "a, b, c", "c, b, a"),
        (Move(("a*",), "tail"), "a1, b, a2 ||| c", "b ||| c, a1, a2"),
        (Sort("alphabetical"), "b, A, c;;;a ||| e, d", "A, b, c;;;a ||| d, e"),
        (Sort("alphabetical"), f"b, {SENTENCE}", f"b, {SENTENCE}"),
        (Sort("frequency"), "solo, x, hat, long hair, smile", "smile, hat, long hair, solo, x"),
        (Dedupe(), "a, b, A ||| b, c_d, c d", "a, b ||| c_d"),
        (Imply("remove", RULES), "hair, very long hair, long hair, smile", "very long hair, smile"),
        (Imply("add", RULES), "very long hair, red_hat", "very long hair, long hair, hair, red_hat, hat"),
        (Respell(RULES), "smiling, long hair, LongHair", "smile, long hair"),
    ],
)
def test_what_it_does(operation: Operation, before: str, after: str) -> None:
    assert done(operation, before) == after


@given(operations, lines)
def test_done_twice_is_done_once_and_no_sentence_is_lost(operation: Operation, line: Line) -> None:
    once = operation.apply(line, COUNTS)
    if not isinstance(operation, Replace | Respell):  # what is written may be what is replaced
        assert operation.apply(once, COUNTS) == once
    if not isinstance(operation, Dedupe):
        assert list(once.tags).count(Sentence(SENTENCE)) == list(line.tags).count(Sentence(SENTENCE))
    assert all(group and all(group) for section in once.sections for group in section)


@given(listed(PATTERNS), lines)
def test_what_is_deleted_is_gone_and_the_rest_stays_in_order(patterns: tuple[str, ...], line: Line) -> None:
    after = list(Delete(patterns).apply(line, COUNTS).tags)
    assert after == [tag for tag in line.tags if not any(matches(pattern, tag) for pattern in patterns)]


@given(st.sampled_from(NAMES), lines)
def test_replacing_keeps_the_order(name: str, line: Line) -> None:
    after = Replace(name, ("new",)).apply(line, COUNTS)
    expected = ["new" if matches(name, tag) else tag for tag in line.tags]
    first = expected.index("new") + 1 if "new" in expected else len(expected)
    assert list(after.tags) == [*expected[:first], *(tag for tag in expected[first:] if tag != "new")]


@given(st.sampled_from(["alphabetical", "frequency"]), lines)
def test_sorting_moves_tags_within_their_section_only(by: str, line: Line) -> None:
    after = Sort(by).apply(line, COUNTS)  # type: ignore[arg-type]
    for old, new in zip(line.sections, after.sections, strict=True):
        assert sorted(old) == sorted(new)
        assert [at for at, group in enumerate(old) if isinstance(group[0], Sentence)] == [
            at for at, group in enumerate(new) if isinstance(group[0], Sentence)
        ]


@given(lines)
def test_each_tag_is_there_once_after_dedupe(line: Line) -> None:
    keys = [key_of(tag) for tag in Dedupe().apply(line, COUNTS).tags]
    assert len(keys) == len(set(keys)) and set(keys) == {key_of(tag) for tag in line.tags}


@given(operations, lines)
def test_what_is_written_is_what_is_read(operation: Operation, line: Line) -> None:
    """As tags, if not as the same sections: a tag alone may read as a sentence, and marks without tags vanish."""
    written = str(operation.apply(line, COUNTS))
    assert str(read_line(written)) == written
