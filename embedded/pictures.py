"""Draw the embedded world's pictures: `python -m embedded.pictures`.

In: the vocabulary (seeded). Out, in `build/embedded/pictures/`: for each split and size `NAME.rgb` (raw uint8
RGB, N×H×W×3) and `NAME.jsonl` (one portrait a line, with its exact tags). Finished files are kept.
"""

import argparse
import json
import random
import subprocess
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from embedded.portraits import Portrait, draw_framing, draw_identity, draw_portrait, is_reserved
from embedded.vocabulary import styles

BUILD = Path("build/embedded")
SIZES = {"square": (128, 128), "tall": (96, 160), "wide": (160, 96)}
COUNTS = {
    "train": {"square": 12000, "tall": 4000, "wide": 4000},
    "heldout": {"square": 384, "tall": 128, "wide": 128},
}
RENDER = Path(__file__).parent / "render" / "render.mjs"


def plan_pictures(split: str, size: str) -> list[Portrait]:
    """The portraits of one split and size: a pure function of its name. Only held-out ones may be reserved."""
    rng = random.Random(f"danlu {split} {size}")
    trained = [style for style in styles().values() if not style.held_out]
    planned: list[Portrait] = []
    while len(planned) < COUNTS[split][size]:
        identity = draw_identity(rng, trained[len(planned) % len(trained)])
        if split == "train" and is_reserved(identity):
            continue
        planned.append(draw_portrait(rng, identity, draw_framing(rng, *SIZES[size])))
    return planned


def write_lines(portraits: list[Portrait], path: Path) -> None:
    """One JSON line per portrait."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(json.dumps(portrait.line(), ensure_ascii=False) + "\n" for portrait in portraits)
    path.write_text(text, encoding="utf-8")


def render(lines: Path, target: str) -> None:
    """Run the renderer (node) on a file of portraits; `target` ends in `/` for PNG files."""
    subprocess.run(["node", str(RENDER), str(lines), target], check=True)


def load(split: str, size: str) -> tuple[NDArray[np.uint8], list[list[str]]]:
    """The pictures (N, H, W, 3), memory-mapped, and their tags."""
    folder = BUILD / "pictures"
    lines = (folder / f"{split}-{size}.jsonl").read_text(encoding="utf-8").splitlines()
    width, height = SIZES[size]
    pixels = np.memmap(folder / f"{split}-{size}.rgb", np.uint8, "r", shape=(len(lines), height, width, 3))
    return pixels, [json.loads(line)["tags"] for line in lines]


def main() -> None:
    """Draw every split and size that isn't there yet."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    for split, sizes in COUNTS.items():
        for size in sizes:
            lines = BUILD / "pictures" / f"{split}-{size}.jsonl"
            pixels = lines.with_suffix(".rgb")
            if pixels.exists():
                continue
            write_lines(plan_pictures(split, size), lines)
            render(lines, str(pixels))
            print(f"{split} {size}: {COUNTS[split][size]} pictures")


if __name__ == "__main__":
    main()
