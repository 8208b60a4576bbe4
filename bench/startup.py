"""How quick the command line answers: `python bench/startup.py`.

`danlu --help` (median of 11, files warm), and `danlu plan` of 1,000 pictures of 1024 px with captions.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from machine import save
from PIL import Image


def seconds_of(*arguments: str) -> float:
    """Wall time of one command."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-m", "danlu", *arguments], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def main() -> None:
    """Measure and save."""
    seconds_of("--help")
    helps = [seconds_of("--help") for _ in range(11)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "1_pictures"
        folder.mkdir()
        for number in range(1000):
            Image.effect_noise((1024, 768 + 64 * (number % 9)), 20).save(folder / f"{number}.jpg", quality=60)
            (folder / f"{number}.txt").write_text("trigger, a, b")
        recipe = Path(name) / "recipe.toml"
        recipe.write_text(f'[dataset]\npath = "{folder.parent}"\n')
        plans = [seconds_of("plan", str(recipe)) for _ in range(5)]
        wrong = [seconds_of_mistake(recipe) for _ in range(3)]
    save(
        "startup",
        {
            "help_seconds": statistics.median(helps),
            "plan_1000_pictures_seconds": statistics.median(plans),
            "mistake_in_recipe_seconds": statistics.median(wrong),
        },
    )


def seconds_of_mistake(recipe: Path) -> float:
    """Wall time until a mistake in a recipe is told."""
    started = time.perf_counter()
    command = [sys.executable, "-m", "danlu", "train", str(recipe), "--set", "optimizer.kind=adamww"]
    done = subprocess.run(command, capture_output=True, env={**os.environ, "DANLU_LANG": "en"}, check=False)
    assert done.returncode == 2, done.stderr
    assert b"adamw" in done.stderr
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
