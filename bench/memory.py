"""What `danlu plan --memory` says a run will take, beside what the run takes.

    python bench/memory.py                         eight settings on SD1.5 at full size, random weights
    python bench/memory.py --base FILE             a base of one's own
    python bench/memory.py --base danlu-mini --px 128    a dry run

Each setting is trained for two steps by `danlu train`, its caches filled by a run before; measured is the most resident
memory of the process, as the system counts it. Result: bench/results/memory.json.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import torch
from checkpoints import write_base
from machine import save
from speed import make_pictures

SETTINGS: dict[str, dict[str, Any]] = {
    "LoRA 16, bf16": {},
    "LoRA 16, fp32": {"training.precision": "fp32"},
    "batch 2": {"training.batch_size": 2},
    "gradient checkpointing": {"training.gradient_checkpointing": True},
    "text encoder too": {"adapter.text_encoder": True},
    "LoCon 32 with Prodigy": {"adapter.kind": "locon", "adapter.rank": 32, "optimizer.kind": "prodigy"},
    "LoKr, EMA": {"adapter.kind": "lokr", "training.ema": 0.99},
    "half as large again": {"px": 1.5},
}
"""What differs from LoRA of rank 16 on the U-Net, batch 1, bf16, AdamW."""
STEPS = 2


def main() -> None:
    """Plan, train, compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", help="a checkpoint; without it an SD1.5 with random weights is made")
    parser.add_argument("--px", type=int, default=512)
    parser.add_argument("--only", nargs="*", default=list(SETTINGS), help="some of the settings, by name")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        base = asked.base or str(write_base("sd15", folder / "base", torch.float16)[0])
        os.environ["DANLU_CACHE"] = str(folder / "cache")
        sides = {setting: round(asked.px * SETTINGS[setting].get("px", 1)) for setting in asked.only}
        for side in sorted(set(sides.values())):
            make_pictures(folder / str(side), side)
            train(folder, base, side, {"training.max_steps": 1})
        results = {setting: measure(folder, base, sides[setting], SETTINGS[setting]) for setting in asked.only}
    worst = max(abs(one["planned_over_measured"] - 1) for one in results.values())
    save("memory", {"what": "peak memory of training on a CPU, MiB", "settings": results, "worst_error": worst})


def measure(folder: Path, base: str, side: int, changes: dict[str, Any]) -> dict[str, Any]:
    """MiB as planned and as measured."""
    command = ["plan", str(write_recipe(folder, base, side)), *overrides(changes), "--memory", "--json"]
    told = subprocess.run([sys.executable, "-m", "danlu", *command], capture_output=True, text=True, check=True).stdout
    parts = json.loads(told)["memory_bytes"]
    measured = train(folder, base, side, changes)
    planned = round(parts["total"] / 2**20)
    result = {
        "planned": planned,
        "measured": measured,
        "planned_over_measured": round(planned / measured, 3),
        "parts": {name: round(size / 2**20) for name, size in parts.items() if name != "total"},
    }
    print(changes, result, flush=True)
    return result


def train(folder: Path, base: str, side: int, changes: dict[str, Any]) -> int:
    """Two steps; the peak of resident memory in MiB."""
    run = Path(tempfile.mkdtemp(dir=folder))
    command = ["train", str(write_recipe(folder, base, side)), *overrides(changes), "--run", str(run / "run")]
    with (run / "log").open("w+b") as log:
        process = subprocess.Popen([sys.executable, "-m", "danlu", *command], stdout=log, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            log.seek(0)
            sys.exit(f"danlu {' '.join(command)} failed:\n{log.read().decode(errors='replace')[-3000:]}")
    return round(usage.ru_maxrss / 2**10)


def overrides(changes: dict[str, Any]) -> list[str]:
    """As `--set` options."""
    told = {key: value for key, value in changes.items() if key != "px"}
    return [part for key, value in told.items() for part in ("--set", f"{key}={json.dumps(value)}")]


def write_recipe(folder: Path, base: str, side: int) -> Path:
    """The settings that all have in common."""
    recipe = folder / "recipe.toml"
    recipe.write_text(
        f'[base]\npath = "{base}"\n[dataset]\npath = "{folder / str(side)}"\n'
        f"[dataset.buckets]\nresolution = {side}\n"
        '[adapter]\nkind = "lora"\nrank = 16\ntext_encoder = false\n'
        f'[training]\nprecision = "bf16"\nlength = "{STEPS} steps"\n'
        '[previews]\nevery = "never"\n[objective]\npreservation = 0\n'
    )
    return recipe


if __name__ == "__main__":
    main()
