"""Train the finder of drawn faces: `python -m embedded.train_faces`, which also exports it.

A small convolutional network that sees a picture at 192 × 192 and gives, on a grid of 24 × 24, how likely a head has
its centre there (Zhou et al., 2019, "Objects as Points"), the head's box and the whole figure's box, as distances
from the cell's middle. Pictures are put together as it goes (`figures`), from portraits of the styles that the base
knows; the two held-out styles stay out. Goes on where it was after a kill.
In: the renderer. Out: `src/danlu/data/danlu-mini-faces/model.onnx`, weights in fp16.
"""

import argparse
import math
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from onnx import TensorProto, helper, numpy_helper
from PIL import Image
from torch import Tensor, nn

from embedded.figures import SIDE, Figure, cut_out, draw_scene
from embedded.muon import Muon
from embedded.pictures import BUILD, render, write_lines
from embedded.portraits import Framing, draw_identity, draw_portrait, is_reserved
from embedded.progress import Ema, Reporter, load_snapshot, save_snapshot
from embedded.train_tagger import Residual
from embedded.vocabulary import styles

GRID = 24
CELL = SIDE // GRID
PORTRAITS = 300
"""Of each style."""
TARGET = Path("src/danlu/data/danlu-mini-faces/model.onnx")


class FaceFinder(nn.Module):
    """RGB 0…255, (N, 3, 192, 192), to (N, 9, 24, 24): a score 0…1, then left, top, right, bottom of head and of figure
    as distances from the cell's middle, in sides of the picture.
    """

    def __init__(self) -> None:
        super().__init__()
        self.fine = nn.Sequential(_down(3, 16), _down(16, 32), Residual(32), _down(32, 64), Residual(64))
        self.middle = nn.Sequential(_down(64, 96), Residual(96))
        self.coarse = nn.Sequential(_down(96, 96), Residual(96), Residual(96))
        self.from_middle = nn.Conv2d(96, 64, 1)
        self.from_coarse = nn.Conv2d(96, 64, 1)
        self.joined = Residual(64)
        self.score = nn.Conv2d(64, 1, 1)
        self.boxes = nn.Conv2d(64, 8, 1)
        nn.init.constant_(self.score.bias, -4.0)  # type: ignore[arg-type]

    def logits(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Scores before the sigmoid (N, 1, 24, 24), and distances (N, 8, 24, 24)."""
        fine = self.fine(x / 127.5 - 1)
        middle = self.middle(fine)
        coarse = self.coarse(middle)
        size = fine.shape[2:]
        joined = fine + F.interpolate(self.from_middle(middle), size, mode="bilinear", align_corners=False)
        joined = joined + F.interpolate(self.from_coarse(coarse), size, mode="bilinear", align_corners=False)
        joined = self.joined(joined)
        return self.score(joined), F.softplus(self.boxes(joined).float())

    def forward(self, x: Tensor) -> Tensor:
        """(N, 9, 24, 24)."""
        score, boxes = self.logits(x)
        return torch.cat([score.sigmoid(), boxes], 1)


def _down(inside: int, outside: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inside, outside, 3, 2, 1, bias=False), nn.BatchNorm2d(outside), nn.SiLU(inplace=True)
    )


# ---------------------------------------------------------------- pictures


def draw_figures() -> list[Figure]:
    """Portraits of every style that the base knows, cut out; drawn once into `build/embedded/faces`."""
    folder = BUILD / "faces"
    trained = [style for style in styles().values() if not style.held_out]
    names = [style.name for style in trained for _ in range(PORTRAITS)]
    if not (folder / "done").exists():
        rng = random.Random("danlu faces")
        portraits = []
        while len(portraits) < len(names):
            identity = draw_identity(rng, styles()[names[len(portraits)]])
            if not is_reserved(identity):
                drawn = draw_portrait(rng, identity, Framing(160, 160, 1.0, 0.0, 0.0))
                portraits.append(replace(drawn, background="00000000"))
        write_lines(portraits, folder / "portraits.jsonl")
        render(folder / "portraits.jsonl", f"{folder}/")
        (folder / "done").touch()
    return [cut_out(np.asarray(Image.open(folder / f"{number:02d}.png")), name) for number, name in enumerate(names, 1)]


def draw_batch(figures: list[Figure], rng: random.Random, count: int) -> tuple[Tensor, Tensor, Tensor]:
    """Pictures (N, 3, 192, 192); the wished scores (N, 24, 24); boxes (N, 9, 24, 24), first whether there is one."""
    noise = np.random.default_rng(rng.randrange(2**32))
    pixels = np.zeros((count, SIDE, SIDE, 3), np.float32)
    heat, boxes = np.zeros((count, GRID, GRID), np.float32), np.zeros((count, 9, GRID, GRID), np.float32)
    for place in range(count):
        scene = draw_scene(figures, rng)
        grain = noise.normal(0, rng.choice((0, 0, 3, 10)), scene.pixels.shape)
        pixels[place] = (scene.pixels + grain).clip(0, 255)
        for head, whole in zip(scene.heads, scene.wholes, strict=True):
            _mark(heat[place], boxes[place], head, whole)
    return torch.from_numpy(pixels).permute(0, 3, 1, 2), torch.from_numpy(heat), torch.from_numpy(boxes)


def _mark(heat: np.ndarray, boxes: np.ndarray, head: tuple[float, ...], whole: tuple[float, ...]) -> None:
    """Write one figure's targets: a peak around the head's centre, boxes in the cells next to it."""
    x, y = (head[0] + head[2]) / 2 / CELL - 0.5, (head[1] + head[3]) / 2 / CELL - 0.5
    across, down = (head[2] - head[0]) / CELL, (head[3] - head[1]) / CELL
    columns, rows = np.meshgrid(np.arange(GRID), np.arange(GRID))
    spread = max(0.6, 0.12 * min(across, down))
    peak = np.exp(-((columns - round(x)) ** 2 + (rows - round(y)) ** 2) / (2 * spread**2))
    np.maximum(heat, peak, out=heat)
    near = (abs(columns - x) <= max(0.75, across / 6)) & (abs(rows - y) <= max(0.75, down / 6))
    middles = np.stack([(columns + 0.5) * CELL, (rows + 0.5) * CELL])
    distances = [sign * (edge - middles[axis]) / SIDE for box in (head, whole)
                 for edge, axis, sign in zip(box, (0, 1, 0, 1), (-1, -1, 1, 1), strict=True)]  # fmt: skip
    boxes[:, near] = np.stack([np.ones((GRID, GRID)), *distances])[:, near]


# ---------------------------------------------------------------- training


def loss_of(score: Tensor, found: Tensor, heat: Tensor, boxes: Tensor) -> Tensor:
    """Focal loss of the peaks (Zhou et al.), and of the boxes: 1 - IoU plus distances."""
    score = score[:, 0].float()
    p, sure = score.sigmoid(), heat > 0.99
    peaks = torch.where(
        sure, -((1 - p) ** 2) * F.logsigmoid(score), -((1 - heat) ** 4) * p**2 * F.logsigmoid(-score)
    ).sum() / sure.sum().clamp_min(1)
    there = boxes[:, 0] > 0
    total = peaks
    for start in (0, 4):
        got = found[:, start : start + 4].permute(0, 2, 3, 1)[there]
        want = boxes[:, start + 1 : start + 5].permute(0, 2, 3, 1)[there]
        inside = torch.minimum(got, want).clamp_min(0)
        both = (inside[:, 0] + inside[:, 2]) * (inside[:, 1] + inside[:, 3])
        areas = [(each[:, 0] + each[:, 2]) * (each[:, 1] + each[:, 3]) for each in (got, want)]
        overlap = both / (areas[0] + areas[1] - both).clamp_min(1e-4)
        total = total + (1 - overlap).mean() + 5 * (got - want).abs().mean()
    return total


def train(steps: int, batch: int, lr: float) -> None:
    """The whole training; the averaged network is kept in the snapshot."""
    torch.manual_seed(7)
    finder = FaceFinder().to(memory_format=torch.channels_last)
    heads = [finder.score.weight, finder.boxes.weight]
    optimizer = Muon(finder.parameters(), lr, heads, decay=0.02)
    ema = Ema(finder, 0.995)
    path, start = BUILD / "faces.pt", 0
    if saved := load_snapshot(path):
        finder.load_state_dict(saved["finder"])
        optimizer.load_state_dict(saved["optimizer"])
        ema.restore(saved["ema"])
        start = saved["step"]
    figures, reporter = draw_figures(), Reporter(steps)
    for step in range(start, steps):
        pixels, heat, boxes = draw_batch(figures, random.Random(f"faces {step}"), batch)
        for group in optimizer.param_groups:
            group["lr"] = lr * min(1, (step + 1) / 50) * 0.5 * (1 + math.cos(math.pi * step / steps)) + 1e-6
        with torch.autocast("cpu", torch.bfloat16):
            score, found = finder.logits(pixels.contiguous(memory_format=torch.channels_last))
        loss = loss_of(score, found, heat, boxes)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        ema.update(finder)
        reporter.report(step + 1, loss.item())
        if (step + 1) % 100 == 0 or step + 1 == steps:
            state = {"finder": finder.state_dict(), "optimizer": optimizer.state_dict(), "ema": ema.state()}
            save_snapshot(path, state | {"step": step + 1})


def export() -> None:
    """Write the ONNX file, its large weights in fp16 with a cast behind each."""
    saved = load_snapshot(BUILD / "faces.pt")
    assert saved is not None, "train first"
    finder = FaceFinder()
    finder.load_state_dict(saved["finder"])
    ema = Ema(finder, 0.995)
    ema.restore(saved["ema"])
    ema.copy_to(finder)
    scratch = BUILD / "faces.onnx"
    torch.onnx.export(
        finder.eval(), (torch.rand(2, 3, SIDE, SIDE) * 255,), str(scratch), input_names=["input"],
        output_names=["output"], dynamic_axes={"input": {0: "batch"}, "output": {0: "batch"}}, dynamo=False,
        opset_version=17,
    )  # fmt: skip
    model = onnx.load(scratch)
    halve(model)
    onnx.checker.check_model(model)
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, TARGET)
    print(f"{TARGET}: {TARGET.stat().st_size / 1e6:.2f} MB")


def halve(model: onnx.ModelProto) -> None:
    """Keep large weights as fp16; they are cast back when the model is loaded."""
    casts = []
    for weight in model.graph.initializer:
        if weight.data_type == TensorProto.FLOAT and math.prod(weight.dims) > 256:
            name, values = weight.name, numpy_helper.to_array(weight).astype(np.float16)
            weight.CopyFrom(numpy_helper.from_array(values, f"{name}.half"))
            casts.append(helper.make_node("Cast", [f"{name}.half"], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)


def main() -> None:
    """Train, then export."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=1700)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--lr", type=float, default=2e-3)
    parser.add_argument("--export", action="store_true", help="only write the ONNX file from the snapshot")
    args = parser.parse_args()
    if not args.export:
        train(args.steps, args.batch, args.lr)
    export()


if __name__ == "__main__":
    main()
