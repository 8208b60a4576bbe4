"""The quality table: `python -m embedded.measure`.

Autoencoder and tagger on held-out pictures; the base on 256 random tag sets (held-out seeds), drawn by the program's
default sampler and judged by the tagger. In: the package's `danlu-mini` and `danlu-mini-tagger`.
Out: `embedded/results/quality.{json,md}` and `contact_sheet.png`.
"""

import argparse
import json
import random
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from danlu.datasets.pictures import Size
from danlu.families.find import load_base
from danlu.generation.draw import draw, to_picture
from danlu.generation.prompts import DEFAULT_SAMPLER, Prompt
from danlu.kit.places import EMBEDDED_BASE
from danlu.tagging.base import find_tagger
from embedded.export import BASE
from embedded.pictures import SIZES, load
from embedded.portraits import draw_framing, draw_identity, draw_portrait
from embedded.train_vae import measure_psnr, to_float
from embedded.vocabulary import groups, styles, tags

RESULTS = Path(__file__).parent / "results"
STEPS, GUIDANCE = 20, 6.0
THRESHOLD = 0.5
Picture = Image.Image
BARS = {
    "style": 0.95,
    "background": 0.95,
    "hair colour": 0.90,
    "clothes colour": 0.85,
    "glasses": 0.85,
    "hair shape": 0.75,
    "beard": 0.75,
    "hat": 0.75,
    "expression": 0.60,
    "eyes": 0.60,
}


def score(pictures: Sequence[Picture]) -> NDArray[np.float32]:
    """What the shipped tagger says: probabilities (N, tags) in the vocabulary's order, without the ratings."""
    judge = find_tagger()
    columns = {tag.name: column for column, tag in enumerate(judge.tags)}
    return judge.scores(pictures)[:, [columns[tag] for tag in tags()]]


def macro_f1(scores: NDArray[np.float32], captions: list[list[str]]) -> tuple[float, dict[str, float]]:
    """Mean over tags of F1 at threshold 0.5 (tags that occur), without the ones that are always true."""
    found: dict[str, float] = {}
    for place, tag in enumerate(tags()):
        truth = np.array([tag in caption for caption in captions])
        if tag in ("solo", "portrait") or not truth.any():
            continue
        said = scores[:, place] > THRESHOLD
        both = int((said & truth).sum())
        found[tag] = 2 * both / int(said.sum() + truth.sum())
    return float(np.mean(list(found.values()))), found


