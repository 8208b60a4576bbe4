"""Which Chromium there is to test with: one that is named, Playwright's own if it is installed, or the system's."""

import os
import shutil
from pathlib import Path

VARIABLE = "DANLU_TEST_CHROMIUM"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge")
HOW = (
    "no Chromium found: install one (`apt install chromium fonts-noto-cjk`, or `.venv/bin/playwright install chromium`)"
    f" or name one in {VARIABLE}"
)


class NoChromiumError(Exception):
    """There is none; the message says what to do."""


def find_chromium(playwrights_own: str) -> Path:
    """The program to start. Nothing is ever downloaded here. Raises `NoChromiumError`.

    playwrights_own: where Playwright would have put its own.
    """
    if named := os.environ.get(VARIABLE):
        if found := shutil.which(named):
            return Path(found)
        raise NoChromiumError(f"{VARIABLE}={named} isn't a program")
    if Path(playwrights_own).is_file():
        return Path(playwrights_own)
    for name in NAMES:
        if found := shutil.which(name):
            return Path(found)
    raise NoChromiumError(HOW)
