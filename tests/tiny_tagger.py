"""A tagger in WD14's format that is a few nodes of ONNX: what it says of a picture can be worked out by hand."""

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SIDE = 8
RATINGS = ["general", "sensitive", "questionable", "explicit"]
COLOURS = {"red_hair": (0, 0, 1), "green_hair": (0, 1, 0), "blue_hair": (1, 0, 0)}
"""Tags and their BGR: the share of a colour in the picture is the tag's score."""
ALWAYS = ["solo", "^_^"]


def make_tagger(folder: Path, *, groups: dict[str, list[str]] | None = None, rows: int | None = None) -> Path:
    """Write a tagger: colours score their mean level, `solo` .9, `^_^` .6, `general` 1, `miku_(vocaloid)` .1."""
    weights = np.zeros((3, 4 + len(COLOURS) + len(ALWAYS) + 1), np.float32)
    bias = np.array([1, 0, 0, 0, 0, 0, 0, 0.9, 0.6, 0.1], np.float32)
    for number, bgr in enumerate(COLOURS.values()):
        weights[:, 4 + number] = np.array(bgr) / 255
    graph = helper.make_graph(
        [
            helper.make_node("ReduceMean", ["pixels", "axes"], ["mean"], keepdims=0),
            helper.make_node("Gemm", ["mean", "weights", "bias"], ["scores"]),
        ],
        "tagger",
        [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["batch", SIDE, SIDE, 3])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["batch", weights.shape[1]])],
        [
            numpy_helper.from_array(np.array([1, 2], np.int64), "axes"),
            numpy_helper.from_array(weights, "weights"),
            numpy_helper.from_array(bias, "bias"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    folder.mkdir(parents=True, exist_ok=True)
    onnx.save(model, folder / "model.onnx")
    names = [*((name, 9) for name in RATINGS), *((name, 0) for name in [*COLOURS, *ALWAYS]), ("miku_(vocaloid)", 4)]
    with (folder / "selected_tags.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["tag_id", "name", "category", "count"])
        writer.writerows([number, name, category, 1] for number, (name, category) in enumerate(names[:rows]))
    if groups is not None:
        (folder / "groups.json").write_text(json.dumps(groups), encoding="utf-8")
    return folder


def make_echo(
    folder: Path, tags: Mapping[str, str], *, shape: Sequence[int | str], name: str = "model.onnx", half: bool = False
) -> Path:
    """Write a model that gives the values it is shown back, flattened, and beside it the files `tags` (name: text)."""
    kind = TensorProto.FLOAT16 if half else TensorProto.FLOAT
    graph = helper.make_graph(
        [helper.make_node("Flatten", ["pixels"], ["values"], axis=1)],
        "echo",
        [helper.make_tensor_value_info("pixels", kind, list(shape))],
        [helper.make_tensor_value_info("values", kind, [shape[0], "tags"])],
    )
    folder.mkdir(parents=True, exist_ok=True)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.save(model, folder / name)
    for file, text in tags.items():
        (folder / file).write_text(text, encoding="utf-8")
    return folder


def make_constant(folder: Path, tags: Sequence[tuple[str, str, float]]) -> Path:
    """Write a tagger in cl_tagger's format that gives every picture the same scores: (tag, category, score) each."""
    scores = np.array([score for _, _, score in tags])
    logits = np.log(scores / (1 - scores)).astype(np.float32)
    nodes = [
        helper.make_node("ReduceMean", ["pixels", "axes"], ["mean"], keepdims=0),
        helper.make_node("Gemm", ["mean", "weights", "logits"], ["scores"]),
    ]
    constants = {
        "axes": np.array([2, 3], np.int64),
        "weights": np.zeros((3, len(tags)), np.float32),
        "logits": logits,
    }
    graph = helper.make_graph(
        nodes,
        "constant",
        [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["batch", 3, SIDE, SIDE])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["batch", len(tags)])],
        [numpy_helper.from_array(values, name) for name, values in constants.items()],
    )
    folder.mkdir(parents=True, exist_ok=True)
    onnx.save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9), folder / "model.onnx"
    )
    mapping = {str(number): {"tag": tag, "category": word.title()} for number, (tag, word, _) in enumerate(tags)}
    (folder / "tag_mapping.json").write_text(json.dumps(mapping), encoding="utf-8")
    return folder
