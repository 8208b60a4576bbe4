"""Bases and taggers that lie on this machine: the embedded ones, and what is found in the folders of the settings.

Clients call them by an id; only what is found here is ever opened for them.
"""

import hashlib
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from danlu.families.base import BaseFacts, Family
from danlu.families.builds import Build
from danlu.families.find import base_path, find_base
from danlu.kit.errors import UserError
from danlu.kit.language import Text
from danlu.kit.places import EMBEDDED_BASE, EMBEDDED_TAGGER, data_folder
from danlu.store.runs import read_settings
from danlu.studio.context import Studio
from danlu.studio.problems import ProblemError
from danlu.studio.shapes.machine import SettingsShape
from danlu.tagging.base import find_tagger

_DEPTH = 3
_MOST = 500
_CHECKPOINTS = frozenset({".safetensors", ".ckpt"})
_SMALLEST_BYTES = 2**20
"""Of a single file: anything smaller is an adapter or an embedding at most."""


@dataclass(frozen=True)
class FoundBase:
    """A base on this machine."""

    id: str
    name: str
    path: str
    """As a recipe has it."""
    family: type[Family]
    facts: BaseFacts
    size_bytes: int
    embedded: bool = False

    @property
    def build(self) -> Build:
        """How wide it is."""
        return self.family.build(self.facts)


@dataclass(frozen=True)
class FoundTagger:
    """A tagger on this machine."""

    id: str
    name: str
    path: str
    embedded: bool = False


def find_bases(studio: Studio, owner: str) -> tuple[list[FoundBase], list[tuple[str, Text]]]:
    """What is there, the embedded one first; and files or folders that look like a base and can't be one."""
    found, unusable = scan_bases(settings_of(studio, owner).base_folders)
    return [_embedded(), *found], unusable


def scan_bases(folders: list[str]) -> tuple[list[FoundBase], list[tuple[str, Text]]]:
    """The bases in some folders; and what looks like a base there and can't be one, with the reason."""
    found: list[FoundBase] = []
    unusable: list[tuple[str, Text]] = []
    for place in _candidates(folders):
        looked = _look(str(place), _stamp(place))
        if isinstance(looked, FoundBase):
            found.append(looked)
        elif _is_checkpoint(place):
            unusable.append((place.name, looked))
    return found, unusable


def scan_taggers(folders: list[str]) -> tuple[list[FoundTagger], list[tuple[str, Text]]]:
    """The taggers in some folders; and folders with a model that no tagger's list of tags lies beside."""
    found: list[FoundTagger] = []
    unusable: list[tuple[str, Text]] = []
    for folder in folders:
        for place in _folders(Path(folder).expanduser()):
            if not any(place.glob("*.onnx")):
                continue
            try:
                find_tagger(str(place))
                found.append(FoundTagger(_id(place), place.name, str(place)))
            except UserError as error:
                unusable.append((place.name, error.text))
    return found, unusable


def find_base_of(studio: Studio, owner: str, base: str, field: str = "base.path") -> FoundBase:
    """The base of an id, or of the path that a recipe has. Raises `ProblemError` if it isn't among those found."""
    for one in find_bases(studio, owner)[0]:
        if base in (one.id, one.path):
            return one
    text = Text(
        f"The base '{base[:200]}' isn't among those found here: add its folder in the settings.",
        f"没有找到底模“{base[:200]}”：请在设置中添加其所在文件夹。",
    )
    raise ProblemError(422, "invalid", text, field=field)


def find_taggers(studio: Studio, owner: str) -> list[FoundTagger]:
    """What is there, the embedded one first: folders with a model and the names of its tags."""
    embedded = FoundTagger(EMBEDDED_TAGGER, EMBEDDED_TAGGER, EMBEDDED_TAGGER, embedded=True)
    return [embedded, *scan_taggers(settings_of(studio, owner).tagger_folders)[0]]


def find_tagger_of(studio: Studio, owner: str, tagger: str) -> FoundTagger:
    """The tagger of an id. Raises `ProblemError` if it isn't among those found."""
    for one in find_taggers(studio, owner):
        if tagger == one.id:
            return one
    text = Text(
        f"The tagger '{tagger[:200]}' isn't among those found here: add its folder in the settings.",
        f"没有找到打标器“{tagger[:200]}”：请在设置中添加其所在文件夹。",
    )
    raise ProblemError(422, "invalid", text, field="tagger")


def settings_of(studio: Studio, owner: str) -> SettingsShape:
    """What somebody has set."""
    known = SettingsShape.model_fields.keys()
    return SettingsShape.model_validate(
        {key: value for key, value in read_settings(studio.database, owner).items() if key in known}
    )


@lru_cache(maxsize=1)
def _embedded() -> FoundBase:
    family, facts = find_base(EMBEDDED_BASE)
    size = _size(base_path(EMBEDDED_BASE))
    return FoundBase(EMBEDDED_BASE, EMBEDDED_BASE, EMBEDDED_BASE, family, facts, size, embedded=True)


@lru_cache(maxsize=_MOST)
def _look(path: str, _stamp: int) -> FoundBase | Text:
    """What a file or folder is, read once for as long as it stays as it is."""
    place = Path(path)
    try:
        family, facts = find_base(path)
    except UserError as error:
        return error.text
    return FoundBase(_id(place), place.stem if place.is_file() else place.name, path, family, facts, _size(place))


def _candidates(folders: list[str]) -> Iterator[Path]:
    """Checkpoint files and folders in diffusers layout, a few folders deep."""
    seen = {data_folder().resolve()}
    for folder in folders:
        for place in _folders(Path(folder).expanduser()):
            if place.resolve() in seen:
                continue
            seen.add(place.resolve())
            if (place / "model_index.json").is_file():
                yield place
                continue
            files = sorted(one for one in place.iterdir() if one.suffix.lower() in _CHECKPOINTS and one.is_file())
            if not any((parent / "model_index.json").is_file() for parent in place.parents):
                yield from (one for one in files if one.stat().st_size >= _SMALLEST_BYTES)


def _folders(root: Path) -> Iterator[Path]:
    """A folder and those in it."""
    for count, (folder, folders, _) in enumerate(os.walk(root)):
        depth = len(Path(folder).relative_to(root).parts)
        folders[:] = sorted(name for name in folders if not name.startswith(".")) if depth < _DEPTH else []
        if count >= _MOST:
            return
        yield Path(folder)


def _is_checkpoint(place: Path) -> bool:
    """Whether somebody would miss it in the list: adapters lie among checkpoints too."""
    return place.is_dir() or place.suffix.lower() == ".ckpt" or place.stat().st_size > 512 * 2**20


def _stamp(place: Path) -> int:
    """Another one whenever a file changes that tells what is there: in a folder, also those of its components."""
    found: list[tuple[str, int, int]] = []
    for one in (place, *sorted(place.glob("*")), *sorted(place.glob("*/*"))):
        with suppress(FileNotFoundError):
            about = one.stat()
            found.append((str(one), about.st_mtime_ns, about.st_size))
    return hash(tuple(found))


def _size(place: Path) -> int:
    files = [place] if place.is_file() else [one for one in place.rglob("*") if one.is_file()]
    return sum(one.stat().st_size for one in files)


def _id(place: Path) -> str:
    return hashlib.sha256(str(place.resolve()).encode("utf-8", "surrogateescape")).hexdigest()[:12]
