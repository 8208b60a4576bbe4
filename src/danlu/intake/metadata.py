"""sd-scripts' metadata (`meta_cap.json`, `meta_clean.json`, `meta_lat.json`): captions and tags by picture.

A picture's key is its path, as it was on whichever machine, or its name without suffix. As in sd-scripts, tags follow
the caption; sizes of buckets are passed over, for Danlu computes its own.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, cast

from danlu.datasets.formats import PICTURE_SUFFIXES


@dataclass(frozen=True)
class Metadata:
    """Captions by picture."""

    by_path: Mapping[str, str]
    """By the key as it stands there, without a picture's suffix."""
    by_stem: Mapping[str, str]
    """By the last part of the key, where only one key ends so."""

    def caption_of(self, *paths: str) -> str | None:
        """The caption of a picture, given the paths that it may be known by, the surest first."""
        stems = [_without_suffix(path) for path in paths]
        found = [self.by_path[stem] for stem in stems if stem in self.by_path]
        found += [self.by_stem[name] for stem in stems if (name := PurePosixPath(stem).name) in self.by_stem]
        return found[0] if found else None


def read_metadata(content: bytes) -> Metadata | None:
    """The captions in a JSON file; None if it isn't one of these files."""
    try:
        document: Any = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None
    if not isinstance(document, dict):
        return None
    captions: dict[str, str] = {}
    for key, about in cast(dict[str, Any], document).items():
        if not isinstance(about, dict):
            return None
        if text := _caption_in(cast(dict[str, Any], about)):
            captions[_without_suffix(key)] = text
    counts = Counter(PurePosixPath(key).name for key in captions)
    by_stem = {name: text for key, text in captions.items() if counts[name := PurePosixPath(key).name] == 1}
    return Metadata(captions, by_stem) if captions else None


def merged(found: Sequence[Metadata]) -> Metadata:
    """Several files as one; what stands in an earlier one comes first."""
    return Metadata(
        {key: text for one in reversed(found) for key, text in one.by_path.items()},
        {key: text for one in reversed(found) for key, text in one.by_stem.items()},
    )


def _caption_in(about: Mapping[str, Any]) -> str:
    texts = (about.get("caption"), about.get("tags"))
    return ", ".join(text.strip() for text in texts if isinstance(text, str) and text.strip())


def _without_suffix(key: str) -> str:
    path = PurePosixPath(key.replace("\\", "/"))
    return str(path.with_suffix("")) if path.suffix.lower() in PICTURE_SUFFIXES else str(path)
