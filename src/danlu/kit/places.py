"""Where things lie: the data that ships with the program, and the cache that belongs to the user."""

import os
from pathlib import Path

EMBEDDED_BASE = "danlu-mini"
EMBEDDED_TAGGER = "danlu-mini-tagger"


def data_folder() -> Path:
    """The folder of the package that holds the embedded base, tagger, samples and presets."""
    return Path(__file__).parent.parent / "data"


def cache_folder() -> Path:
    """The user's cache: `DANLU_CACHE`, or the platform's own place for caches."""
    if given := os.environ.get("DANLU_CACHE"):
        return Path(given)
    import platformdirs

    return platformdirs.user_cache_path("danlu", appauthor=False)


def studio_folder() -> Path:
    """Where the studio keeps datasets and runs: `DANLU_STUDIO`, or the platform's own place for a user's data."""
    if given := os.environ.get("DANLU_STUDIO"):
        return Path(given)
    import platformdirs

    return platformdirs.user_data_path("danlu", appauthor=False) / "studio"
