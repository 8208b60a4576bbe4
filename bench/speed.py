"""How fast a LoRA trains on a full-size base on this machine, beside the machine's own limit (and sd-scripts).

    python bench/speed.py                            SD1.5, 512 px, batch 1, rank 16, fp32 and bf16
    python bench/speed.py --sd-scripts FOLDER        the same work by sd-scripts, in turn (FOLDER/.venv/bin/python)
    python bench/speed.py --base danlu-mini --px 128    a dry run in seconds

Both programs are started by their own commands and watched from outside: steps as their logs tell them, CPU seconds
and peak memory from the system. The base has random weights; the U-Net alone is trained, with AdamW, previews off,
latents cached by a first run that isn't counted. Steps 1 and 2 aren't counted. Result: bench/results/speed.json.
"""

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from checkpoints import DOWN, UNETS, UP, write_base
from limit import measure_limit
from machine import save
from PIL import Image

from danlu.families.find import find_base
from danlu.kit.places import EMBEDDED_BASE, data_folder
from danlu.rundir.events import Started, Step
from danlu.rundir.journal import read_journal
from danlu.training.memory import keep_freed_memory

WARM, RANK, PICTURES = 2, 16, 4
DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16}
TICKS = os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Prepare, measure in turn, save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", help="a checkpoint; without it an SD1.5 with random weights is made")
    parser.add_argument("--px", type=int, default=512)
    parser.add_argument("--steps", type=int, default=8, help="counted steps")
    parser.add_argument("--rounds", type=int, default=1, help="how often each program has its turn")
    parser.add_argument("--precision", choices=DTYPES, nargs="*", default=list(DTYPES))
    parser.add_argument("--sd-scripts", type=Path, help="a folder with sd-scripts and its environment in .venv")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        base = asked.base or str(write_base("sd15", folder / "base", torch.float16)[0])
        make_pictures(folder / "pictures", asked.px)
        os.environ["DANLU_CACHE"] = str(folder / "cache")
        keep_freed_memory()  # as trainings do: the limit isn't to be lower for want of it
        limits = {one: limit_of(base, asked.px, DTYPES[one]) for one in asked.precision}
        runs = {
            one: measure(Work(base, folder, one, asked.px, asked.steps + WARM), asked.rounds, asked.sd_scripts)
            for one in asked.precision
        }
    settings = {"pixels": asked.px, "batch": 1, "rank": RANK, "steps": asked.steps, "optimizer": "AdamW"}
    for one in asked.precision:
        for result in runs[one].values():
            result["share_of_limit"] = limits[one]["total"] / result["seconds_per_step"]
    save("speed", {"what": "LoRA on the U-Net", "settings": settings, "limit": limits, "runs": runs})


def limit_of(base: str, px: int, dtype: torch.dtype) -> dict[str, float]:
    """The machine's limit for a base's U-Net; a made base has SD1.5's."""
    _, facts = find_base(base)
    config = dict(facts.components["unet"].config)
    kept = {key: value for key, value in config.items() if not key.startswith("_")}
    if facts.name == "sd15.safetensors":
        kept = {"down_block_types": DOWN, "up_block_types": UP, **UNETS["sd15"]}
    return measure_limit(kept, px // facts.latent_factor, (77, int(config["cross_attention_dim"])), dtype)


def make_pictures(folder: Path, px: int) -> None:
    """Pictures that need no cropping, with captions."""
    inner = folder / "1_sks"
    inner.mkdir(parents=True)
    for number in range(PICTURES):
        Image.effect_noise((px, px), 40 + number).convert("RGB").save(inner / f"{number}.png")
        (inner / f"{number}.txt").write_text(f"sks, picture {number}")


@dataclass(frozen=True)
class Work:
    """What every program has to do."""

    base: str
    folder: Path
    """Where pictures and outputs lie."""
    precision: str
    px: int
    steps: int


def measure(work: Work, rounds: int, sd_scripts: Path | None) -> dict[str, dict[str, Any]]:
    """Every program in turn, `rounds` times; the median of each."""
    programs: dict[str, Callable[[Work, Path], dict[str, Any]]] = {"danlu": run_danlu}
    if sd_scripts:
        programs["sd-scripts"] = partial(run_sd_scripts, sd_scripts)
    for name, program in programs.items():
        program(replace(work, steps=WARM + 1), work.folder / f"{work.precision}-{name}-caching")
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in programs}
    for number in range(rounds):
        for name, program in programs.items():
            found[name].append(program(work, work.folder / f"{work.precision}-{name}-{number}"))
            print(work.precision, name, json.dumps(found[name][-1]), flush=True)
    return {
        name: {key: statistics.median(result[key] for result in results) for key in results[0]}
        for name, results in found.items()
    }


