"""Caption files in the encodings that exist, and the caption that a training step sees."""

import random
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from danlu.datasets.captions import (
    CaptionConfig,
    Moment,
    final_caption,
    join_tags,
    possible_captions,
    read_caption,
    split_caption,
    split_tags,
    write_caption,
)
from danlu.kit.errors import UserError

TEXT = "ningguang, 红色眼睛, 1girl, café"
tags = st.lists(st.text(st.characters(codec="utf-8", exclude_characters=",，\n\r"), min_size=1).map(str.strip)).map(
    lambda found: [tag for tag in found if tag]
)
captions = st.lists(st.sampled_from(["a", "b b", "c", "d", "e", "f"]), max_size=10).map(join_tags)
chances = st.floats(0, 1)
MOMENT = Moment(epoch=1, steps_done=0, total_steps=100)


@pytest.mark.parametrize(
    ("content", "has_notice"),
    [
        (TEXT.encode(), False),
        (b"\xef\xbb\xbf" + TEXT.encode(), False),
        (TEXT.encode("utf-16"), False),
        (TEXT.encode("gb18030"), True),
        (f"  {TEXT}\r\n".encode(), False),
        (f"{TEXT}\n\nsecond line".encode(), False),
        (b"", False),
    ],
)
def test_encodings(tmp_path: Path, content: bytes, has_notice: bool) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(content)
    caption = read_caption(path)
    assert final_caption(caption.text, CaptionConfig(), random.Random(0), MOMENT) == (TEXT if content else "")
    assert (caption.notice is not None) == has_notice


@pytest.mark.parametrize("content", [b"\x00\x01\x02binary", b"abc\xff\xff\xff"])
def test_what_is_no_text_is_told_with_its_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "坏 file.txt"
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"坏 file\.txt"):
        read_caption(path)


@given(text=tags)
def test_tags_survive_joining_and_splitting(text: list[str]) -> None:
    assert split_tags(join_tags(text)) == text


def test_written_captions_are_read_back(tmp_path: Path) -> None:
    picture = tmp_path / "图 片 🎨.v2.png"
    path = write_caption(picture, f" {TEXT} ")
    assert path.name == "图 片 🎨.v2.txt"
    assert read_caption(path) == (TEXT, None)


def test_chinese_commas_separate_too() -> None:
    assert split_tags("少女，长发,, smile ,") == ["少女", "长发", "smile"]


def test_without_options_the_text_stays_as_written() -> None:
    sentence = "A girl with 1,000 stars,and a hat."
    assert final_caption(sentence, CaptionConfig(), random.Random(0), MOMENT) == sentence


@pytest.mark.parametrize(("prefix", "start"), [("masterpiece", "masterpiece, a"), ("x, y, ", "x, y, a"), (" ", "a")])
def test_a_prefix_never_fuses_with_the_first_tag(prefix: str, start: str) -> None:
    assert final_caption("a, b", CaptionConfig(prefix=prefix), random.Random(0), MOMENT) == f"{start}, b"
    assert final_caption("", CaptionConfig(prefix="x"), random.Random(0), MOMENT) == "x"


@given(captions, st.integers(0, 5), chances, st.integers())
def test_the_head_is_kept_and_the_rest_is_a_selection(caption: str, keep: int, dropout: float, seed: int) -> None:
    config = CaptionConfig(shuffle=True, keep_tokens=keep, tag_dropout=dropout)
    before, after = split_tags(caption), split_tags(final_caption(caption, config, random.Random(seed), MOMENT))
    assert after[:keep] == before[:keep]
    rest = before[keep:]
    for tag in after[keep:]:
        rest.remove(tag)


@given(captions, st.integers())
def test_shuffling_loses_nothing_and_can_be_repeated(caption: str, seed: int) -> None:
    config = CaptionConfig(shuffle=True)
    shuffled = final_caption(caption, config, random.Random(seed), MOMENT)
    assert sorted(split_tags(shuffled)) == sorted(split_tags(caption))
    assert final_caption(caption, config, random.Random(seed), MOMENT) == shuffled


def test_dropout_has_the_given_chance() -> None:
    rng = random.Random(0)
    config = CaptionConfig(tag_dropout=0.25, caption_dropout=0.1, keep_tokens=0)
    drawn = [final_caption("a, b, c, d", config, rng, MOMENT) for _ in range(4000)]
    whole = [split_tags(caption) for caption in drawn if caption]
    assert len(drawn) - len(whole) == pytest.approx(400, abs=80)
    assert sum(map(len, whole)) / len(whole) == pytest.approx(3.0, abs=0.1)


def test_tag_dropout_alone_keeps_the_order() -> None:
    drawn = final_caption("a, b, c, d, e, f", CaptionConfig(tag_dropout=0.5), random.Random(1), MOMENT)
    assert split_tags(drawn) == sorted(split_tags(drawn))


MARKED = "zq, solo ||| a, b;;;c, d ||| best quality"


@pytest.mark.parametrize(
    ("caption", "config", "expected"),
    [
        (MARKED, {}, "zq, solo ||| a, b;;;c, d ||| best quality"),  # without settings, a caption is what it says
        (MARKED, {"keep_separator": "|||", "group_separator": ";;;"}, "zq, solo, a, b, c, d, best quality"),
        ("zq |||", {"keep_separator": "|||", "shuffle": True}, "zq"),
        ("a, b", {"suffix": ", x, y ,"}, "a, b, x, y"),
        ("", {"prefix": "p", "suffix": "s"}, "p, s"),
        ("one\ntwo", {}, "one"),
        ("a {red} hat, {{x}}, {}", {"wildcards": True}, "a red hat, {x}, {}"),
        ("\n  \n a \n\n", {"wildcards": True}, "a"),
        ("", {"wildcards": True}, ""),
        ("(a, b:1.2) ||| (c, d)", {"weighted": True, "keep_separator": "|||", "shuffle": True}, "(a, b:1.2), (c, d)"),
    ],
)
def test_marks_lines_and_ends(caption: str, config: dict[str, object], expected: str) -> None:
    assert final_caption(caption, CaptionConfig(**config), random.Random(0), MOMENT) == expected


