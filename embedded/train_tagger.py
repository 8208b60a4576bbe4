"""Train the tagger: `python -m embedded.train_tagger`, then `... --export`.

A small residual network that reads every tag of the vocabulary from a picture. It must judge *generated* pictures,
so half of what it sees are the autoencoder's reconstructions, some from disturbed latents; noise, blur, colour and
framing are varied too. Non-square pictures are padded white and resized, as WD14 taggers do.
In: `build/embedded/pictures`, `vae`, `latents`. Out: `build/embedded/tagger`
(model.onnx, selected_tags.csv, groups.json).
"""

import argparse
import csv
import json
import math
import random
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from torch import Tensor, nn

from embedded.muon import Muon
from embedded.pictures import BUILD, SIZES, load
from embedded.progress import Ema, Reporter, load_snapshot, save_snapshot
from embedded.train_vae import to_float
from embedded.vocabulary import groups, tags

SIDE = 128
RATINGS = ("general", "sensitive", "questionable", "explicit")
RECONSTRUCTED = {"square": 4000, "tall": 1300, "wide": 1300}


class Residual(nn.Module):
    """Two 3×3 convolutions with batch norm around a shortcut."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(width, width, 3, 1, 1, bias=False),
            nn.BatchNorm2d(width),
            nn.SiLU(),
            nn.Conv2d(width, width, 3, 1, 1, bias=False),
            nn.BatchNorm2d(width),
        )

    def forward(self, x: Tensor) -> Tensor:
        """(N, width, h, w) → the same shape."""
        return F.silu(x + self.body(x))


class TagReader(nn.Module):
    """RGB in −1…1, (N, 3, 128, 128), to one logit per tag."""

    def __init__(self) -> None:
        super().__init__()
        widths, blocks = (32, 64, 128, 192), (1, 1, 2, 1)
        layers: list[nn.Module] = []
        inside = 3
        for width, count in zip(widths, blocks, strict=True):
            layers += [nn.Conv2d(inside, width, 3, 2, 1, bias=False), nn.BatchNorm2d(width), nn.SiLU()]
            layers += [Residual(width) for _ in range(count)]
            inside = width
        self.body = nn.Sequential(*layers)
        self.head = nn.Linear(inside * 5, len(tags()))

    def forward(self, x: Tensor) -> Tensor:
        """Global mean and a 2×2 grid of means, so that place counts (hair above, clothes below)."""
        features = self.body(x)
        pooled = [F.adaptive_avg_pool2d(features, side).flatten(1) for side in (1, 2)]
        return self.head(torch.cat(pooled, 1))


class Wd14(nn.Module):
    """The reader in WD14's clothes: NHWC BGR 0…255 in; four ratings (always general), then tag probabilities out."""

    def __init__(self, reader: TagReader) -> None:
        super().__init__()
        self.reader = reader
        self.register_buffer("rating", torch.tensor([[1.0, 0.0, 0.0, 0.0]]))
        self.rating: Tensor

    def forward(self, x: Tensor) -> Tensor:
        """(N, 128, 128, 3) → (N, 4 + tags)."""
        blue, green, red = x.permute(0, 3, 1, 2).split(1, 1)
        found = self.reader(torch.cat([red, green, blue], 1) / 127.5 - 1).sigmoid()
        return torch.cat([self.rating.expand(found.shape[0], 4), found], 1)


def to_square(x: Tensor) -> Tensor:
    """Pad white to a square, then area-resize to SIDE."""
    height, width = x.shape[2:]
    side = max(height, width)
    top, left = (side - height) // 2, (side - width) // 2
    x = F.pad(x, (left, side - width - left, top, side - height - top), value=1.0)
    return x if side == SIDE else F.interpolate(x, (SIDE, SIDE), mode="area")


def disturb(x: Tensor, generator: torch.Generator) -> Tensor:
    """Framing, colour, blur and noise, varied per picture; x in −1…1."""
    count = len(x)

    def uniform(low: float, high: float, *shape: int) -> Tensor:
        return torch.empty(count, *shape).uniform_(low, high, generator=generator)

    theta = torch.zeros(count, 2, 3)
    theta[:, 0, 0] = theta[:, 1, 1] = uniform(0.88, 1.12)
    theta[:, :, 2] = uniform(-0.08, 0.08, 2)
    x = F.grid_sample(x, F.affine_grid(theta, list(x.shape), False), "bilinear", "border", align_corners=False)
    x = (x * uniform(0.92, 1.04, 3, 1, 1) + uniform(-0.06, 0.06, 3, 1, 1)).clamp(-1, 1)
    soft = F.avg_pool2d(F.pad(x, (1, 1, 1, 1), mode="replicate"), 3, 1)
    x = torch.lerp(x, soft, uniform(-0.3, 0.8, 1, 1, 1))
    noise = torch.randn(x.shape, generator=generator) * uniform(0, 0.08, 1, 1, 1)
    return (x + noise).clamp(-1, 1)


@torch.no_grad()
def reconstruct() -> None:
    """Write reconstructions of some training pictures, a third of them from disturbed latents."""
    vae = AutoencoderKL.from_pretrained(BUILD / "vae").to(memory_format=torch.channels_last).eval()
    folder = BUILD / "reconstructions"
    folder.mkdir(parents=True, exist_ok=True)
    generator = torch.Generator().manual_seed(5)
    for size, count in RECONSTRUCTED.items():
        target = folder / f"{size}.npy"
        if target.exists():
            continue
        latents = np.load(BUILD / "latents" / f"train-{size}.npy", mmap_mode="r")[-count:]
        parts: list[np.ndarray] = []
        for at in range(0, count, 50):
            z = torch.from_numpy(latents[at : at + 50].astype(np.float32))
            strength = torch.rand(len(z), 1, 1, 1, generator=generator).mul(3).sub(2).clamp_min(0) * 0.25
            z = z + strength * torch.randn(z.shape, generator=generator)
            with torch.autocast("cpu", torch.bfloat16):
                y = vae.decode(z / vae.config.scaling_factor).sample.float()
            pixels = y.add(1).mul(127.5).round().clamp(0, 255).byte()
            parts.append(pixels.permute(0, 2, 3, 1).contiguous().numpy())
        np.save(target, np.concatenate(parts))
        print(f"reconstructed {count} {size} pictures", flush=True)


