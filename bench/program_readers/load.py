"""Loads adapter files with the code of one other program, and says of each layer whether its change is ours.

A process of its own for each program (`programs.py` starts it): `load.py PROGRAM FOLDER FILES`. The programs are given
the weights under their own names, and stand-ins for what they import beside their loading code.
"""

import importlib
import json
import resource
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

STRENGTHS = (1.0, 0.6)
MEMORY_BYTES = 12 * 2**30
"""A1111 works (IA)³ of convolutions out to more than any machine has."""


def main() -> None:
    """Load every file at every strength, and write what came of it."""
    name, folder, place = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    sys.argv = sys.argv[:1]
    base = torch.load(place / "base.pt", weights_only=True)
    apply = importlib.import_module(f"with_{name}").make_reader(folder, base)
    results: dict[str, Any] = {}
    for wanted in sorted(place.glob("[0-9]*.pt")):
        about = torch.load(wanted, weights_only=True)
        results[about["name"]] = judge(apply, wanted.with_suffix(".safetensors"), about["changes"])
    (place / f"{name}.json").write_text(json.dumps(results), "utf-8")


def judge(apply: Callable[[Path, float], dict[str, Any]], file: Path, changes: Any) -> dict[str, Any]:
    """How many layers get the right change; what else happens."""
    found: dict[str, Any] = {"layers": len(changes)}
    for strength in STRENGTHS:
        try:
            made = apply(file, strength)
        except Exception as error:  # noqa: BLE001 - whatever a program raises is its answer
            found[f"{strength:g}"] = {"right": 0, "error": f"{type(error).__name__}: {error}"[:120]}
            continue
        right = sum(is_right(made.get(name), change, strength) for name, change in changes.items())
        missing = sum(name not in made for name in changes)
        misplaced = sum(name not in changes for name in made)
        found[f"{strength:g}"] = {"right": right, "unmatched": missing, "misplaced": misplaced}
    told = [found[f"{strength:g}"] for strength in STRENGTHS]
    if all(one["right"] == len(changes) and not one["misplaced"] for one in told):
        found["outcome"] = "whole"
    else:
        nothing = all(one.get("unmatched", len(changes)) == len(changes) for one in told)
        found["outcome"] = "refused" if nothing else "partly"
    return found


def is_right(made: Any, change: Any, strength: float) -> bool:
    """Whether a layer's weight and bias changed as they should."""
    if made is None:
        return False
    pairs = [(made[0], change[0]), *([(made[1], change[1])] if change[1] is not None else [])]
    return all(
        got is not None
        and torch.linalg.vector_norm(got - strength * own) <= 1e-3 * strength * torch.linalg.vector_norm(own)
        for got, own in pairs
    )


if __name__ == "__main__":
    main()
