"""`danlu.toml`: read, merged without touching what people wrote, and its mistakes told."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from danlu.datasets.manifest import MANIFEST_NAME, ConceptFacts, PictureFacts, read_manifest, update_manifest
from danlu.datasets.pictures import Box
from danlu.kit.errors import UserError

WRITTEN = """\
# mine
[concepts.NingGuang]
trigger = "ningguang"   # the word
traits = ["red eyes"]

[pictures."6_NingGuang/凝光 01.png"]
# hand-made
crop = [12, 0, 524, 768]
repeats = 3
"""
names = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=12)
boxes = st.builds(lambda left, top, w, h: Box(left, top, left + w, top + h), *[st.integers(1, 999)] * 4)
picture_facts = st.builds(
    PictureFacts, crop=st.none() | boxes, repeats=st.none() | st.integers(1, 99), excluded=st.none() | st.booleans()
)


def test_no_file_is_an_empty_manifest(tmp_path: Path) -> None:
    manifest = read_manifest(tmp_path)
    assert manifest.concepts == {}
    assert manifest.pictures == {}


def test_reading(tmp_path: Path) -> None:
    (tmp_path / MANIFEST_NAME).write_text(WRITTEN, encoding="utf-8")
    manifest = read_manifest(tmp_path)
    assert manifest.concepts["NingGuang"] == ConceptFacts(trigger="ningguang", traits=("red eyes",))
    facts = manifest.pictures["6_NingGuang/凝光 01.png"]
    assert facts.crop == Box(12, 0, 524, 768)
    assert facts.crop.size == (512, 768)
    assert facts.repeats == 3


def test_updating_keeps_comments_and_other_facts(tmp_path: Path) -> None:
    path = tmp_path / MANIFEST_NAME
    path.write_text(WRITTEN, encoding="utf-8")
    update_manifest(
        tmp_path,
        concepts={"NingGuang": ConceptFacts(traits=("a", "b"))},
        pictures={
            "6_NingGuang/凝光 01.png": PictureFacts(crop=Box(1, 2, 3, 4)),
            "new.png": PictureFacts(excluded=True),
        },
    )
    text = path.read_text(encoding="utf-8")
    for kept in ("# mine", "# the word", "# hand-made", "repeats = 3"):
        assert kept in text
    manifest = read_manifest(tmp_path)
    assert manifest.concepts["NingGuang"] == ConceptFacts(trigger="ningguang", traits=("a", "b"))
    assert manifest.pictures["6_NingGuang/凝光 01.png"] == PictureFacts(crop=Box(1, 2, 3, 4), repeats=3)
    assert manifest.pictures["new.png"].excluded


def test_a_fact_set_to_none_is_taken_out(tmp_path: Path) -> None:
    (tmp_path / MANIFEST_NAME).write_text(WRITTEN, encoding="utf-8")
    name = "6_NingGuang/凝光 01.png"
    update_manifest(tmp_path, pictures={name: PictureFacts(crop=None)})
    assert read_manifest(tmp_path).pictures[name] == PictureFacts(repeats=3)
    update_manifest(tmp_path, pictures={name: PictureFacts(repeats=None)})
    assert read_manifest(tmp_path).pictures == {}


def test_a_new_file_explains_itself_in_both_languages(tmp_path: Path) -> None:
    update_manifest(tmp_path, concepts={"x": ConceptFacts(trigger="x")})
    text = (tmp_path / MANIFEST_NAME).read_text(encoding="utf-8")
    assert text.startswith("# Facts about")
    assert "# 本文件夹" in text


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=50)
@given(st.dictionaries(names, picture_facts, max_size=5), st.dictionaries(names, picture_facts, max_size=5))
def test_two_updates_read_back_as_their_sum(
    tmp_path: Path, first: dict[str, PictureFacts], second: dict[str, PictureFacts]
) -> None:
    (tmp_path / MANIFEST_NAME).unlink(missing_ok=True)
    update_manifest(tmp_path, pictures=first)
    update_manifest(tmp_path, pictures=second)
    expected = {name: facts for name, facts in {**first, **second}.items() if facts != PictureFacts()}
    assert read_manifest(tmp_path).pictures == expected


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ('[concept.x]\ntrigger = "x"\n', ["there is no 'concept'", "'concepts'"]),
        ('[concepts.x]\ntriger = "x"\n', ["there is no 'concepts.x.triger'", "'trigger'"]),
        ('[pictures."a.png"]\ncorp = [1, 2, 3, 4]\n', ["'corp'", "'crop'"]),
        ('[pictures."a.png"]\nrepeats = 0\n', ["repeats = 0"]),
        ('[pictures."a.png"]\ncrop = [1, 2, 3]\n', ["crop"]),
        ("[pictures\n", ["isn't valid TOML"]),
        ("pictures = 3\n", ["pictures = 3"]),
    ],
)
def test_mistakes_are_told_and_nothing_is_overwritten(tmp_path: Path, text: str, sentences: list[str]) -> None:
    path = tmp_path / MANIFEST_NAME
    path.write_text(text)
    for act in (read_manifest, lambda root: update_manifest(root, pictures={"b.png": PictureFacts(repeats=1)})):
        with pytest.raises(UserError) as caught:
            act(tmp_path)
        for sentence in (*sentences[:1], MANIFEST_NAME):
            assert sentence.strip("'") in caught.value.text.en
        assert sentences[-1] in caught.value.text.en
        assert MANIFEST_NAME in caught.value.text.zh
    assert path.read_text() == text
