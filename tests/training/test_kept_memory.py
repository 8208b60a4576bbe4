"""What a step frees is kept for the next one, instead of being given back and taken anew."""

import platform
import subprocess
import sys

import pytest

PROGRAM = """
import resource, sys, torch
from danlu.training.memory import keep_freed_memory
if sys.argv[1] == "kept":
    keep_freed_memory()
def step():
    return [torch.ones(1_000_000 + 100_000 * number).mul(2) for number in range(30)]
for _ in range(3):
    step()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(4):
    step()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def new_pages(how: str) -> int:
    return int(subprocess.run([sys.executable, "-c", PROGRAM, how], capture_output=True, check=True, text=True).stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc gives memory back at once")
def test_tensors_of_the_next_step_need_no_new_pages() -> None:
    assert new_pages("kept") < new_pages("as it is") / 4