@given(st.integers())
def test_what_marks_keep_stays_and_groups_stay_together(seed: int) -> None:
    config = CaptionConfig(shuffle=True, tag_dropout=0.3, keep_separator="|||", group_separator=";;;", prefix="p")
    drawn = split_tags(final_caption(MARKED, config, random.Random(seed), MOMENT))
    assert drawn[:3] == ["p", "zq", "solo"]
    assert drawn[-1] == "best quality"
    assert set(drawn[3:-1]) <= {"a", "b", "c", "d"}
    assert ("b" in drawn) == ("c" in drawn)
    if "b" in drawn:
        assert drawn[drawn.index("b") + 1] == "c"


@given(st.integers())
def test_tags_in_brackets_stay_together(seed: int) -> None:
    config = CaptionConfig(shuffle=True, keep_tokens=0, tag_dropout=0.3, weighted=True)
    drawn = final_caption(r"a, (b, c:1.2), [d,e], \(f", config, random.Random(seed), MOMENT)
    assert set(split_caption(drawn, config)) <= {"a", "(b, c:1.2)", "[d,e]", r"\(f"}


def test_each_line_and_option_is_drawn_about_as_often() -> None:
    config = CaptionConfig(wildcards=True, prefix="{p|q}")
    rng = random.Random(3)
    counts = Counter(final_caption("a {x|y|z}\nb", config, rng, MOMENT) for _ in range(6000))
    assert set(counts) == {f"{p}, {text}" for p in "pq" for text in ("a x", "a y", "a z", "b")}
    assert counts["p, b"] == pytest.approx(1500, abs=150)
    assert counts["q, a z"] == pytest.approx(500, abs=100)


@given(
    st.lists(st.sampled_from(["a", "b {c|d}", "{e|f|g}", "h ||| i", "{{j}}"]), min_size=1, max_size=3).map("\n".join),
    st.booleans(),
    st.integers(),
)
def test_what_is_drawn_is_possible(caption: str, wildcards: bool, seed: int) -> None:
    config = CaptionConfig(wildcards=wildcards, keep_separator="|||", prefix="p")
    possible = possible_captions(caption, config)
    drawn = final_caption(caption, config, random.Random(seed), MOMENT)
    assert drawn in possible
    assert set(split_tags(drawn)) <= {tag for one in possible for tag in split_tags(one)}


def test_possible_captions_show_every_option_of_every_line() -> None:
    config = CaptionConfig(wildcards=True, suffix="{s|t}")
    assert possible_captions("{a|b|c} {d|e}\nf", config) == ["a d, s", "b e, t", "c d, s", "f, s", "f, t"]
    assert possible_captions("{a|b}\nf", CaptionConfig()) == ["{a|b}"]


@pytest.mark.parametrize(
    ("steps_done", "shown"), [(0, 1), (1, 1), (3, 2), (5, 3), (9, 4), (10, 6), (99, 6)]
)  # as sd-scripts: ⌊step · (5 - 1) / 10⌋ + 1 of the five tags after the first, all of them from step 10 on
def test_tags_warm_up(steps_done: int, shown: int) -> None:
    moment = Moment(1, steps_done, 100)
    for config in (CaptionConfig(tag_warmup="10%"), CaptionConfig(tag_warmup="10 steps")):
        tags = split_tags(final_caption("k, a, b, c, d, e", config, random.Random(0), moment))
        assert tags == ["k", "a", "b", "c", "d", "e"][: shown if shown == 6 else shown + 1]


def test_warm_up_never_asks_for_more_tags_than_there_are() -> None:
    config = CaptionConfig(tag_warmup="10 steps", tag_warmup_start=9)
    assert final_caption("k, a, b", config, random.Random(0), Moment(1, 5, 100)) == "k, a, b"


def test_captions_are_left_out_in_every_third_epoch() -> None:
    config = CaptionConfig(caption_dropout_epochs=3, prefix="p")
    drawn = [final_caption("a", config, random.Random(0), Moment(epoch, 0, 9)) for epoch in range(1, 8)]
    assert [bool(caption) for caption in drawn] == [True, True, False, True, True, False, True]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"tag_warmup_start": 2}, "no effect without tag_warmup"),
        ({"keep_separator": "||", "group_separator": "|||"}, "can't be told apart"),
        ({"keep_separator": ","}, "without blanks, commas"),
        ({"group_separator": " "}, "without blanks, commas"),
        ({"tag_warmup": "110%"}, "100%"),
    ],
)
def test_settings_without_sense_are_refused(values: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        CaptionConfig(**values)


@pytest.mark.parametrize(
    ("config", "seldom"),
    [
        (CaptionConfig(prefix="x", keep_tokens=3, caption_dropout=0.1, wildcards=True), False),
        (CaptionConfig(shuffle=True), True),
        (CaptionConfig(tag_dropout=0.1), True),
    ],
)
def test_whether_keeping_texts_on_disk_is_of_use(config: CaptionConfig, seldom: bool) -> None:
    assert config.seldom_repeats == seldom


def test_every_field_has_help_in_both_languages() -> None:
    for field in CaptionConfig.model_fields.values():
        english, _, chinese = (field.description or "").partition("中文:")
        assert english.strip()
        assert chinese.strip()
