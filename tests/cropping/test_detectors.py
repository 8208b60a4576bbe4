"""Detectors: each keeps the contract, finds what it is for, and says why where it can't be used."""

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from danlu.cropping.base import Detector, find_detectors
from danlu.cropping.boxes import share_inside
from danlu.cropping.network import squares
from danlu.datasets.pictures import Box, Size
from danlu.kit.errors import UserError
from danlu.kit.variants import kinds_of

PHOTO = Path("tests/data/photo-face.jpg")
FACE_IN_PHOTO = Box(49, 32, 109, 92)
DRAWN = Path("tests/data/heldout/character/01.png")
USABLE = find_detectors()


def test_all_that_need_no_file_are_used_where_they_can_be() -> None:
    kinds = {detector.kind for detector in USABLE}  # type: ignore[attr-defined]
    assert {"saliency", "drawn_faces", "photo_faces"} <= kinds
    assert "yunet" not in kinds
    assert ("anime_faces" in kinds) == (find_spec("animeface") is not None)


@pytest.mark.parametrize("detector", USABLE, ids=lambda detector: detector.kind)
@pytest.mark.parametrize("size", [(1, 1), (7, 900), (900, 7), (300, 200)])
def test_boxes_lie_within_and_scores_between_0_and_1(detector: Detector, size: tuple[int, int]) -> None:
    noise = np.random.default_rng(3).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    for found in detector.detect(Image.fromarray(noise)):
        assert found.box.lies_within(Size(*size))
        assert 0 <= found.score <= 1


@pytest.mark.parametrize("kind", sorted(kinds_of(Detector)))
def test_a_detector_asked_for_by_name_is_given_or_its_lack_is_told(kind: str) -> None:
    known = kinds_of(Detector)[kind]
    if known.takes_file or known.model_validate({}).missing():
        with pytest.raises(UserError, match=kind):
            find_detectors([kind])
    else:
        assert [type(one) for one in find_detectors([kind, kind])] == [known]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("salience", "did you mean 'saliency'"),
        ("saliency=a.onnx", "takes no file"),
        ("yunet=missing.onnx", "missing.onnx"),
    ],
)
def test_a_slip_in_a_name_is_told(name: str, told: str) -> None:
    with pytest.raises(UserError, match=told):
        find_detectors([name])


def test_a_file_that_is_no_yunet_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.onnx").write_bytes(b"no network")
    (detector,) = find_detectors([f"yunet={tmp_path / 'a.onnx'}"])
    with pytest.raises(UserError, match="YuNet"):
        detector.detect(Image.new("RGB", (64, 64)))


@pytest.mark.parametrize("side", [160, 480])
@pytest.mark.parametrize("place", [(0, 0), (300, 500)])
def test_photographed_faces_are_found_wherever_they_are(side: int, place: tuple[int, int]) -> None:
    (detector,) = find_detectors(["photo_faces"])
    picture = Image.new("RGB", (800, 1000), (90, 120, 90))
    picture.paste(Image.open(PHOTO).resize((side, side)), place)
    (face,) = detector.detect(picture)
    true = Box(*(round(edge * side / 160 + shift) for edge, shift in zip(FACE_IN_PHOTO, (*place, *place), strict=True)))
    assert face.label == "face" and face.score > 0.6
    assert share_inside(true, face.box) > 0.6 and share_inside(face.box, true) > 0.6


def test_drawn_heads_and_figures_are_found_in_styles_that_were_never_seen(figures: Callable[..., list]) -> None:
    (detector,) = find_detectors(["drawn_faces"])
    found = 0
    drawings = figures("detectors", 21)
    for drawn in drawings:
        detections = detector.detect(drawn.image)
        heads = [one for one in detections if one.label == "head"]
        persons = [one for one in detections if one.label == "person"]
        assert len(heads) == len(persons)
        found += any(share_inside(drawn.head, head.box) > 0.5 for head in heads)
    assert found >= 0.85 * len(drawings)


def test_squares_cover_a_picture() -> None:
    for size, side in ((Size(300, 100), 100), (Size(100, 250), 100), (Size(100, 100), 50)):
        parts = squares(size, side)
        covered = np.zeros((size.height, size.width), bool)
        for left, top, right, bottom in parts:
            assert (right - left, bottom - top) == (side, side)
            covered[top:bottom, left:right] = True
        assert covered.all()
    assert squares(Size(90, 90), 90) == []


def test_the_help_names_every_detector() -> None:
    from danlu.cli.cropping import DETECTOR_HELP

    for kind in kinds_of(Detector):
        assert kind in DETECTOR_HELP.en and kind in DETECTOR_HELP.zh
