"""Captions taken apart: tags, groups, sections, sentences; and put together without a loss."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from danlu.datasets.captions import split_tags
from danlu.editing.lines import Line, Sentence, edit_caption, read_line, split_tag_list, tags_of

SENTENCES = [
    "A girl with red hair smiles at the viewer.",
    "a girl with red hair",
    "A girl with red hair, wearing a hat, is smiling.",
    "a photo of a girl with red hair, wearing a hat, smiling at the camera",
    "She sits in a park. It rains, and nobody is there.",
    "photo of a young woman in a red dress, wearing a hat, smiling at the camera",
    "一个红头发的女孩，对着镜头微笑。",
    "一位身穿白色长裙的年轻女子站在海边，海风吹起她的长发",
]
TAG_LINES = [
    "1girl, solo, long hair, hair over one eye, looking at viewer",
    "hair over one eye, smile.",
    "holding hands in front of face, smile, solo",
    "artoria pendragon (fate), ^_^, :o, !?, no.1, ...",
    "红发, 看向观众, 黑色长直发",
    "ohwx, holding a red umbrella in one hand, smile",
    "smile",
]


@pytest.mark.parametrize("sentence", SENTENCES)
@pytest.mark.parametrize("before", ["", "ohwx, ", "masterpiece, 1girl, "])
@pytest.mark.parametrize("after", ["", ", best quality, smile"])
def test_a_sentence_is_one_piece_commas_and_all(sentence: str, before: str, after: str) -> None:
    tags = list(read_line(before + sentence + after).tags)
    assert tags == [*split_tags(before), sentence, *split_tags(after)]
    assert [tag for tag in tags if isinstance(tag, Sentence)] == [sentence]


@pytest.mark.parametrize("line", TAG_LINES)
def test_tags_are_no_sentences(line: str) -> None:
    tags = list(read_line(line).tags)
    assert tags == split_tags(line)
    assert not any(isinstance(tag, Sentence) for tag in tags)


def test_what_stands_in_brackets_stays_together() -> None:
    line = "ohwx, (red hair, long hair:1.2), {red, blue|green} hat，:(, [a, b], open)"
    assert list(read_line(line).tags) == [
        "ohwx",
        "(red hair, long hair:1.2)",
        "{red, blue|green} hat",
        ":(",
        "[a, b]",
        "open)",
    ]


def test_brackets_that_never_close_are_mere_signs() -> None:
    assert split_tag_list("a, (b, c") == ["a", "(b", "c"]


def test_sections_and_groups() -> None:
    line = read_line("ohwx, 1girl |||smile, long hair;;; hair ribbon ||| best")
    assert line.sections == ((("ohwx",), ("1girl",)), (("smile",), ("long hair", "hair ribbon")), (("best",),))
    assert str(line) == "ohwx, 1girl ||| smile, long hair;;;hair ribbon ||| best"
    without = line.map_tags(lambda tag: () if tag in ("long hair", "best") else (tag,))
    assert str(without) == "ohwx, 1girl ||| smile, hair ribbon |||"


@given(st.text(st.sampled_from("ab (){}[]|;,，.!* _女。"), max_size=30) | st.sampled_from(SENTENCES + TAG_LINES))
@example("A, ")
def test_nothing_is_lost_and_reading_again_says_the_same(text: str) -> None:
    def bare(text: str) -> str:
        return "".join(sign for sign in text if sign not in " ,，;|")

    line = read_line(text)
    assert bare(str(line)) == bare(text)
    assert read_line(str(line)) == line


def test_a_line_that_stays_the_same_keeps_its_spelling() -> None:
    caption = "a ,b，c\n\nx,  y\n  d;;;e "
    dropped_y = edit_caption(caption, lambda line: line.map_tags(lambda tag: () if tag == "y" else (tag,)))
    assert dropped_y == "a ,b，c\n\nx\n  d;;;e"
    assert edit_caption("y\nz", lambda line: line.map_tags(lambda tag: () if tag == "y" else (tag,))) == "z"


@pytest.mark.parametrize("caption", [None, "", " \n"])
def test_a_missing_caption_is_an_empty_line(caption: str | None) -> None:
    assert edit_caption(caption, lambda line: line) == caption
    assert edit_caption(caption, lambda line: line.with_head(["a"]).with_tail(["b"])) == "a, b"
    assert tags_of(caption) == []
    assert str(Line()) == ""
