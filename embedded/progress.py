"""Long jobs that survive a kill: atomic snapshots, a time budget, one line of progress now and then.

In: a state mapping. Out: `NAME.pt` files below `build/embedded/`, written by rename.
"""

import time
from pathlib import Path
from typing import Any

import torch


def save_snapshot(path: Path, state: dict[str, Any]) -> None:
    """Write a torch state atomically."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    torch.save(state, part)
    part.replace(path)


def load_snapshot(path: Path) -> dict[str, Any] | None:
    """The state of an earlier, interrupted run, or None."""
    if not path.exists():
        return None
    return torch.load(path, map_location="cpu", weights_only=True)


class Ema:
    """Exponential moving average of a module's parameters (fp32); warms up: early weights are forgotten soon."""

    def __init__(self, module: torch.nn.Module, decay: float) -> None:
        self.decay = decay
        self.count = 0
        self.shadow = {name: value.detach().clone() for name, value in module.named_parameters()}

    @torch.no_grad()
    def update(self, module: torch.nn.Module) -> None:
        """Blend the module's current parameters in."""
        self.count += 1
        weight = max(1 - self.decay, 9 / (self.count + 9))
        names = [name for name, _ in module.named_parameters()]
        torch._foreach_lerp_([self.shadow[name] for name in names], [p.detach() for p in module.parameters()], weight)

    def state(self) -> dict[str, Any]:
        """For a snapshot."""
        return {"count": self.count, "shadow": self.shadow}

    def restore(self, state: dict[str, Any]) -> None:
        """From a snapshot."""
        self.count = int(state["count"])
        self.shadow = state["shadow"]

    @torch.no_grad()
    def copy_to(self, module: torch.nn.Module) -> None:
        """Put the averaged parameters into a module."""
        for name, value in module.named_parameters():
            value.copy_(self.shadow[name])


class Reporter:
    """Prints one line every `every` seconds: step, mean loss since the last line, steps per second, time left."""

    def __init__(self, total: int, every: float = 20.0) -> None:
        self.total, self.every = total, every
        self.losses: list[float] = []
        self.last = time.monotonic()

    def report(self, step: int, loss: float, **more: float) -> None:
        """Note a step; print when it's time."""
        self.losses.append(loss)
        now = time.monotonic()
        if now - self.last < self.every and step < self.total:
            return
        rate = len(self.losses) / (now - self.last)
        left = (self.total - step) / max(rate, 1e-9)
        extra = "".join(f" {key} {value:.4g}" for key, value in more.items())
        mean = sum(self.losses) / len(self.losses)
        print(f"step {step}/{self.total} loss {mean:.4f} {rate:.2f}/s left {left:.0f}s{extra}", flush=True)
        self.losses, self.last = [], now
