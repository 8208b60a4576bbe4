"""Kill a training ten times at random moments and resume: `python bench/kills.py`.

The final file must be the same, byte for byte, as that of a run which nobody disturbed.
"""

import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from machine import save

from danlu.kit.files import file_sha256
from danlu.kit.places import data_folder
from danlu.pipeline.train import train
from danlu.recipe import load_recipe
from danlu.rundir.events import Step
from danlu.rundir.journal import read_journal

KILLS = 10


def main() -> None:
    """Kill, resume, compare."""
    rng = random.Random(2026)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        recipe = folder / "recipe.toml"
        dataset = data_folder() / "samples" / "character"
        recipe.write_text(
            f'[dataset]\npath = "{dataset}"\n[training]\nlength = "200 steps"\nbatch_size = 2\n'
            '[checkpoints]\nevery = "5 steps"\n[previews]\nevery = "never"\n'
        )
        whole, _ = train(load_recipe(recipe), folder / "whole")
        run, killed_after = folder / "killed", []
        for number in range(KILLS):
            command = ["train", str(recipe), "--run", str(run)] if number == 0 else ["resume", str(run)]
            process = subprocess.Popen([sys.executable, "-m", "danlu", *command], stdout=subprocess.DEVNULL)
            begun = steps_in(run)
            while process.poll() is None and steps_in(run) <= begun:
                time.sleep(0.01)
            time.sleep(rng.uniform(0, 1.2))
            process.kill()
            process.wait()
            killed_after.append(steps_in(run))
        subprocess.run([sys.executable, "-m", "danlu", "resume", str(run)], check=True, stdout=subprocess.DEVNULL)
        hashes = [file_sha256(path / "checkpoints" / "lora.safetensors") for path in (whole.root, run)]
    assert hashes[0] == hashes[1], hashes
    save("kills", {"kills": KILLS, "step_events_when_killed": killed_after, "sha256": hashes[0], "same": True})


def steps_in(run: Path) -> int:
    """How many step events the journal holds."""
    return sum(isinstance(event, Step) for event in read_journal(run / "journal.jsonl"))


if __name__ == "__main__":
    main()
