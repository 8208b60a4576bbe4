"""The detector is fed as NudeNet feeds its own, and its classes are read from the file."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from danlu.health.examine import Report
from danlu.health.kinds.nsfw import Nsfw, prepare
from danlu.health.look import look_at
from danlu.kit.errors import UserError
from synthetic_pictures import photo

NAMES = {0: "FACE_FEMALE", 1: "FEMALE_BREAST_EXPOSED"}
SIDE = 64


def make_detector(path: Path, names: dict[int, str]) -> Path:
    """A model in YOLOv8's layout with one box, whose second class scores as red as the picture's upper left is."""
    first = numpy_helper.from_array(np.array([0, 0, 0, 0], np.int64), "first")
    last = numpy_helper.from_array(np.array([1, 1, 1, 1], np.int64), "last")
    head = numpy_helper.from_array(np.full((1, 5, 1), 0.1, np.float32), "head")
    shape = numpy_helper.from_array(np.array([1, 1, 1], np.int64), "shape")
    nodes = [
        helper.make_node("Slice", ["images", "first", "last"], ["pixel"]),
        helper.make_node("Reshape", ["pixel", "shape"], ["red"]),
        helper.make_node("Concat", ["head", "red"], ["output0"], axis=1),
    ]
    graph = helper.make_graph(
        nodes,
        "detector",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, SIDE, SIDE])],
        [helper.make_tensor_value_info("output0", TensorProto.FLOAT, [1, 6, 1])],
        [first, last, head, shape],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    helper.set_model_props(model, {"names": str(names), "imgsz": f"[{SIDE}, {SIDE}]"})
    onnx.save(model, str(path))
    return path


def test_a_score_is_told_with_its_class(tmp_path: Path, check: Callable[..., Report]) -> None:
    model = make_detector(tmp_path / "model.onnx", NAMES)
    root = tmp_path / "pictures"
    root.mkdir()
    red = photo(0)
    red.paste((255, 0, 0), (0, 0, 60, 60))
    red.save(root / "red.png")
    green = photo(1)
    green.paste((0, 255, 0), (0, 0, 60, 60))
    green.save(root / "green.png")
    report = check(root, Nsfw(model=model))
    assert [(one.picture, one.severity) for one in report.findings] == [("red.png", "warning")]
    assert "female breast exposed, score 1.00" in report.findings[0].text.en
    assert report.findings[0].fix and not report.findings[0].fix.safe
    assert check(root, Nsfw()).findings == ()


def test_pictures_are_filled_up_with_black_at_the_right_and_below(tmp_path: Path) -> None:
    photo(0, (200, 100)).save(tmp_path / "a.png")
    view = prepare(look_at(tmp_path / "a.png"), SIDE)
    assert view.shape == (1, 3, SIDE, SIDE) and view.dtype == np.float32
    assert view[0, :, :32].mean() > 0.2 and view[0, :, 32:].max() == 0 and view.max() <= 1


@pytest.mark.parametrize("names", [{}, {0: "cat"}])
def test_another_model_is_refused(tmp_path: Path, check: Callable[..., Report], names: dict[int, str]) -> None:
    photo(0).save(tmp_path / "a.png")
    with pytest.raises(UserError, match="isn't a detector as NudeNet's"):
        check(tmp_path, Nsfw(model=make_detector(tmp_path / "model.onnx", names)))


def test_a_file_that_is_no_model_is_refused(tmp_path: Path, check: Callable[..., Report]) -> None:
    photo(0).save(tmp_path / "a.png")
    (tmp_path / "model.onnx").write_bytes(b"no model")
    with pytest.raises(UserError, match="isn't a detector as NudeNet's"):
        check(tmp_path, Nsfw(model=tmp_path / "model.onnx"))
