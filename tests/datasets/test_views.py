"""Views and mirroring: what the manifest says of them, the pictures that they become, how these are shown."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from danlu.datasets.asymmetry import sided_word, tell_asymmetry
from danlu.datasets.augmentation import AugmentationConfig, Rendition, render_picture, renditions, shown_key, shown_part
from danlu.datasets.framing import framing_of
from danlu.datasets.manifest import MANIFEST_NAME, PictureFacts, ViewFacts, read_manifest, update_manifest
from danlu.datasets.masks import MaskConfig, with_masks
from danlu.datasets.pictures import Box, Concept, Dataset, Picture, Size
from danlu.datasets.scan import scan_dataset
from danlu.datasets.split import held_out_by, join_views
from danlu.datasets.views import mirrored_box
from danlu.kit.errors import UserError

FACE = Box(4, 2, 20, 18)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Two pictures of noise in a kohya folder, the first with two views."""
    folder = tmp_path / "4_小 猫"
    folder.mkdir()
    for name in ("图 1.png", "b.png"):
        pixels = np.random.default_rng(len(name)).integers(0, 255, (30, 40, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / name)
    (folder / "图 1.txt").write_text("zq, whole", encoding="utf-8")
    views = {"face": ViewFacts(crop=FACE, repeats=9), "镜": ViewFacts(mirror="always")}
    update_manifest(tmp_path, pictures={"4_小 猫/图 1.png": PictureFacts(mirror=False, views=views)})
    return tmp_path


def test_views_are_pictures_beside_theirs(root: Path) -> None:
    dataset = scan_dataset(root)
    assert [one.name for one in dataset.pictures] == [
        "4_小 猫/b.png",
        *(f"4_小 猫/图 1.png{v}" for v in ("", "#face", "#镜")),
    ]
    _, whole, face, other = dataset.pictures
    assert (face.crop, face.repeats, face.mirror, face.caption) == (FACE, 9, False, "zq, whole")
    assert (other.crop, other.repeats, other.mirror, other.is_mirrored) == (None, 4, "always", True)
    assert {one.file_name for one in (whole, face, other)} == {"4_小 猫/图 1.png"}
    assert dataset.files == dataset.pictures[:2]
    face.own_caption.write_text("zq, close-up", encoding="utf-8")
    assert face.own_caption.name == "图 1.face.txt"
    assert [one.caption for one in scan_dataset(root).pictures] == [None, "zq, whole", "zq, close-up", "zq, whole"]


def test_facts_of_the_picture_hold_for_its_views(root: Path) -> None:
    name = "4_小 猫/图 1.png"
    update_manifest(root, pictures={name: PictureFacts(held_out=True, repeats=2)})
    assert [one.held_out for one in scan_dataset(root).pictures] == [False, True, True, True]
    assert [one.repeats for one in scan_dataset(root, repeats=7).pictures] == [7, 2, 9, 2]
    update_manifest(root, pictures={name: PictureFacts(excluded=True)})
    assert [one.name for one in scan_dataset(root).pictures] == ["4_小 猫/b.png"]


def test_a_box_outside_of_the_picture_is_told_with_the_views_name(root: Path) -> None:
    views = {"too far": ViewFacts(crop=Box(0, 0, 41, 30))}
    update_manifest(root, pictures={"4_小 猫/b.png": PictureFacts(views=views)})
    (problem,) = scan_dataset(root).problems
    assert "b.png#too far" in problem.text.en and "b.png#too far" in problem.text.zh


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("views.face.box = [1, 2, 3, 4]", r"views\.face\.box.*did you mean|choose one of: crop"),
        ("mirror = 'sometimes'", "mirror = 'sometimes'"),
        ("views.'a.b'.repeats = 1", "a.b"),
        ("views.'a#b'.repeats = 1", "a#b"),
    ],
)
def test_mistakes_in_the_manifest(tmp_path: Path, line: str, said: str) -> None:
    (tmp_path / MANIFEST_NAME).write_text(f'[pictures."a.png"]\n{line}\n', encoding="utf-8")
    with pytest.raises(UserError, match=said):
        read_manifest(tmp_path)


VIEWS = st.dictionaries(
    st.sampled_from(["face", "半身", "a b"]),
    st.builds(
        ViewFacts,
        crop=st.none() | st.just(FACE),
        repeats=st.none() | st.integers(1, 9),
        mirror=st.sampled_from([None, True, False, "always"]),
    ),
)


@given(st.lists(VIEWS, min_size=1, max_size=4))
def test_views_are_written_as_they_are_given(
    tmp_path_factory: pytest.TempPathFactory, steps: list[dict[str, ViewFacts]]
) -> None:
    root = tmp_path_factory.mktemp("m")
    (root / MANIFEST_NAME).write_text('# mine\n[pictures."a.png"]\nrepeats = 3 # kept\n', encoding="utf-8")
    for views in steps:
        update_manifest(root, pictures={"a.png": PictureFacts(views=views)})
        facts = read_manifest(root).pictures["a.png"]
        assert (facts.views or {}) == views and facts.repeats == 3
    text = (root / MANIFEST_NAME).read_text("utf-8")
    assert "# mine" in text and "# kept" in text


