"""What tagging costs over the bare model: `python bench/tagging.py`.

A model of WD14's size (ViT-B/16 at 448 px with 10,861 tags, random weights) runs on the same pictures in turn (ABAB…):
bare, which is onnxruntime's session on a batch that is decoded and prepared already; and as `danlu tag` does it, from
JPEG files of 1.5 megapixels to scores in the cache. Then other options are applied to the stored scores. On a machine
that others use too (see `load`), their turns are in both rates, but not in equal parts; `cpu_ratio` compares CPU time.
"""

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from machine import save
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

from danlu.datasets.scan import scan_dataset
from danlu.tagging.base import Tagger, find_tagger
from danlu.tagging.options import TagOptions
from danlu.tagging.scores import BATCH, score_pictures
from danlu.tagging.tag import tag_dataset

SIDE, PATCH, WIDTH, LAYERS, HEADS, TAGS = 448, 16, 768, 12, 12, 10_861
PICTURES, ROUNDS, AGAIN = 2 * BATCH, 4, 9
SIZE = (1440, 1080)
RARITY = 2.0
"""What is taken off every logit."""


def main() -> None:
    """Measure and save."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["DANLU_CACHE"] = str(folder / "cache")
        tagger = find_tagger(str(make_tagger(folder / "tagger")))
        root = make_pictures(folder / "pictures")
        before = os.getloadavg()[0]
        rates = measure(tagger, root, folder)
        load = [before, os.getloadavg()[0]]
        again = {
            "options_seconds": measure_again(tagger, root, dry_run=True),
            "options_bar_seconds": 0.05,
            "options_and_writing_seconds": measure_again(tagger, root, dry_run=False),
        }
    ratios = [ours / bare for bare, ours in zip(rates["bare"], rates["danlu"], strict=True)]
    result = {
        "what": f"pictures a second, ViT-B/16 at {SIDE} px, {TAGS} tags, batches of {BATCH}, JPEG of {SIZE}",
        "bare": statistics.median(rates["bare"]),
        "danlu": statistics.median(rates["danlu"]),
        "ratio": statistics.median(ratios),
        "ratios": ratios,
        "cpu_ratio": statistics.median(rates["danlu cpu"]) / statistics.median(rates["bare cpu"]),
        "bar": 0.95,
        "load": load,  # how many processes wanted the cores before and after, in the mean of a minute
        "again": f"a whole `danlu tag` of {PICTURES} pictures with other options, when their scores are stored",
        **again,
    }
    save("tagging", result)
    sys.exit(result["ratio"] < result["bar"] or again["options_seconds"] > again["options_bar_seconds"])


def measure(tagger: Tagger, root: Path, folder: Path) -> dict[str, list[float]]:
    """Pictures a second, of the clock and of CPU time, of the bare session and of Danlu, in turn."""
    pictures = scan_dataset(root).pictures
    images = [Image.open(picture.path).convert("RGB") for picture in pictures]
    inputs = [
        np.stack([tagger.prepare(image) for image in images[at : at + BATCH]]) for at in range(0, PICTURES, BATCH)
    ]
    options = onnxruntime.SessionOptions()
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # as Danlu's: spinning counts as CPU time
    model = folder / "tagger" / "model.onnx"
    session: Any = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    session.run(None, {"pixels": inputs[0][:1]})
    tagger.scores(images[:1])
    rates: dict[str, list[float]] = {"bare": [], "danlu": [], "bare cpu": [], "danlu cpu": []}
    for number in range(ROUNDS):
        os.environ["DANLU_CACHE"] = str(folder / f"cache {number}")
        order = ("bare", "danlu") if number % 2 == 0 else ("danlu", "bare")
        for arm in order:
            started, cpu = time.perf_counter(), time.process_time()
            if arm == "bare":
                for batch in inputs:
                    session.run(None, {"pixels": batch})
            else:
                assert score_pictures(tagger, pictures).computed == PICTURES
            rates[arm].append(PICTURES / (time.perf_counter() - started))
            rates[f"{arm} cpu"].append(PICTURES / (time.process_time() - cpu))
            print(number, arm, round(rates[arm][-1], 3), round(rates[f"{arm} cpu"][-1], 3), file=sys.stderr)
    return rates


def measure_again(tagger: Tagger, root: Path, *, dry_run: bool) -> float:
    """Median seconds of a whole `danlu tag` with other options, when all scores are stored."""
    seconds: list[float] = []
    for number in range(AGAIN):
        options = TagOptions(threshold=0.4 + 0.02 * number, order="alphabet" if number % 2 else "confidence")
        started = time.perf_counter()
        assert tag_dataset(root, tagger, options, dry_run=dry_run).computed == 0
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)


def make_pictures(root: Path) -> Path:
    """JPEG files with the smoothness of photographs and some grain."""
    root.mkdir()
    rng = np.random.default_rng(0)
    for number in range(PICTURES):
        coarse = Image.fromarray(rng.integers(0, 256, (18, 24, 3), np.uint8)).resize(SIZE, Image.Resampling.BICUBIC)
        grain = rng.normal(0, 6, (SIZE[1], SIZE[0], 3))
        pixels = (np.asarray(coarse, np.float64) + grain).clip(0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(root / f"{number:03d}.jpg", quality=92)
    return root


def make_tagger(folder: Path) -> Path:
    """A vision transformer (Dosovitskiy et al., 2021) in WD14's layout."""
    folder.mkdir()
    onnx.save(Builder().build(), folder / "model.onnx")
    rows = "".join(f"{number},tag_{number},{0 if number >= 4 else 9},1\n" for number in range(TAGS))
    (folder / "selected_tags.csv").write_text("tag_id,name,category,count\n" + rows)
    return folder