def run_danlu(work: Work, out: Path) -> dict[str, Any]:
    """`danlu train`, its journal read from outside."""
    recipe = work.folder / "recipe.toml"
    recipe.write_text(
        f'[base]\npath = "{work.base}"\n[dataset]\npath = "{work.folder / "pictures"}"\n'
        f"[adapter]\nrank = {RANK}\nalpha = {RANK / 2}\ntext_encoder = false\n"
        f'[training]\nprecision = "{work.precision}"\nlength = "{work.steps} steps"\n'
        '[previews]\nevery = "never"\n[objective]\npreservation = 0\n'
    )
    command = [sys.executable, "-m", "danlu", "train", str(recipe), "--run", str(out)]

    def done() -> int | None:
        events = list(read_journal(out / "journal.jsonl"))
        steps = sum(isinstance(event, Step) for event in events)
        return steps if any(isinstance(event, Started) for event in events) else None

    return watch(command, done, out.with_suffix(".log"))


def run_sd_scripts(program: Path, work: Work, out: Path) -> dict[str, Any]:
    """sd-scripts' `train_network.py` on the same files, its progress bar read from outside."""
    log = out.with_suffix(".log")
    tokenizer = work.folder / "tokenizers" / "openai_clip-vit-large-patch14"  # where sd-scripts looks before the hub
    if not tokenizer.exists():
        shutil.copytree(data_folder() / EMBEDDED_BASE / "tokenizer", tokenizer)
    command = [
        str(program / ".venv/bin/python"),
        str(program / "train_network.py"),
        f"--pretrained_model_name_or_path={work.base}",
        f"--train_data_dir={work.folder / 'pictures'}",
        f"--output_dir={out}",
        f"--tokenizer_cache_dir={tokenizer.parent}",
        f"--resolution={work.px},{work.px}",
        "--network_module=networks.lora",
        f"--network_dim={RANK}",
        f"--network_alpha={RANK / 2}",
        "--network_train_unet_only",
        "--optimizer_type=AdamW",
        "--learning_rate=1e-4",
        f"--max_train_steps={work.steps}",
        "--train_batch_size=1",
        "--cache_latents",
        "--cache_latents_to_disk",
        "--caption_extension=.txt",
        "--sdpa",
        "--max_data_loader_n_workers=0",
        f"--mixed_precision={'no' if work.precision == 'fp32' else work.precision}",
        "--save_model_as=safetensors",
    ]

    def done() -> int | None:
        found = re.findall(r"steps:.*?\b(\d+)/\d+ \[", log.read_text(errors="replace")) if log.exists() else []
        return int(found[-1]) if found else None

    return watch(command, done, log)


def watch(command: list[str], steps_done: Callable[[], int | None], log: Path) -> dict[str, Any]:
    """Run a command; wall and CPU seconds per step after the warm ones, time until the first step begins (until then
    `steps_done` is None) and until it is done, peak memory.
    """
    seen: list[tuple[float, float]] = []
    first_begins = None
    started = time.perf_counter()
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        while True:
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            now = time.perf_counter() - started
            steps = steps_done()
            if steps is not None and first_begins is None:
                first_begins = now
            new = (steps or 0) - len(seen)
            if new and not pid:
                seen += [(now, cpu_seconds(process.pid))] * new
            if pid:
                break
            time.sleep(0.1)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{log.read_text(errors='replace')[-3000:]}")
    (first, _), (began, cpu_began), (ended, cpu_ended) = seen[0], seen[WARM - 1], seen[-1]
    counted = len(seen) - WARM
    return {
        "seconds_per_step": (ended - began) / counted,
        "cpu_seconds_per_step": (cpu_ended - cpu_began) / counted,
        "seconds_until_first_step_begins": first_begins,
        "seconds_until_first_step_is_done": first,
        "peak_rss_GiB": usage.ru_maxrss / 2**20,
    }


def cpu_seconds(pid: int) -> float:
    """User and system time of a running process, of all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


if __name__ == "__main__":
    main()
