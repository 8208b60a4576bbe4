"""The program as users start it: a process of its own, in a folder of its own."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from small_world import make_dataset
from tiny_base import make_base_folder

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(tmp_path: Path) -> Start:
    """Start `danlu ARGUMENTS` in the test's folder, its output piped."""

    def begin(*arguments: object, **environment: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-m", "danlu", *map(str, arguments)],
            cwd=tmp_path,
            env={**os.environ, "PYTHONUTF8": "1", **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return begin


@pytest.fixture
def danlu(start: Start) -> Callable[..., "subprocess.CompletedProcess[str]"]:
    """Run `danlu ARGUMENTS` to its end."""

    def run(*arguments: object, **environment: str) -> "subprocess.CompletedProcess[str]":
        process = start(*arguments, **environment)
        out, err = process.communicate(timeout=300)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    return run


@pytest.fixture
def base_folder(tmp_path: Path) -> Path:
    return make_base_folder(tmp_path / "底 模" / "tiny")


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    return make_dataset(tmp_path / "图 片 📷", pictures=6, repeats=4)
