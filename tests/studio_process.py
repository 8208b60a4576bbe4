"""A real studio, as `danlu studio` starts it, for tests that ask it over its socket."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def studio_running(folder: Path, port: int = 0) -> Iterator[str]:
    """Its address."""
    command = [sys.executable, "-m", "danlu", "--lang", "en", "studio", "--no-browser"]
    process = subprocess.Popen([*command, "--data", str(folder), "--port", str(port)], stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().decode().split()[2]
    finally:
        process.terminate()
        process.communicate(timeout=20)
