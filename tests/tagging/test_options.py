"""Options that are re-applied to stored scores: which tags, in which order, in which spelling; and their speed."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from danlu.datasets.history import history, redo, undo
from danlu.datasets.manifest import read_manifest
from danlu.kit.errors import UserError
from danlu.tagging.base import Category, Tagger, find_tagger
from danlu.tagging.options import TagOptions
from danlu.tagging.tag import tag_dataset
from danlu.tagging.wording import escape_brackets, expand_character, read_replacements
from danlu.tagging.words import KAOMOJI, canonical, shown
from tiny_tagger import make_constant

SCORES: list[tuple[str, Category, float]] = [
    ("general", "rating", 0.2),
    ("sensitive", "rating", 0.3),
    ("best_quality", "quality", 0.1),
    ("long_hair", "general", 0.8),
    ("hat", "general", 0.9),
    ("blue_background", "general", 0.7),
    ("^_^", "general", 0.6),
    ("ganyu_(heytea)_(genshin_impact)", "character", 0.65),
    ("keqing", "character", 0.5),
    ("genshin_impact", "copyright", 0.99),
    ("smile", "general", 0.3),
]
USUAL = "hat, long hair, blue background, ganyu (heytea) (genshin impact), ^_^"


@pytest.fixture
def tagger(tmp_path: Path) -> Tagger:
    return find_tagger(str(make_constant(tmp_path / "tagger", SCORES)))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "图片 set"
    folder.mkdir()
    Image.new("RGB", (8, 8), "red").save(folder / "1.png")
    return folder


@pytest.mark.parametrize(
    ("options", "caption"),
    [
        ({}, USUAL),
        ({"threshold": 0.75}, "hat, long hair, ganyu (heytea) (genshin impact)"),
        ({"threshold": 0.75, "character_threshold": 0.45}, "hat, long hair, ganyu (heytea) (genshin impact), keqing"),
        ({"character_threshold": 0.7}, "hat, long hair, blue background, ^_^"),
        ({"categories": ["general"]}, "hat, long hair, blue background, ^_^"),
        ({"categories": ["copyright", "rating", "quality"]}, "genshin impact, best quality, sensitive"),
        ({"exclude": ["*background", "long_hair", "ganyu*"]}, "hat, ^_^"),
        ({"exclude": ["HAT", "^_^", "*"]}, ""),
        ({"replace": {"long_hair": "very long hair, hair", "hat": "cap"}, "threshold": 0.75, "categories": ["general"]},
         "cap, very long hair, hair"),
        ({"order": "alphabet", "categories": ["general"]}, "^_^, blue background, hat, long hair"),
        ({"underscores": True}, "hat, long_hair, blue_background, ganyu_(heytea)_(genshin_impact), ^_^"),
        ({"escape": True, "categories": ["character"]}, "ganyu \\(heytea\\) \\(genshin impact\\)"),
        ({"expand_characters": True, "categories": ["character"]}, "ganyu (heytea), genshin impact"),
        ({"expand_characters": True, "underscores": True, "escape": True, "categories": ["character"]},
         "ganyu_\\(heytea\\), genshin_impact"),
        ({"add": ["solo", "hat"], "trigger": "ohwx", "categories": ["general"], "threshold": 0.75},
         "ohwx, solo, hat, long hair"),
    ],
)  # fmt: skip
def test_options(root: Path, tagger: Tagger, options: dict[str, Any], caption: str) -> None:
    assert tag_dataset(root, tagger, TagOptions(**options)).captions["1.png"] == caption


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"categories": ["generl"]}, "did you mean 'general'"),
        ({"categories": ["artist"]}, "no tags of the category 'artist'"),
        ({"character_threshold": 0.5, "categories": ["general"]}, "--character-threshold has no effect"),
        ({"expand_characters": True, "categories": ["general"]}, "--expand-characters has no effect"),
        ({"order": "groups"}, "which tags belong together"),
        ({"character_threshold": 1.0}, "between 0 and 1"),
    ],
)
def test_options_without_effect_are_refused(root: Path, tagger: Tagger, options: dict[str, Any], told: str) -> None:
    with pytest.raises(UserError, match=told):
        tag_dataset(root, tagger, TagOptions(**options))


def test_rules_that_fit_no_tag_are_told(root: Path, tagger: Tagger) -> None:
    report = tag_dataset(root, tagger, TagOptions(exclude=["hats", "*grund", "smile"], replace={"keq": "a"}))
    assert [notice.en for notice in report.notices] == [
        "The tagger knows no tag 'hats': did you mean 'hat'?",
        "The tagger knows no tag '*grund'.",
        "The tagger knows no tag 'keq': did you mean 'keqing'?",
    ]


def test_appending_leaves_out_what_is_excluded_in_any_spelling(root: Path, tagger: Tagger) -> None:
    (root / "1.txt").write_text("mine, blue_background, a \\(b\\)", encoding="utf-8")
    options = TagOptions(existing="append", exclude=["*background", "a (b)"], threshold=0.75, categories=["general"])
    assert tag_dataset(root, tagger, options).captions["1.png"] == "mine, hat, long hair"


def test_a_dry_run_writes_nothing_and_says_what_would_be(root: Path, tagger: Tagger) -> None:
    (root / "1.txt").write_text("old", encoding="utf-8")
    before = {path: path.read_bytes() for path in root.rglob("*")}
    report = tag_dataset(root, tagger, TagOptions(trigger="ohwx"), dry_run=True)
    assert {path: path.read_bytes() for path in root.rglob("*")} == before
    assert (report.written, report.before, report.captions) == (False, {"1.png": "old"}, {"1.png": f"ohwx, {USUAL}"})


def test_captions_and_manifest_are_one_change(root: Path, tagger: Tagger) -> None:
    picture = (root / "1.png").read_bytes()
    assert tag_dataset(root, tagger, TagOptions(trigger="ohwx")).written
    (change,) = history(root)
    assert set(change.after) == {"1.txt", "danlu.toml"}
    assert not tag_dataset(root, tagger, TagOptions(trigger="ohwx")).written
    assert len(history(root)) == 1
    undo(root)
    assert sorted(path.name for path in root.iterdir()) == [".danlu", "1.png"]
    redo(root)
    assert read_manifest(root).concepts[root.name].trigger == "ohwx"
    assert (root / "1.png").read_bytes() == picture


def test_traits_keep_the_taggers_own_words(tmp_path: Path, tagger: Tagger) -> None:
    root = tmp_path / "set"
    root.mkdir()
    for number in range(4):
        Image.new("RGB", (8, 8), (number, 0, 0)).save(root / f"{number}.png")
    options = TagOptions(trigger="ohwx", underscores=True, replace={"hat": "cap"}, categories=["general"])
    report = tag_dataset(root, tagger, options)
    assert report.concepts[0].traits == ("hat", "long hair", "^_^")
    assert set(report.captions.values()) == {"ohwx, blue_background"}


@pytest.mark.parametrize(
    ("rule", "pair"),
    [
        ("a=b", ("a", "b")),
        (" long hair = hair , b ", ("long hair", "hair , b")),
        ("=_==smile", ("=_=", "smile")),
        ("smile==_=", ("smile", "=_=")),
    ],
)
def test_replacements_are_read(rule: str, pair: tuple[str, str]) -> None:
    assert read_replacements([rule]) == dict([pair])


@pytest.mark.parametrize("rule", ["a", "a=", "=b", "=", "", "a= , "])
def test_broken_replacements_are_told(rule: str) -> None:
    with pytest.raises(UserError, match="isn't OLD=NEW"):
        read_replacements([rule])


@pytest.mark.parametrize(
    ("tag", "parts"),
    [
        ("ganyu_(genshin_impact)", ["ganyu", "genshin_impact"]),
        ("ganyu_(heytea)_(genshin_impact)", ["ganyu_(heytea)", "genshin_impact"]),
        ("ganyu (genshin impact)", ["ganyu", "genshin impact"]),
        ("keqing", ["keqing"]),
        ("(o)_(o)", ["(o)", "o"]),
        ("(a)", ["(a)"]),
    ],
)
def test_names_are_parted_from_their_series(tag: str, parts: list[str]) -> None:
    assert expand_character(tag) == parts


@given(st.sampled_from(sorted(KAOMOJI)) | st.text("ab_ ()^", min_size=1))
def test_any_spelling_of_a_tag_is_the_same_tag(tag: str) -> None:
    name = shown(tag).strip()
    assert canonical(escape_brackets(tag)) == canonical(tag)
    assert canonical(name) == canonical(shown(name))
    assert escape_brackets(escape_brackets(tag)) == escape_brackets(tag)


def test_the_categories_are_told_apart_by_name() -> None:
    assert len(set(get_args(Category))) == 8


AGAIN = """
import json, sys, time
from pathlib import Path
from danlu.tagging.base import find_tagger
from danlu.tagging.options import TagOptions
from danlu.tagging.tag import tag_dataset

root, tagger = map(Path, sys.argv[1:])
seconds = []
for threshold in (0.2, 0.4, 0.75, 0.4):
    started = time.perf_counter()
    report = tag_dataset(root, find_tagger(str(tagger)), TagOptions(threshold=threshold))
    seconds.append(time.perf_counter() - started)
heavy = [name for name in ("onnxruntime", "torch", "transformers") if name in sys.modules]
print(json.dumps({"seconds": min(seconds), "computed": report.computed, "heavy": heavy}))
"""


def test_other_options_need_no_model(tmp_path: Path, make_tagger_folder: Callable[..., Path]) -> None:
    root, folder = tmp_path / "set", make_tagger_folder(tmp_path / "tagger")
    root.mkdir()
    for number in range(12):
        Image.new("RGB", (64, 64), (number * 20, 0, 0)).save(root / f"{number:02d}.png")
    tag_dataset(root, find_tagger(str(folder)))
    run = subprocess.run([sys.executable, "-c", AGAIN, root, folder], capture_output=True, check=True, text=True)
    found = json.loads(run.stdout)
    assert (found["computed"], found["heavy"]) == (0, [])
    assert found["seconds"] < 0.5  # tens of milliseconds on a machine that does nothing else (bench/tagging.py)