def test_comments_of_views_that_stay_are_kept(tmp_path: Path) -> None:
    inline = "views = {face = {repeats = 2}, b = {repeats = 3}} # mine"
    (tmp_path / MANIFEST_NAME).write_text(f'[pictures."a.png"]\n{inline}\n', encoding="utf-8")
    views = {"face": ViewFacts(repeats=2), "c": ViewFacts(crop=FACE)}
    update_manifest(tmp_path, pictures={"a.png": PictureFacts(views=views)})
    assert read_manifest(tmp_path).pictures["a.png"].views == views
    assert "# mine" in (tmp_path / MANIFEST_NAME).read_text("utf-8")


@pytest.mark.parametrize(
    "text",
    [
        '[pictures."a.png"]\nviews.face.repeats = 2\n',
        '[pictures]\n"a.png" = {repeats = 2}\n',
        'pictures."a.png".views.face.repeats = 3\n',
        '[pictures."a.png".views.face]\nrepeats = 3\n[pictures."b.png"]\nrepeats = 2\n',
    ],
)
def test_however_people_write_it(tmp_path: Path, text: str) -> None:
    (tmp_path / MANIFEST_NAME).write_text(text, encoding="utf-8")
    views = {"face": ViewFacts(repeats=9), "x": ViewFacts(crop=FACE)}
    update_manifest(tmp_path, pictures={"a.png": PictureFacts(views=views, repeats=4)})
    assert read_manifest(tmp_path).pictures["a.png"] == PictureFacts(views=views, repeats=4)
    update_manifest(tmp_path, pictures={"a.png": PictureFacts(views={})})
    assert read_manifest(tmp_path).pictures["a.png"] == PictureFacts(repeats=4)


def test_a_mirrored_view_is_shown_as_the_mirrored_file_is(root: Path) -> None:
    """In its bucket, to the tagger and the search for duplicates, in what SDXL is told, and in the keys of caches."""
    dataset = scan_dataset(root)
    whole = replace(dataset.pictures[1], crop=FACE, mirror=None)
    other = replace(whole, mirror="always")
    file = root / "mirrored.png"
    Image.open(whole.path).transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(file)
    twin = replace(whole, path=file, crop=mirrored_box(FACE, whole.size.width))
    assert np.array_equal(shown_part(other), shown_part(twin))
    assert (
        np.abs(
            np.asarray(render_picture(other, Size(16, 24)), int) - np.asarray(render_picture(twin, Size(16, 24)), int)
        ).max()
        <= 1
    )
    assert framing_of(other, Size(16, 24), flipped=True) == framing_of(twin, Size(16, 24))
    assert len({shown_key(one) for one in (whole, other, replace(whole, crop=None))}) == 3
    assert renditions(AugmentationConfig(flip=True), other.mirror) == [Rendition(flipped=True)]


@pytest.mark.parametrize(
    ("flip", "mirror", "shown"),
    [
        (True, None, [False, True]),
        (True, False, [False]),
        (False, None, [False]),
        (False, True, [False, True]),
        (True, "always", [True]),
        (False, "always", [True]),
    ],
)
def test_a_pictures_own_word_comes_before_the_recipes(flip: bool, mirror: object, shown: list[bool]) -> None:
    found = renditions(AugmentationConfig(flip=flip, colours=1), mirror)  # type: ignore[arg-type]
    assert [one.flipped for one in found] == shown * 2


def test_views_share_the_mask_of_their_picture(root: Path) -> None:
    Image.new("L", (40, 30), 255).save(root / "4_小 猫/图 1.mask.png")
    masked = with_masks(scan_dataset(root), MaskConfig(source="files"))
    assert [one.mask is not None for one in masked.pictures] == [False, True, True, True]


def test_views_of_one_picture_are_on_one_side(root: Path) -> None:
    dataset = scan_dataset(root)
    held_out = held_out_by(dataset, count=1, seed=1)
    assert held_out == [0]  # three of four would be more than half
    assert join_views(dataset.pictures, [[0], [1], [2], [3]]) == [[0], [1, 2, 3]]
    assert join_views(dataset.pictures, [[1], [0, 2], [3]]) == [[0, 1, 2, 3]]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("1girl, eyepatch, smile", "eyepatch"),
        ("scar_on_cheek", "scar"),
        ("single braid", "single braid"),
        ("asymmetrical hair", "asymmetrical"),
        ("mole under eye", "mole"),
        ("side ponytail", "side ponytail"),
        ("heterochromia", "heterochromia"),
        ("异色瞳", "异色瞳"),
        ("red scarf, molecule, singleton, context, outside", None),
    ],
)
def test_words_that_have_sides(text: str, word: str | None) -> None:
    found = sided_word(text)
    assert found == word or (word is not None and found is not None and found.startswith(word))


def test_only_pictures_that_are_mirrored_are_warned_of() -> None:
    concept = Concept("hero", 1, None, False, ())

    def told(mirror: object, *, flip: bool) -> bool:
        one = Picture(Path("a.png"), "a.png", 0, Size(8, 8), 1, "eyepatch", None, mirror=mirror)  # type: ignore[arg-type]
        return bool(tell_asymmetry(Dataset(Path(), (concept,), (one,), ()), AugmentationConfig(flip=flip)))

    assert told(True, flip=False) and told("always", flip=False) and told(None, flip=True)
    assert not told(False, flip=True) and not told(None, flip=False)
