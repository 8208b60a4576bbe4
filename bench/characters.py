"""Does the default recipe learn characters? `python bench/characters.py [NAME …]`

For each folder of pictures without captions (the sample character, and those under bench/characters, whose seeds are
used nowhere else): crop, tag, init, train with the recipe that `danlu init` writes, evaluate over 64 fixed seeds.
`--jobs 2` measures two at a time with a thread each: sooner done, but their training times aren't those of one alone.
Each figure is that of the epoch which evaluation names best; the table of epochs lies in the result too.
"""

import argparse
import multiprocessing
import os
import shutil
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from machine import RESULTS, save

from danlu.cropping.crop import CropOptions, crop_dataset
from danlu.datasets.buckets import BucketConfig, sizes_for
from danlu.families.find import find_base
from danlu.kit.places import EMBEDDED_BASE, data_folder
from danlu.pipeline.evaluate import evaluate_target
from danlu.pipeline.session import training_seconds
from danlu.pipeline.start import start_recipe
from danlu.pipeline.train import train
from danlu.recipe import load_recipe
from danlu.tagging.base import find_tagger
from danlu.tagging.options import TagOptions
from danlu.tagging.tag import tag_dataset

TRIGGER = "danluhero"


def folders() -> dict[str, Path]:
    """Name to folder of pictures."""
    found = {"sample": data_folder() / "samples" / "character"}
    here = Path(__file__).parent / "characters"
    return found | {path.name: path for path in sorted(here.iterdir()) if path.is_dir()}


def prepare(pictures: Path, work: Path) -> Path:
    """Crop, tag and init; returns the recipe."""
    dataset = work / "dataset"
    dataset.mkdir(parents=True)
    for path in sorted(pictures.iterdir()):
        if path.suffix in (".png", ".webp"):
            shutil.copyfile(path, dataset / path.name)
    _, facts = find_base(EMBEDDED_BASE)
    sizes = sizes_for(BucketConfig(), native_px=facts.native_px, step_px=facts.step_px)
    crop_dataset(dataset, CropOptions("focus", sizes))
    tag_dataset(dataset, find_tagger(), TagOptions(trigger=TRIGGER))
    start_recipe(dataset, work / "recipe.toml", base=EMBEDDED_BASE)
    return work / "recipe.toml"


def measure(pictures: Path, work: Path) -> dict[str, Any]:
    """Train one character and judge it."""
    run, _ = train(load_recipe(prepare(pictures, work), ["previews.every=never"]), work / "run")
    started = time.perf_counter()
    report = evaluate_target(run.root)
    best = next(figures for figures in report.epochs if figures.epoch == report.best_epoch)
    return {
        "traits": report.concept.traits,
        "base_trait_recall": report.base.trait_recall,
        "best_epoch": report.best_epoch,
        "why": report.reason.en,
        "trait_recall": best.trait_recall,
        "prompt_control": best.prompt_control,
        "leak": best.leak,
        "copying": best.copying,
        "seeds": best.seeds,
        "each_trait": best.traits,
        "training_seconds": training_seconds(run),
        "evaluation_seconds": time.perf_counter() - started,
        "epochs": [figures.model_dump(exclude={"traits"}) for figures in report.epochs],
    }


def main() -> None:
    """Measure all (or those that are named) and save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", choices=[*folders(), []], help="which characters; all without")
    parser.add_argument("--jobs", type=int, default=1)
    asked = parser.parse_args()
    if asked.jobs > 1:
        os.environ["OMP_NUM_THREADS"] = "1"  # for the processes to come
    wanted = {name: pictures for name, pictures in folders().items() if name in (asked.names or folders())}
    results: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as name:
        works = [Path(name) / character for character in wanted]
        with ProcessPoolExecutor(asked.jobs, multiprocessing.get_context("spawn")) as pool:
            for character, found in zip(wanted, pool.map(measure, wanted.values(), works), strict=True):
                results[character] = found
                shown = {key: round(value, 3) for key, value in found.items() if isinstance(value, float)}
                print(character, shown, found["best_epoch"], flush=True)
    held_out = [result["trait_recall"] for character, result in results.items() if character != "sample"]
    mean = sum(held_out) / len(held_out) if held_out else None
    everything = {"jobs": asked.jobs, "mean_recall_of_unseen": mean, "characters": results}
    save("characters-part" if asked.names else "characters", everything)
    if not asked.names:
        write_table(results, mean)


def write_table(results: dict[str, Any], mean: float | None) -> None:
    """The table for people, under bench/results/characters.md."""
    heads = ["character", "base recall", "trait recall", "prompt control", "leak", "copying", "best epoch", "training"]
    lines = [f"| {' | '.join(heads)} |", "|" + "---|" * len(heads)]
    lines += [
        f"| {name} | {r['base_trait_recall']:.2f} | {r['trait_recall']:.2f} | {r['prompt_control']:.2f} "
        f"| {r['leak']:+.2f} | {r['copying']:.2f} | {r['best_epoch']} of {len(r['epochs'])} "
        f"| {r['training_seconds']:.0f} s |"
        for name, r in results.items()
    ]
    text = "\n".join(lines) + f"\n\nMean trait recall of the five unseen characters: {mean:.3f}\n"
    (RESULTS / "characters.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
