"""Draw the datasets that come with the program: `python -m embedded.samples [--dev]`.

Characters are made of hair × clothes combinations that no training picture shows; styles are held out whole.
Out: `src/danlu/data/samples/{character,style}` (pictures only: tagging is part of the demo; their truth lies in
`embedded/truth`), `tests/data/heldout/{character,style}`, `bench/characters/{a…e}`, and with `--dev` three more
characters in `build/embedded/dev`, the only ones that recipes are tuned on. Each but the samples has a `truth.json`.
"""

import argparse
import json
import random
import shutil
import tempfile
from pathlib import Path

from embedded.pictures import render, write_lines
from embedded.portraits import (
    Framing,
    Identity,
    Portrait,
    allowed_backgrounds,
    draw_framing,
    draw_identity,
    draw_portrait,
    is_reserved,
)
from embedded.vocabulary import ALWAYS, groups, styles

SAMPLES = Path("src/danlu/data/samples")
TRUTH = Path(__file__).parent / "truth"
ACCESSORIES = {"glasses", "round glasses", "beard", "mustache", "goatee"}
UNCOMMON = {"red", "pink", "purple", "blue", "green", "grey"}
BENCH = {"a": "micah", "b": "personas", "c": "toon-head", "d": "open-peeps", "e": "toon-head"}
DEV = {"1": "toon-head", "2": "personas", "3": "open-peeps"}

# Sizes and places that make cropping worth looking at: tall, wide, off-centre, lost in an empty picture.
FRAMINGS = (
    Framing(320, 320, 1.0, 0.0, 0.0),
    Framing(320, 320, 0.94, 0.03, 0.0),
    Framing(384, 384, 1.06, -0.03, 0.02),
    Framing(256, 256, 1.0, 0.02, 0.0),
    Framing(320, 320, 1.04, -0.02, 0.02),
    Framing(256, 416, 1.12, 0.0, 0.0),
    Framing(320, 512, 1.08, 0.02, 0.02),
    Framing(416, 256, 1.0, 0.05, 0.0),
    Framing(512, 320, 1.02, -0.08, 0.02),
    Framing(512, 320, 0.9, 0.34, 0.0),
    Framing(384, 512, 0.8, -0.06, 0.0),
    Framing(448, 448, 0.78, 0.1, 0.0),
)


def choose_identity(rng: random.Random, style: str) -> Identity:
    """A distinctive character nobody has seen: shaped hair of an uncommon colour and exactly one accessory."""
    shapes = set(groups()["hair shape"])
    while True:
        identity = draw_identity(rng, styles()[style])
        extras = {tag for part in ("glasses", "earrings", "beard") if part in identity.rows
                  for tag in identity.rows[part].tags}  # fmt: skip
        shaped = bool(shapes & set(identity.rows["hair"].tags)) and identity.rows["hair"].coloured
        distinct = identity.clothes_colour != identity.hair_colour and identity.hair_colour in UNCOMMON
        if is_reserved(identity) and shaped and distinct and len(extras) == 1 and extras <= ACCESSORIES:
            return identity


def draw_character(seed: str, style: str) -> list[Portrait]:
    """Twelve pictures of one character: every expression, changing eyes and backgrounds."""
    rng = random.Random(seed)
    identity = choose_identity(rng, style)
    backgrounds = allowed_backgrounds(identity)
    rng.shuffle(backgrounds)
    expressions = list(styles()[style].parts["expression"])
    eyes = [row for row in styles()[style].parts.get("eyes", ()) if not {"glasses", "sunglasses"} & set(row.tags)]
    return [
        draw_portrait(
            rng,
            identity,
            framing,
            background=backgrounds[number % len(backgrounds)],
            expression=expressions[number % len(expressions)],
            eyes=rng.choices(eyes, weights=[row.weight for row in eyes])[0] if eyes else None,
        )
        for number, framing in enumerate(FRAMINGS)
    ]


def draw_style(seed: str, style: str, count: int) -> list[Portrait]:
    """Pictures of many characters in one style."""
    rng = random.Random(seed)
    sizes = ((320, 320), (320, 320), (384, 384), (256, 384), (416, 256))
    return [
        draw_portrait(rng, draw_identity(rng, styles()[style]), draw_framing(rng, *sizes[number % len(sizes)]))
        for number in range(count)
    ]


def truth_of(portraits: list[Portrait]) -> dict[str, object]:
    """What is constant, what varies, and each picture's tags."""
    every = [set(portrait.tags) for portrait in portraits]
    constant = [tag for tag in portraits[0].tags if all(tag in found for found in every) and tag not in ALWAYS]
    varied = sorted({tag for found in every for tag in found} - set(constant) - set(ALWAYS))
    pictures = {f"{number + 1:02d}.png": portrait.tags for number, portrait in enumerate(portraits)}
    return {"style": portraits[0].style, "constant": constant, "varied": varied, "pictures": pictures}


def write_dataset(portraits: list[Portrait], folder: Path, truth: Path) -> None:
    """Render into an emptied folder; write the truth."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as scratch:
        lines = Path(scratch) / "lines.jsonl"
        write_lines(portraits, lines)
        render(lines, f"{folder}/")
    truth.parent.mkdir(parents=True, exist_ok=True)
    truth.write_text(json.dumps(truth_of(portraits), indent=1) + "\n", encoding="utf-8")
    print(folder, truth_of(portraits)["constant"])


def main() -> None:
    """Draw all of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dev", action="store_true", help="also the characters that recipes are tuned on")
    args = parser.parse_args()
    write_dataset(draw_character("danlu sample 9", "micah"), SAMPLES / "character", TRUTH / "character.json")
    write_dataset(draw_style("danlu sample style", "dylan", 20), SAMPLES / "style", TRUTH / "style.json")
    held = Path("tests/data/heldout")
    write_dataset(draw_character("danlu heldout", "toon-head"), held / "character", held / "character" / "truth.json")
    write_dataset(draw_style("danlu heldout style", "miniavs", 12), held / "style", held / "style" / "truth.json")
    for name, style in BENCH.items():
        folder = Path("bench/characters") / name
        write_dataset(draw_character(f"danlu bench {name}", style), folder, folder / "truth.json")
    if args.dev:
        for name, style in DEV.items():
            folder = Path("build/embedded/dev") / name
            write_dataset(draw_character(f"danlu dev {name}", style), folder, folder / "truth.json")


if __name__ == "__main__":
    main()
