"""Documents that follow from the code agree with it."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_generated_documents_are_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "docs" / "generate.py", "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_both_readmes_show_the_same_commands() -> None:
    def commands(name: str) -> list[str]:
        lines = (ROOT / name).read_text("utf-8").splitlines()
        return [line.split("#")[0].strip() for line in lines if line.startswith(("danlu ", "make ", ".venv/"))]

    assert commands("README.md") == commands("README.zh.md") != []
