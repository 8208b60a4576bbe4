"""Repeats, balance, views, sides and held-out pictures: what the manifest is to hold, and what comes of it."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from danlu.composition.held_out import choose_names, set_held_out, stored_names
from danlu.composition.repeats import LONGEST, balance, concept_shares, repeated, set_repeats
from danlu.composition.views import add_view, remove_view, set_mirror
from danlu.datasets.history import Contents, apply_change, undo
from danlu.datasets.manifest import ViewFacts, read_manifest, update_manifest
from danlu.datasets.pictures import Box, Dataset
from danlu.datasets.scan import scan_dataset
from danlu.kit.errors import UserError
from danlu.kit.language import Text

TITLE = Text("change", "修改")


def make(root: Path, folders: dict[str, int]) -> Path:
    rng = np.random.default_rng(3)
    for folder, count in folders.items():
        (root / folder).mkdir(parents=True)
        for number in range(count):
            pixels = rng.integers(0, 255, (4, 4, 3), dtype=np.uint8)
            Image.fromarray(pixels).resize((24, 24)).save(root / folder / f"{number}.png")
    return root


def digests(root: Path) -> dict[str, str]:
    return {str(one): hashlib.sha256(one.read_bytes()).hexdigest() for one in sorted(root.rglob("*.png"))}


def changed(root: Path, contents: Contents) -> Dataset:
    apply_change(root, TITLE, contents)
    return scan_dataset(root)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make(tmp_path / "数据", {"2_甲": 6, "2_b": 3, "reg/1_girl": 2})


def test_repeats_of_everything_a_concept_and_single_pictures(root: Path) -> None:
    before = digests(root)

    def repeats() -> list[int]:
        return [one.repeats for one in scan_dataset(root).pictures]

    changed(root, set_repeats(scan_dataset(root), 5))
    assert repeats() == [5] * 9 + [1, 1]
    changed(root, set_repeats(scan_dataset(root), 7, concept="b"))
    assert repeats() == [7] * 3 + [5] * 6 + [1, 1]
    changed(root, add_view(scan_dataset(root), "2_b/1.png", "face", ViewFacts(crop=Box(0, 0, 9, 9))))
    changed(root, set_repeats(scan_dataset(root), 20, pictures=["2_b/1.png#face", "2_甲/0.png"]))
    assert repeats() == [7, 7, 20, 7, 20, *[5] * 5, 1, 1]
    assert read_manifest(root).pictures["2_b/1.png"].views == {"face": ViewFacts(crop=Box(0, 0, 9, 9), repeats=20)}
    changed(root, set_repeats(scan_dataset(root), None, pictures=["2_甲/0.png"]))
    changed(root, set_repeats(scan_dataset(root), None))
    assert repeats() == [2, 2, 20, 2, *[2] * 6, 1, 1]
    for _ in range(6):
        undo(root)
    assert not (root / "danlu.toml").exists() and digests(root) == before


def test_groups_of_pictures_by_pattern(root: Path) -> None:
    dataset = changed(root, add_view(scan_dataset(root), "2_b/1.png", "face", ViewFacts(crop=Box(0, 0, 9, 9))))
    dataset = changed(root, set_repeats(dataset, 6, pictures=["2_b/?.png", "*#face"]))
    assert [one.name for one in dataset.pictures if one.repeats == 6] == [
        f"2_b/{n}" for n in ("0.png", "1.png", "1.png#face", "2.png")
    ]
    with pytest.raises(UserError, match=r"no picture '\*\.gif'"):
        set_repeats(dataset, 6, pictures=["*.gif"])


def test_a_renamed_plain_folder_keeps_its_only_entry(tmp_path: Path) -> None:
    root = make(tmp_path / "new", {"sub": 2})
    (root / "danlu.toml").write_text('[concepts.old]\ntrigger = "zq"\n', encoding="utf-8")
    dataset = changed(root, set_repeats(scan_dataset(root), 4))
    assert (dataset.concepts[0].trigger, dataset.concepts[0].repeats) == ("zq", 4)
    assert list(read_manifest(root).concepts) == ["old"]


def test_balancing_gives_equal_shares_or_those_asked_for(root: Path) -> None:
    dataset = scan_dataset(root)
    assert [round(one.share, 2) for one in concept_shares(dataset)] == [0.33, 0.67]
    assert balance(dataset, {}) == {"甲": 2, "b": 4}
    assert balance(dataset, {"b": 2}) == {"甲": 2, "b": 8}
    after = concept_shares(repeated(dataset, balance(dataset, {})))
    assert [one.images for one in after] == [12, 12]
    with pytest.raises(UserError, match="no concept 'c'"):
        balance(dataset, {"c": 2})
    with pytest.raises(UserError, match="one concept only"):
        balance(scan_dataset(root / "2_b"), {})


@given(st.lists(st.tuples(st.integers(1, 40), st.integers(1, 12)), min_size=2, max_size=4), st.integers(1, 3))
def test_balance_comes_near_and_what_is_planned_is_written(
    tmp_path_factory: pytest.TempPathFactory, concepts: list[tuple[int, int]], share: int
) -> None:
    """Near: as whole repeats allow, which is half a repeat of the concept's pictures."""
    root = tmp_path_factory.mktemp("b")
    picture = Image.new("RGB", (8, 8))
    for index, (count, repeats) in enumerate(concepts):
        (root / f"{repeats}_c{index}").mkdir()
        for number in range(count):
            picture.save(root / f"{repeats}_c{index}" / f"{number}.png")
    dataset = scan_dataset(root)
    chosen = balance(dataset, {"c0": share})
    shares = concept_shares(repeated(dataset, chosen))
    wanted = {one.name: share if one.name == "c0" else 1 for one in shares}
    images = {one.name: one.images / wanted[one.name] for one in shares}
    unit = sum(images.values()) / len(images)
    steps = {one.name: one.pictures / wanted[one.name] for one in shares}
    assert all(abs(images[name] - unit) <= max(steps.values()) for name in images)
    longest = max(one.images / wanted[one.name] for one in concept_shares(dataset))
    assert all(images[name] <= LONGEST * longest + steps[name] for name in images)


