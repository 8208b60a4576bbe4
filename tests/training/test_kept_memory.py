"""What a step frees is kept for the next one, instead of being given back and taken anew."""

import platform
import subprocess
import sys

import pytest

PROGRAM = """
import ctypes, sys, torch
from danlu.training.memory import keep_freed_memory
NAMES = "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost".split()
Found = type("mallinfo2", (ctypes.Structure,), {"_fields_": [(name, ctypes.c_size_t) for name in NAMES]})
ask = ctypes.CDLL(None).mallinfo2
ask.restype = Found
if sys.argv[1] == "kept":
    keep_freed_memory()
before = ask().hblkhd
step = [torch.ones(1_000_000 + 100_000 * number) for number in range(30)]
mapped = ask().hblkhd - before
del step
print(mapped, ask().fordblks)
"""
"""A step of 30 tensors, 294 MB in all: what is mapped for single blocks, which goes back to the system as they are
freed, and what malloc holds afterwards that is free (see mallinfo2(3))."""


def blocks(how: str) -> tuple[int, int]:
    """Bytes mapped for the single tensors of a step, and held free after it."""
    done = subprocess.run([sys.executable, "-c", PROGRAM, how], capture_output=True, check=True, text=True)
    mapped, held = map(int, done.stdout.split())
    return mapped, held


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc gives memory back at once")
def test_what_a_step_frees_is_kept_for_the_next() -> None:
    mapped, _ = blocks("as it is")  # what is held then is for the machine to say: some systems can't shrink a heap
    assert mapped > 250e6
    mapped, held = blocks("kept")
    assert mapped <= 0
    assert held > 250e6
