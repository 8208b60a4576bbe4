"""Are pictures told that the embedded tagger and base don't know? `python bench/unknown_pictures.py [FOLDER …]`

Known sets: the samples, the characters of bench/ and the held-out pictures of the tests, as they are and as JPEG,
scaled down, blurred and with noise; nothing of them may be told. Unknown sets: synthetic photographs and drawings, and
each FOLDER (with its sub-folders, a set each) of photographs or of other drawings, which aren't part of the repository;
all of them should be told.
"""

import importlib
import io
import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from machine import save
from PIL import Image, ImageFilter

from danlu.datasets.decode import decode_picture
from danlu.kit.places import data_folder
from danlu.tagging.about import Strangeness
from danlu.tagging.base import find_tagger
from danlu.tagging.familiarity import judge_strangeness, strangeness

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))
ENDINGS = {".png", ".jpg", ".jpeg", ".webp"}
Change = Callable[[Image.Image], Image.Image]


def main() -> None:
    """Measure and save."""
    own = [data_folder() / "samples", ROOT / "bench" / "characters", ROOT / "tests" / "data" / "heldout"]
    known = {f"{top.name}/{folder.name}": folder for top in own for folder in sorted(top.iterdir()) if folder.is_dir()}
    with tempfile.TemporaryDirectory() as name:
        foreign = {**_synthetic(Path(name)), **_given([Path(one) for one in sys.argv[1:]])}
        judged = {
            "known": {f"{key}, {how}": _judge(folder, change) for key, folder in known.items() for how, change in HOW},
            "unknown": {key: _judge(folder) for key, folder in foreign.items()},
        }
    result: dict[str, Any] = {"what": "pictures and sets told to be unknown: of known ones none, of unknown ones all"}
    result |= judged
    for kind, by_name in judged.items():
        sets = list(by_name.values())
        result[f"{kind}_sets_told"] = f"{sum(one['told'] for one in sets)} of {len(sets)}"
        pictures = sum(one["pictures"] for one in sets)
        result[f"{kind}_pictures_told"] = f"{sum(one['pictures_told'] for one in sets)} of {pictures}"
    save("unknown_pictures", result)


def _judge(folder: Path, change: Change | None = None) -> dict[str, Any]:
    tagger = find_tagger()
    limits = tagger.about.strangeness
    assert isinstance(limits, Strangeness)
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in ENDINGS)
    images = [decode_picture(path) for path in paths]
    values = strangeness(tagger, limits, [change(one) if change else one for one in images])
    found = judge_strangeness(limits, {path.name: value for path, value in zip(paths, values, strict=True)})
    return {
        "pictures": found.total,
        "pictures_told": len(found.unknown),
        "told": not found.is_familiar,
        "median": round(statistics.median(values), 2),
        "least": round(min(values), 2),
        "most": round(max(values), 2),
    }


def _synthetic(folder: Path) -> dict[str, Path]:
    made: Any = importlib.import_module("foreign_pictures")
    made.make_photographs(folder / "photographs")
    made.make_flat_drawings(folder / "drawings")
    return {"synthetic photographs": folder / "photographs", "synthetic drawings": folder / "drawings"}


def _given(folders: Sequence[Path]) -> dict[str, Path]:
    each = [inner for top in folders for inner in (top, *sorted(one for one in top.iterdir() if one.is_dir()))]
    return {one.name: one for one in each if any(path.suffix.lower() in ENDINGS for path in one.iterdir())}


def _jpeg(quality: int) -> Change:
    def change(image: Image.Image) -> Image.Image:
        content = io.BytesIO()
        image.save(content, "JPEG", quality=quality)
        return Image.open(io.BytesIO(content.getvalue())).convert("RGB")

    return change


def _noisy(image: Image.Image) -> Image.Image:
    noise = np.random.default_rng(0).normal(0, 4, (image.height, image.width, 3))
    return Image.fromarray((np.asarray(image) + noise).clip(0, 255).astype(np.uint8))


def _halved(image: Image.Image) -> Image.Image:
    return _jpeg(90)(image.resize((image.width // 2, image.height // 2), Image.Resampling.BOX))


HOW: tuple[tuple[str, Change | None], ...] = (
    ("as it is", None),
    ("JPEG 75", _jpeg(75)),
    ("JPEG 40", _jpeg(40)),
    ("halved, JPEG 90", _halved),
    ("blurred", lambda image: image.filter(ImageFilter.GaussianBlur(2))),
    ("noisy", _noisy),
)

if __name__ == "__main__":
    main()
