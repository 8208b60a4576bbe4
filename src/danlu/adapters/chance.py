"""Random numbers for dropout that are a function of (row's key, layer, place): there is no generator state.

Each row of a batch (one picture) has a key that the training derives from (seed, epoch, place); a layer's salt comes
from its name. A counter-based generator (the finaliser of SplitMix64; Steele, Lea & Flood, 2014) turns key, salt and
the number's index into the number. So neither micro-batches, nor a resumed run, nor a layer computed anew in the
backward pass draws anything else, and nothing is copied from the host in between.
"""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

MASK = (1 << 64) - 1
GOLDEN, FIRST, SECOND = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
DIGITS = 24
"""Bits of a random number: as many as float32 holds exactly."""


@dataclass(frozen=True)
class Chance:
    """The random numbers of one layer for one batch."""

    keys: Tensor
    """One per picture, (B,) int64."""
    salt: str
    """The layer's name."""

    def uniform(self, stream: str, shape: Sequence[int]) -> Tensor:
        """Numbers in [0, 1), float32, of this shape; the rows are shape[0] / B to each picture. A `stream` is one use
        of random numbers: different ones are independent.
        """
        if shape[0] % len(self.keys):
            raise ValueError(f"{shape[0]} rows can't be shared out among {len(self.keys)} pictures")
        each = math.prod(shape) // len(self.keys)
        place = torch.arange(1, each + 1, device=self.keys.device)
        rows = _mix(self.keys ^ _signed(_salt_number(self.salt, stream)))
        numbers = _mix(rows[:, None] + place * _signed(GOLDEN))
        return (_shift(numbers, 64 - DIGITS).float() / (1 << DIGITS)).reshape(tuple(shape))

    def keep(self, stream: str, probability: float, shape: Sequence[int]) -> Tensor:
        """1 / (1 - p) where something is kept, 0 where it is left out, with probability p."""
        return (self.uniform(stream, shape) >= probability) / (1 - probability)


def _salt_number(*words: str) -> int:
    return int.from_bytes(hashlib.blake2b("/".join(words).encode(), digest_size=8).digest(), "little")


def _mix(x: Tensor) -> Tensor:
    x = (x ^ _shift(x, 30)) * _signed(FIRST)
    x = (x ^ _shift(x, 27)) * _signed(SECOND)
    return x ^ _shift(x, 31)


def _shift(x: Tensor, bits: int) -> Tensor:
    """A logical shift to the right: int64 would carry its sign along."""
    return (x >> bits) & (MASK >> bits)


def _signed(number: int) -> int:
    """The int64 with the same 64 bits."""
    return number - (1 << 64) if number >> 63 else number
