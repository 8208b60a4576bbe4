"""What lies in datasets' folders: scanned once for as long as no file changes, and told as pages of pictures."""

import os
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

from danlu.datasets.manifest import MANIFEST_NAME, Manifest, PictureFacts, read_manifest
from danlu.datasets.pictures import Dataset, Picture
from danlu.datasets.scan import scan_dataset
from danlu.kit.errors import UserError
from danlu.kit.language import Text

_KEPT = 20_000
"""Pictures, of the datasets that were looked at last."""
T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Contents:
    """What a dataset's folder holds."""

    root: Path
    manifest: Manifest
    dataset: Dataset | None
    """What can be trained on; None if nothing can."""
    pictures: tuple[Picture, ...]
    """All pictures, also those that are left out, by name; views aren't among them."""
    excluded: frozenset[str]
    unusable: Text | None
    """Why nothing can be trained on, if there are pictures."""

    def require(self) -> Dataset:
        """The dataset. Raises `UserError` if nothing can be trained on."""
        if self.dataset is None:
            raise UserError(*(self.unusable or Text("The dataset has no pictures yet.", "数据集中还没有图片。")))
        return self.dataset

    def views_of(self, picture: Picture) -> list[Picture]:
        """Further views of a picture."""
        return self._views.get(picture.name, [])

    def picture(self, name: str) -> Picture | None:
        """The picture of a name, or None."""
        return self._by_name.get(name)

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """What follows from the contents alone, made the first time that it is asked for."""
        if key not in self._made:
            self._made[key] = make()
        return self._made[key]

    @cached_property
    def _by_name(self) -> dict[str, Picture]:
        return {one.name: one for one in self.pictures}

    @cached_property
    def _views(self) -> dict[str, list[Picture]]:
        found: dict[str, list[Picture]] = {}
        for one in self.dataset.pictures if self.dataset else ():
            if one.view is not None:
                found.setdefault(one.file_name, []).append(one)
        return found

    @cached_property
    def _made(self) -> dict[Hashable, Any]:
        return {}


class _Scans:
    """The last scans, by folder."""

    kept: OrderedDict[Path, tuple[int, Contents]] = OrderedDict()  # noqa: RUF012 -- one for the process
    lock = Lock()


def contents_of(root: Path) -> Contents:
    """What a dataset's folder holds now. Raises `UserError` for a broken danlu.toml."""
    signature = _signature(root)
    with _Scans.lock:
        known = _Scans.kept.get(root)
        if known is not None and known[0] == signature:
            _Scans.kept.move_to_end(root)
            return known[1]
    contents = _scan(root)
    with _Scans.lock:
        _Scans.kept[root] = (signature, contents)
        while len(_Scans.kept) > 1 and sum(len(one.pictures) for _, one in _Scans.kept.values()) > _KEPT:
            _Scans.kept.popitem(last=False)
    return contents


def seen_picture(root: Path, name: str) -> Picture | None:
    """The picture of a name as the last scan found it, however long ago: for who only wants its file."""
    known = _Scans.kept.get(root)
    found = known[1].picture(name) if known is not None else None
    return found if found is not None and found.path.is_file() else None


def find_picture(root: Path, name: str) -> Picture | None:
    """The picture of a name, by the last scan or a new one."""
    return seen_picture(root, name) or contents_of(root).picture(name)


def _scan(root: Path) -> Contents:
    manifest = read_manifest(root)
    dataset, unusable = _try_scan(root, with_manifest=True)
    pictures = {one.name: one for one in dataset.files} if dataset else {}
    left_out: list[str] = []
    if any(facts.excluded for facts in manifest.pictures.values()):
        everything, _ = _try_scan(root, with_manifest=False)
        for one in everything.files if everything else ():
            if manifest.about(one.name).excluded:
                left_out.append(one.name)
                pictures[one.name] = one
    has_any = bool(pictures) or any(name != MANIFEST_NAME for name, _, _ in _files(root))
    ordered = tuple(pictures[name] for name in sorted(pictures))
    return Contents(root, manifest, dataset, ordered, frozenset(left_out), unusable if has_any else None)


def _try_scan(root: Path, *, with_manifest: bool) -> tuple[Dataset | None, Text | None]:
    try:
        return scan_dataset(root, manifest=with_manifest), None
    except UserError as error:
        return None, error.text


def facts_of(contents: Contents, picture: Picture) -> PictureFacts:
    """What danlu.toml says of a picture."""
    return contents.manifest.about(picture.name)


def caption_of(picture: Picture) -> str | None:
    """The caption of a picture, also of one that is left out."""
    return picture.caption


def select(pictures: Sequence[Picture], search: str | None) -> list[Picture]:
    """Those pictures whose name or caption has a text in it."""
    words = (search or "").strip().lower()
    return [one for one in pictures if not words or words in one.name.lower() or words in (one.caption or "").lower()]


def _signature(root: Path) -> int:
    """Another one whenever a file below a folder comes, goes or changes."""
    return hash(tuple(sorted(_files(root))))


def _files(root: Path) -> list[tuple[str, int, int]]:
    """Path below the folder, size and time of change of every file; hidden files and folders are passed over.

    What goes away meanwhile, or a folder that isn't there, counts as if it had never been.
    """
    found: list[tuple[str, int, int]] = []
    folders = [(str(root), "")]
    while folders:
        folder, below = folders.pop()
        with suppress(FileNotFoundError), os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    folders.append((entry.path, f"{below}{entry.name}/"))
                elif entry.is_file():
                    with suppress(FileNotFoundError):
                        about = entry.stat()
                        found.append((f"{below}{entry.name}", about.st_size, about.st_mtime_ns))
    return found
