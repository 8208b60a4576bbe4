"""Caption files in the encodings that exist, and the caption that a training step sees."""

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from danlu.datasets.captions import (
    CaptionConfig,
    caption_path,
    final_caption,
    join_tags,
    read_caption,
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


@pytest.mark.parametrize(
    ("content", "has_notice"),
    [
        (TEXT.encode(), False),
        (b"\xef\xbb\xbf" + TEXT.encode(), False),
        (TEXT.encode("utf-16"), False),
        (TEXT.encode("gb18030"), True),
        (f"  {TEXT}\r\n".encode(), False),
        (f"{TEXT}\n\nsecond line".encode(), True),
        (b"", False),
    ],
)
def test_encodings(tmp_path: Path, content: bytes, has_notice: bool) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(content)
    caption = read_caption(path)
    assert final_caption(caption.text, CaptionConfig(), random.Random(0)) == (TEXT if content else "")
    assert (caption.notice is not None) == has_notice


@pytest.mark.parametrize("content", [b"\x00\x01\x02binary", b"abc\xff\xff\xff"])
def test_what_is_no_text_is_told_with_its_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "坏 file.txt"
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"坏 file\.txt"):
        read_caption(path)


def test_txt_goes_before_caption(tmp_path: Path) -> None:
    picture = tmp_path / "a.png"
    assert caption_path(picture) is None
    (tmp_path / "a.caption").write_text("old")
    assert caption_path(picture) == tmp_path / "a.caption"
    assert caption_path(write_caption(picture, "new")) == tmp_path / "a.txt"


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
    assert final_caption(sentence, CaptionConfig(), random.Random(0)) == sentence


@pytest.mark.parametrize(("prefix", "start"), [("masterpiece", "masterpiece, a"), ("x, y, ", "x, y, a"), (" ", "a")])
def test_a_prefix_never_fuses_with_the_first_tag(prefix: str, start: str) -> None:
    assert final_caption("a, b", CaptionConfig(prefix=prefix), random.Random(0)) == f"{start}, b"
    assert final_caption("", CaptionConfig(prefix="x"), random.Random(0)) == "x"


@given(captions, st.integers(0, 5), chances, st.integers())
def test_the_head_is_kept_and_the_rest_is_a_selection(caption: str, keep: int, dropout: float, seed: int) -> None:
    config = CaptionConfig(shuffle=True, keep_tokens=keep, tag_dropout=dropout)
    before, after = split_tags(caption), split_tags(final_caption(caption, config, random.Random(seed)))
    assert after[:keep] == before[:keep]
    rest = before[keep:]
    for tag in after[keep:]:
        rest.remove(tag)


@given(captions, st.integers())
def test_shuffling_loses_nothing_and_can_be_repeated(caption: str, seed: int) -> None:
    config = CaptionConfig(shuffle=True)
    shuffled = final_caption(caption, config, random.Random(seed))
    assert sorted(split_tags(shuffled)) == sorted(split_tags(caption))
    assert final_caption(caption, config, random.Random(seed)) == shuffled


def test_dropout_has_the_given_chance() -> None:
    rng = random.Random(0)
    config = CaptionConfig(tag_dropout=0.25, caption_dropout=0.1, keep_tokens=0)
    drawn = [final_caption("a, b, c, d", config, rng) for _ in range(4000)]
    whole = [split_tags(caption) for caption in drawn if caption]
    assert len(drawn) - len(whole) == pytest.approx(400, abs=80)
    assert sum(map(len, whole)) / len(whole) == pytest.approx(3.0, abs=0.1)


def test_tag_dropout_alone_keeps_the_order() -> None:
    drawn = final_caption("a, b, c, d, e, f", CaptionConfig(tag_dropout=0.5), random.Random(1))
    assert split_tags(drawn) == sorted(split_tags(drawn))


@pytest.mark.parametrize(
    ("config", "varies"),
    [
        (CaptionConfig(), False),
        (CaptionConfig(prefix="x", keep_tokens=3), False),
        (CaptionConfig(shuffle=True), True),
        (CaptionConfig(tag_dropout=0.1), True),
        (CaptionConfig(caption_dropout=0.1), True),
    ],
)
def test_varies_tells_whether_text_can_be_cached_once(config: CaptionConfig, varies: bool) -> None:
    assert config.varies == varies


def test_every_field_has_help_in_both_languages() -> None:
    for field in CaptionConfig.model_fields.values():
        english, _, chinese = (field.description or "").partition("中文:")
        assert english.strip()
        assert chinese.strip()
