"""Is the rate that `danlu find-rate` finds a good one? `python bench/rate.py [--character NAME] [--seeds 32]`

Searches with D-Adaptation on a character, then trains it at the rate that the preset has (found by measuring, see
docs/lab-notes.md), with the recipes that the search wrote (AdamW, Lion), and judges all by the same evaluation.
"""

import argparse
import tempfile
from pathlib import Path
from typing import Any

from characters import folders, prepare
from machine import save

from danlu.evaluation.report import EvaluationSettings
from danlu.experiments.found import found_paths, write_found
from danlu.experiments.rate import find_rate
from danlu.pipeline.evaluate import evaluate_target
from danlu.pipeline.train import train, training_seconds
from danlu.recipe import load_recipe


def measure(recipe: Path, run: Path, seeds: int) -> dict[str, Any]:
    """Train a recipe and judge its best epoch."""
    loaded = load_recipe(recipe, ["previews.every=never"])
    folder, _ = train(loaded, run)
    report = evaluate_target(folder.root, settings=EvaluationSettings(seeds=seeds, screening=min(16, seeds)))
    best = next(figures for figures in report.epochs if figures.epoch == report.best_epoch)
    figures = best.model_dump(include={"trait_recall", "prompt_control", "leak", "copying"})
    rates = {"optimizer": loaded.optimizer.kind, "lr": loaded.optimizer.lr, "te": loaded.optimizer.text_encoder_lr}
    return {**rates, **figures, "best_epoch": report.best_epoch, "training_seconds": training_seconds(folder)}


def main() -> None:
    """Search, train, judge, save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--character", choices=list(folders()), default="sample")
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--seeds", type=int, default=32)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        recipe = prepare(folders()[asked.character], work)
        run, curve = find_rate(load_recipe(recipe), steps=asked.steps, run=work / "search")
        assert curve is not None
        paths = found_paths(recipe, None)
        write_found(load_recipe(recipe), curve, run, paths)
        search = {
            "steps": asked.steps,
            "rate": curve.rate,
            "settled_at": curve.settled_at,
            "late_growth": curve.late_growth,
            "curve": {step: rate for step, rate in zip(curve.steps, curve.rates, strict=True) if step % 20 in (0, 10)},
        }
        found = {"character": asked.character, "seeds": asked.seeds, "search": search}
        print(search, flush=True)
        for what, path in zip(("preset", "adamw", "lion"), (recipe, *paths), strict=True):
            found[what] = measure(path, work / what, asked.seeds)
            print(what, found[what], flush=True)
    save("rate", found)


if __name__ == "__main__":
    main()
