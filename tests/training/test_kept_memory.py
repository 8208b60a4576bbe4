"""What a step frees is kept for the next one, instead of being given back and taken anew."""

import platform
import subprocess
import sys

import pytest

PROGRAM = """
import ctypes, sys, torch
from danlu.training.memory import keep_freed_memory
if sys.argv[1] == "kept":
    keep_freed_memory()
for _ in range(3):
    step = [torch.ones(1_000_000 + 100_000 * number).mul(2) for number in range(30)]
    del step
NAMES = "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost".split()
Found = type("mallinfo2", (ctypes.Structure,), {"_fields_": [(name, ctypes.c_size_t) for name in NAMES]})
ask = ctypes.CDLL(None).mallinfo2
ask.restype = Found
print(ask().fordblks)
"""
"""Three steps of 30 tensors, 294 MB in all; then what malloc holds that is free (see mallinfo2(3))."""


def held(how: str) -> int:
    return int(subprocess.run([sys.executable, "-c", PROGRAM, how], capture_output=True, check=True, text=True).stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc gives memory back at once")
def test_what_a_step_frees_is_kept_for_the_next() -> None:
    assert held("as it is") < 50e6
    assert held("kept") > 250e6
