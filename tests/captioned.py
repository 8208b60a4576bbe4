"""Datasets of tiny pictures with given captions, and operations on tags as hypothesis draws them."""

from collections.abc import Mapping
from pathlib import Path

from hypothesis import strategies as st
from PIL import Image

from danlu.datasets.pictures import Dataset
from danlu.datasets.scan import scan_dataset
from danlu.editing.operations import Add, Dedupe, Delete, Imply, Move, Replace, Respell, Sort
from danlu.editing.rules import Rules

RULES = Rules(
    {"very long hair": ("long hair", "hair"), "long hair": ("hair",), "red hat": ("hat",)},
    {"longhair": "long hair", "smiling": "smile"},
)
NAMES = [
    "smile",
    "Smile",
    "solo",
    "hat",
    "red_hat",
    "red hat",
    "long hair",
    "very long hair",
    "hair",
    "longhair",
    "=_=",
]
PATTERNS = [*NAMES, "*hair", "*", "s*", "red *"]
SENTENCE = "A girl with long hair, wearing a red hat, is smiling."


def listed(names: list[str]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(names), min_size=1, max_size=3).map(tuple)


operations = st.one_of(
    st.builds(Add, listed(NAMES), st.sampled_from(["head", "tail"])),
    st.builds(Delete, listed(PATTERNS)),
    st.builds(Replace, st.sampled_from(PATTERNS), listed(NAMES)),
    st.builds(Move, listed(PATTERNS), st.sampled_from(["head", "tail"])),
    st.builds(Sort, st.sampled_from(["alphabetical", "frequency"])),
    st.just(Dedupe()),
    st.builds(Imply, st.sampled_from(["remove", "add"]), st.just(RULES)),
    st.just(Respell(RULES)),
)


def write_dataset(root: Path, captions: Mapping[str, str | None], manifest: str = "") -> Dataset:
    """A dataset of tiny pictures by name, with captions or without."""
    for name, caption in captions.items():
        picture = root / name
        picture.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (2, 2)).save(picture)
        if caption is not None:
            picture.with_suffix(".txt").write_text(caption, encoding="utf-8")
    if manifest:
        (root / "danlu.toml").write_text(manifest, encoding="utf-8")
    return scan_dataset(root)


def texts(root: Path) -> dict[str, bytes]:
    """Every text file of a dataset, byte for byte."""
    files = (path for path in root.rglob("*") if path.suffix in (".txt", ".caption", ".toml"))
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in files if ".danlu" not in path.parts}