def draw_prompts(count: int, seed: str) -> list[tuple[list[str], str]]:
    """Random true-to-vocabulary tag sets and the size to draw them in; styles in turn, a quarter not square."""
    rng = random.Random(seed)
    trained = [style for style in styles().values() if not style.held_out]
    drawn: list[tuple[list[str], str]] = []
    for number in range(count):
        size = ("square", "square", "square", "tall", "square", "square", "square", "wide")[number // 5 % 8]
        identity = draw_identity(rng, trained[number % len(trained)])
        drawn.append((draw_portrait(rng, identity, draw_framing(rng, *SIZES[size])).tags, size))
    return drawn


def generate(prompts: list[tuple[list[str], str]]) -> list[Picture]:
    """One picture per prompt by the program's own drawing and its default sampler, seeded by its number."""
    base = load_base(EMBEDDED_BASE, dtype=torch.float32)
    asked = [
        Prompt(", ".join(prompted), seed=10_000 + number, size=Size(*SIZES[size]), steps=STEPS, cfg=GUIDANCE)
        for number, (prompted, size) in enumerate(prompts)
    ]
    return draw(base, asked, batch_size=16)


def judge_groups(scores: NDArray[np.float32], prompts: list[tuple[list[str], str]]) -> dict[str, dict[str, float]]:
    """For each group: share of pictures right. One-of-many groups count where prompted (the strongest tag of the
    group must be the prompted one); glasses, beard and hat also count as yes/no over all pictures.
    """
    places = {tag: place for place, tag in enumerate(tags())}
    right: dict[str, list[bool]] = defaultdict(list)
    for row, (prompted, _) in zip(scores, prompts, strict=True):
        for name, members in groups().items():
            if name in ("count", "framing"):
                continue
            values = {tag: float(row[places[tag]]) for tag in members}
            wanted = {tag for tag in prompted if tag in members}
            seen = {tag for tag, value in values.items() if value > THRESHOLD}
            if name in ("glasses", "beard", "hat", "earrings"):
                right[f"{name} yes/no"].append(bool(wanted) == bool(seen))
            if wanted and name == "hair shape":
                right[name].append(wanted <= seen)
            elif wanted:
                right[name].append(max(values, key=values.__getitem__) in wanted and bool(seen & wanted))
            elif name == "eyes":
                right["eyes open"].append(not seen)
    return {name: {"share": float(np.mean(hits)), "count": len(hits)} for name, hits in right.items()}


def contact_sheet(prompts: list[tuple[list[str], str]], pictures: list[Picture], target: Path) -> None:
    """The first 64 pictures with their prompts."""
    cell, line, columns = 164, 11, 8
    height = cell + 5 * line
    sheet = Image.new("RGB", (columns * cell, 8 * height), "white")
    draw = ImageDraw.Draw(sheet)
    for number, ((prompted, _), picture) in enumerate(zip(prompts[:64], pictures[:64], strict=False)):
        x, y = number % columns * cell, number // columns * height
        sheet.paste(picture, (x + (160 - picture.width) // 2, y + 160 - picture.height))
        rows: list[str] = [""]
        for tag in (tag for tag in prompted if tag not in ("solo", "portrait")):
            if len(rows[-1]) + len(tag) > 32:
                rows.append("")
            rows[-1] += tag + ", "
        for place, row in enumerate(rows[:5]):
            draw.text((x + 2, y + cell + place * line - 2), row, fill="black", font_size=9)
    target.parent.mkdir(parents=True, exist_ok=True)
    sheet.quantize(192).save(target, optimize=True)


def measure_tagger() -> dict[str, float]:
    """Macro-F1 on held-out renders and on their reconstructions."""
    vae = AutoencoderKL.from_pretrained(BASE / "vae", dtype=torch.float32).eval()
    renders: list[Picture] = []
    again: list[Picture] = []
    captions: list[list[str]] = []
    for size in SIZES:
        pixels, found = load("heldout", size)
        captions += found
        renders += [Image.fromarray(picture) for picture in pixels]
        for at in range(0, len(pixels), 32):
            with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
                y = vae.decode(vae.encode(to_float(pixels[at : at + 32])).latent_dist.mean).sample
            again += map(to_picture, y)
    own, per_tag = macro_f1(score(renders), captions)
    other, per_tag_again = macro_f1(score(again), captions)
    for name, values in (("renders", per_tag), ("reconstructions", per_tag_again)):
        print(
            name, "weakest:", {tag: round(value, 2) for tag, value in sorted(values.items(), key=lambda kv: kv[1])[:8]}
        )
    return {"renders": own, "reconstructions": other}


def table(result: dict[str, object]) -> str:
    """The table as Markdown."""
    follows: dict[str, dict[str, float]] = result["follows"]  # pyright: ignore[reportAssignmentType]
    tagger: dict[str, float] = result["tagger_macro_f1"]  # pyright: ignore[reportAssignmentType]
    rows = [
        ("VAE reconstruction, held-out pictures", f"{result['vae_psnr_db']:.2f} dB", "26 dB"),
        ("tagger macro-F1, held-out renders", f"{tagger['renders']:.3f}", "0.93"),
        ("tagger macro-F1, their VAE reconstructions", f"{tagger['reconstructions']:.3f}", "0.85"),
    ]
    for name, found in follows.items():
        bar = BARS.get(name.removesuffix(" yes/no"))
        rows.append((f"base follows: {name} (n = {found['count']})", f"{found['share']:.3f}", f"{bar}" if bar else "–"))
    lines = ["| what | measured | bar |", "|---|---|---|", *(f"| {a} | {b} | {c} |" for a, b, c in rows)]
    drawn = f"{DEFAULT_SAMPLER}, {STEPS} steps, guidance {GUIDANCE}"
    note = f"{result['pictures']} pictures of random tag sets, {drawn}, judged by the tagger (`embedded/measure.py`)."
    return "# Quality of the embedded world\n\n" + note + "\n\n" + "\n".join(lines) + "\n"


def main() -> None:
    """Measure, write, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=256)
    parser.add_argument("--draft", type=Path, help="write the sheet and the table into this folder instead")
    args = parser.parse_args()
    folder = args.draft or RESULTS
    folder.mkdir(parents=True, exist_ok=True)
    prompts = draw_prompts(args.count, "danlu quality")
    pictures = generate(prompts)
    contact_sheet(prompts, pictures, folder / "contact_sheet.png")
    follows = judge_groups(score(pictures), prompts)
    vae = AutoencoderKL.from_pretrained(BASE / "vae", dtype=torch.float32).eval()
    result: dict[str, object] = {
        "vae_psnr_db": measure_psnr(vae),
        "tagger_macro_f1": measure_tagger(),
        "follows": follows,
        "pictures": args.count,
        "sampler": DEFAULT_SAMPLER,
        "steps": STEPS,
        "guidance": GUIDANCE,
    }
    (folder / "quality.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    (folder / "quality.md").write_text(table(result), encoding="utf-8")
    print(table(result))


if __name__ == "__main__":
    main()