def draw_batch(
    pools: dict[str, list[tuple[np.ndarray, Tensor]]], rng: random.Random, generator: torch.Generator, batch: int
) -> tuple[Tensor, Tensor]:
    """Half renders, half reconstructions, of one size; disturbed and square."""
    size = rng.choices(list(SIZES), weights=[4, 1, 1])[0]
    parts: list[Tensor] = []
    truths: list[Tensor] = []
    for pixels, truth in pools[size]:
        picked = [rng.randrange(len(pixels)) for _ in range(batch // 2)]
        parts.append(to_float(pixels[picked]))
        truths.append(truth[picked])
    x = to_square(disturb(torch.cat(parts), generator))
    return x.contiguous(memory_format=torch.channels_last), torch.cat(truths)


def truth_of(captions: list[list[str]]) -> Tensor:
    """0/1 rows, one column per tag."""
    places = {tag: place for place, tag in enumerate(tags())}
    rows = torch.zeros(len(captions), len(places))
    for row, found in enumerate(captions):
        for tag in found:
            rows[row, places[tag]] = 1
    return rows


def train(steps: int, batch: int, lr: float) -> None:
    """The whole training; the averaged reader is kept in the snapshot."""
    torch.manual_seed(6)
    reader = TagReader().to(memory_format=torch.channels_last)
    optimizer = Muon(reader.parameters(), lr, [reader.head.weight], decay=0.02)
    ema = Ema(reader, 0.995)
    path = BUILD / "tagger.pt"
    start = 0
    if saved := load_snapshot(path):
        reader.load_state_dict(saved["reader"])
        optimizer.load_state_dict(saved["optimizer"])
        ema.restore(saved["ema"])
        start = saved["step"]
    pools: dict[str, list[tuple[np.ndarray, Tensor]]] = {}
    for size in SIZES:
        pixels, captions = load("train", size)
        truth = truth_of(captions)
        again = np.load(BUILD / "reconstructions" / f"{size}.npy", mmap_mode="r")
        pools[size] = [(pixels, truth), (again, truth[-len(again) :])]
    reporter = Reporter(steps)
    for step in range(start, steps):
        x, truth = draw_batch(pools, random.Random(f"tagger {step}"), torch.Generator().manual_seed(step), batch)
        for group in optimizer.param_groups:
            group["lr"] = lr * min(1, (step + 1) / 50) * 0.5 * (1 + math.cos(math.pi * step / steps)) + 1e-6
        with torch.autocast("cpu", torch.bfloat16):
            logits = reader(x)
        loss = F.binary_cross_entropy_with_logits(logits.float(), truth) * 20
        loss.backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        ema.update(reader)
        reporter.report(step + 1, loss.item())
        if (step + 1) % 200 == 0 or step + 1 == steps:
            state = {"reader": reader.state_dict(), "optimizer": optimizer.state_dict(), "ema": ema.state()}
            save_snapshot(path, state | {"step": step + 1})


def export() -> None:
    """Write the folder `build/embedded/tagger`."""
    saved = load_snapshot(BUILD / "tagger.pt")
    assert saved is not None, "train first"
    reader = TagReader()
    reader.load_state_dict(saved["reader"])
    ema = Ema(reader, 0.995)
    ema.restore(saved["ema"])
    ema.copy_to(reader)
    folder = BUILD / "tagger"
    folder.mkdir(parents=True, exist_ok=True)
    axes = {"input": {0: "batch"}, "output": {0: "batch"}}
    example = torch.rand(2, SIDE, SIDE, 3) * 255
    torch.onnx.export(
        Wd14(reader).eval(), (example,), str(folder / "model.onnx"), input_names=["input"], output_names=["output"],
        dynamic_axes=axes, dynamo=False, opset_version=17,
    )  # fmt: skip
    write_names(folder)


def write_names(folder: Path) -> None:
    """selected_tags.csv (WD14's columns; counts of the training pictures) and groups.json."""
    captions = [found for size in SIZES for found in load("train", size)[1]]
    counts = truth_of(captions).sum(0).long().tolist()
    rows: list[tuple[int, str, int, int]] = [
        (9999990 + place, name, 9, len(captions) if place == 0 else 0) for place, name in enumerate(RATINGS)
    ]
    rows += [
        (place + 1, tag.replace(" ", "_"), 0, count)
        for place, (tag, count) in enumerate(zip(tags(), counts, strict=True))
    ]
    with (folder / "selected_tags.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("tag_id", "name", "category", "count"))
        writer.writerows(rows)
    text = json.dumps({name: list(members) for name, members in groups().items()}, indent=2)
    (folder / "groups.json").write_text(text + "\n", encoding="utf-8")


def main() -> None:
    """Train or export."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=1600)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--lr", type=float, default=2e-3)
    parser.add_argument("--export", action="store_true", help="only write the ONNX folder from the snapshot")
    args = parser.parse_args()
    if not args.export:
        reconstruct()
        train(args.steps, args.batch, args.lr)
    export()


if __name__ == "__main__":
    main()
