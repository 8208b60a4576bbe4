"""Is the rate that `danlu find-rate` finds a good one? `python bench/rate.py [--character NAME] [--only adamw]`

Searches with D-Adaptation on a character, then trains it with the recipes that the search wrote (AdamW, Lion) and with
the preset's (whose rate was found by measuring, see docs/lab-notes.md), and judges all by the same evaluation.
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
from danlu.pipeline.session import training_seconds
from danlu.pipeline.train import train
from danlu.recipe import load_recipe


def measure(recipe: Path, run: Path, seeds: int) -> dict[str, Any]:
    """Train a recipe and judge its best epoch."""
    loaded = load_recipe(recipe, ["previews.every=never"])
    folder, _ = train(loaded, run)
    report = evaluate_target(folder.root, settings=EvaluationSettings(seeds=seeds, screening=min(16, seeds)))
    best = next(figures for figures in report.epochs if figures.epoch == report.best_epoch)
    figures = best.model_dump(include={"trait_recall", "prompt_control", "leak", "copying"})
    optimizer = loaded.optimizer
    rates = {"optimizer": optimizer.kind, "lr": optimizer.lr, "text_encoder_lr": optimizer.text_encoder_lr}
    recalls = [figures.trait_recall for figures in report.epochs]
    told = {"best_epoch": report.best_epoch, "recall_by_epoch": recalls, "base_recall": report.base.trait_recall}
    return {**rates, **figures, **told, "training_seconds": training_seconds(folder)}


def main() -> None:
    """Search, train, judge, save after each part."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--character", choices=list(folders()), default="sample")
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--seeds", type=int, default=32)
    parser.add_argument("--only", action="append", choices=["adamw", "lion", "preset"])
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        recipe = prepare(folders()[asked.character], work)
        run, curve = find_rate(load_recipe(recipe), steps=asked.steps, run=work / "search")
        assert curve is not None
        adamw, lion = found_paths(recipe, None)
        write_found(load_recipe(recipe), curve, run, (adamw, lion))
        every = max(1, asked.steps // 20)
        search = {
            "steps": asked.steps,
            "rate": curve.rate,
            "settled_at": curve.settled_at,
            "late_growth": curve.late_growth,
            "seconds": training_seconds(run),
            "curve": dict(zip(curve.steps[::every], curve.rates[::every], strict=True)),
        }
        found: dict[str, Any] = {"character": asked.character, "seeds": asked.seeds, "search": search}
        save("rate", found)
        for what, path in {"adamw": adamw, "lion": lion, "preset": recipe}.items():
            if what in (asked.only or (what,)):
                found[what] = measure(path, work / what, asked.seeds)
                save("rate", found)


if __name__ == "__main__":
    main()