class Builder:
    """The graph, node by node."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self.rng = np.random.default_rng(0)

    def build(self) -> onnx.ModelProto:
        """Pixels (N, 448, 448, 3) to probabilities (N, tags)."""
        tokens = (SIDE // PATCH) ** 2
        x = self.add("Transpose", "pixels", perm=[0, 3, 1, 2])
        x = self.add("Mul", x, self.constant(np.float32(1 / 255)))
        x = self.add("Conv", x, self.weight(WIDTH, 3, PATCH, PATCH), strides=[PATCH, PATCH])
        x = self.add("Reshape", x, self.constant(np.array([0, WIDTH, tokens], np.int64)))
        x = self.add("Add", self.add("Transpose", x, perm=[0, 2, 1]), self.weight(1, tokens, WIDTH))
        for _ in range(LAYERS):
            x = self.add("Add", x, self.attention(self.norm(x)))
            hidden = self.add("Gelu", self.linear(self.norm(x), WIDTH, 4 * WIDTH))
            x = self.add("Add", x, self.linear(hidden, 4 * WIDTH, WIDTH))
        x = self.add("ReduceMean", self.norm(x), self.constant(np.array([1], np.int64)), keepdims=0)
        # Few tags are true of a picture, as with trained weights: about fifteen of 10,861.
        x = self.add("Sub", self.linear(x, WIDTH, TAGS), self.constant(np.float32(RARITY)))
        x = self.add("Sigmoid", x)
        self.nodes.append(helper.make_node("Identity", [x], ["scores"]))
        graph = helper.make_graph(
            self.nodes,
            "vit",
            [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["batch", SIDE, SIDE, 3])],
            [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["batch", TAGS])],
            self.constants,
        )
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)

    def attention(self, x: str) -> str:
        """Self-attention with 12 heads."""
        shape = self.constant(np.array([0, 0, HEADS, WIDTH // HEADS], np.int64))
        query, key, value = (
            self.add("Transpose", self.add("Reshape", self.linear(x, WIDTH, WIDTH), shape), perm=perm)
            for perm in ([0, 2, 1, 3], [0, 2, 3, 1], [0, 2, 1, 3])
        )
        scale = self.constant(np.float32((WIDTH // HEADS) ** -0.5))
        weights = self.add("Softmax", self.add("Mul", self.add("MatMul", query, key), scale), axis=-1)
        mixed = self.add("Transpose", self.add("MatMul", weights, value), perm=[0, 2, 1, 3])
        flat = self.add("Reshape", mixed, self.constant(np.array([0, 0, WIDTH], np.int64)))
        return self.linear(flat, WIDTH, WIDTH)

    def linear(self, x: str, width_in: int, width_out: int) -> str:
        """x W + b."""
        return self.add("Add", self.add("MatMul", x, self.weight(width_in, width_out)), self.weight(width_out))

    def norm(self, x: str) -> str:
        """Layer norm."""
        ones = self.constant(np.ones(WIDTH, np.float32))
        return self.add("LayerNormalization", x, ones, self.weight(WIDTH), axis=-1)

    def weight(self, *shape: int) -> str:
        """A random tensor."""
        return self.constant(self.rng.standard_normal(shape, np.float32) * np.float32(0.02))

    def constant(self, values: Any) -> str:
        """A tensor of the graph."""
        name = f"constant {len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(values), name))
        return name

    def add(self, operator: str, *inputs: str, **attributes: Any) -> str:
        """A node; returns the name of what it gives."""
        name = f"value {len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(inputs), [name], **attributes))
        return name


if __name__ == "__main__":
    main()