def test_views_are_added_replaced_and_removed(root: Path) -> None:
    dataset = changed(root, add_view(scan_dataset(root), "2_b/1.png", "半身", ViewFacts(crop=Box(0, 0, 24, 12))))
    dataset = changed(root, add_view(dataset, "2_b/1.png", "other", ViewFacts(mirror="always", repeats=3)))
    dataset = changed(root, add_view(dataset, "2_b/1.png", "半身", ViewFacts(crop=Box(0, 0, 20, 12))))
    views = {one.view: one for one in dataset.pictures if one.file_name == "2_b/1.png"}
    assert views["半身"].crop == Box(0, 0, 20, 12) and views["other"].is_mirrored and views["other"].repeats == 3
    dataset = changed(root, remove_view(dataset, "2_b/1.png", "other"))
    dataset = changed(root, remove_view(dataset, "2_b/1.png", "半身"))
    assert read_manifest(root).pictures == {}


@pytest.mark.parametrize(
    ("picture", "name", "facts", "said"),
    [
        ("2_b/9.png", "face", ViewFacts(crop=Box(0, 0, 9, 9)), "no picture '2_b/9.png'.*'2_b/"),
        ("0.png", "face", ViewFacts(crop=Box(0, 0, 9, 9)), "may be .* or"),
        ("2_b/1.png", "a#b", ViewFacts(crop=Box(0, 0, 9, 9)), "can't name a view"),
        ("2_b/1.png", "face", ViewFacts(crop=Box(0, 0, 25, 9)), "doesn't lie within"),
        ("2_b/1.png", "face", ViewFacts(), "would show what"),
        ("2_b/1.png", "x", ViewFacts(crop=Box(0, 0, 9, 9)), "can't be told from the picture '1.x.png'"),
        ("2_b/1.png#there", "face", ViewFacts(crop=Box(0, 0, 9, 9)), "is a view itself"),
    ],
)
def test_mistakes_with_views(root: Path, picture: str, name: str, facts: ViewFacts, said: str) -> None:
    Image.new("RGB", (24, 24)).save(root / "2_b/1.x.png")
    dataset = changed(root, add_view(scan_dataset(root), "2_b/1.png", "there", ViewFacts(crop=Box(0, 0, 9, 9))))
    with pytest.raises(UserError, match=said):
        add_view(dataset, picture, name, facts)


def test_sides_of_all_of_some_and_of_a_view(root: Path) -> None:
    (root / "2_b/2.txt").write_text("zq, eyepatch", encoding="utf-8")
    dataset = changed(root, add_view(scan_dataset(root), "2_b/1.png", "face", ViewFacts(crop=Box(0, 0, 9, 9))))
    found = set_mirror(dataset, [], True)
    assert found.sided == [("2_b/2.png", "eyepatch")]
    dataset = changed(root, found.contents)
    assert {one.mirror for one in dataset.pictures} == {True}
    dataset = changed(root, set_mirror(dataset, ["2_b/1.png#face", "2_b/2.png"], False).contents)
    assert [one.name for one in dataset.pictures if one.mirror is False] == ["2_b/1.png#face", "2_b/2.png"]
    dataset = changed(root, set_mirror(dataset, [], None).contents)
    assert {one.name for one in dataset.pictures if one.mirror is not None} == {"2_b/1.png#face"}


def test_a_stored_split_is_the_same_again_and_can_be_cleared(root: Path) -> None:
    dataset = scan_dataset(root)
    names = choose_names(dataset, count=2, seed=42)
    assert len(names) == 2 and not any(name.startswith("reg") for name in names)
    dataset = changed(root, set_held_out(dataset, names))
    assert stored_names(dataset) == names == choose_names(dataset, count=2, seed=42)
    dataset = changed(root, set_held_out(dataset, names[:1]))
    assert stored_names(dataset) == names[:1]
    assert stored_names(changed(root, set_held_out(dataset, []))) == []
    assert read_manifest(root).pictures == {}


def test_pictures_with_repeats_of_their_own_keep_them_when_balanced(root: Path) -> None:
    update_manifest(root, pictures={})
    dataset = changed(root, set_repeats(scan_dataset(root), 9, pictures=["2_b/0.png"]))
    chosen = balance(dataset, {})
    after = repeated(dataset, chosen)
    assert next(one.repeats for one in after.pictures if one.name == "2_b/0.png") == 9
    images = [one.images for one in concept_shares(after)]
    assert max(images) / min(images) < 1.1
