"""Help pages fit their width in cells, whatever the script."""

from hypothesis import given
from hypothesis import strategies as st

from danlu.cli.output import say_table
from danlu.cli.speech import cells, wrap

words = st.lists(st.text(st.sampled_from("ab丹炉，。（x"), min_size=1, max_size=12), max_size=20).map(" ".join)


@given(words, st.integers(30, 80))
def test_wrapped_lines_fit_and_lose_nothing(text: str, width: int) -> None:
    lines = wrap(text, width)
    assert "".join("".join(lines).split()) == "".join(text.split())
    # Closing punctuation may hang over by what it takes.
    assert all(cells(line) <= width + 2 * 12 for line in lines)


def test_chinese_breaks_anywhere_but_before_punctuation() -> None:
    assert wrap("丹炉丹炉，丹炉", 8) == ["丹炉丹", "炉，丹炉"]
    assert wrap("one two three", 7) == ["one two", "three"]


def test_tables_line_up_with_wide_characters(capsys) -> None:
    say_table(("名称", "n"), [("丹炉", 1), ("a", 10)])
    head, first, second = capsys.readouterr().out.splitlines()
    assert (head, first, second) == ("名称   n", "丹炉   1", "a     10")
