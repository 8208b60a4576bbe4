"""What lies in datasets' folders: scanned once for as long as no file changes, and told as pages of pictures."""

import os
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from danlu.datasets.captions import caption_path, read_caption
from danlu.datasets.manifest import Manifest, PictureFacts, read_manifest
from danlu.datasets.pictures import Dataset, Picture
from danlu.datasets.scan import scan_dataset
from danlu.kit.errors import UserError
from danlu.kit.language import Text

_KEPT = 8
"""Datasets."""


@dataclass(frozen=True)
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
        known = self.dataset.pictures if self.dataset else ()
        return [one for one in known if one.view is not None and one.file_name == picture.name]

    def picture(self, name: str) -> Picture | None:
        """The picture of a name, or None."""
        return next((one for one in self.pictures if one.name == name), None)


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
        while len(_Scans.kept) > _KEPT:
            _Scans.kept.popitem(last=False)
    return contents


def _scan(root: Path) -> Contents:
    manifest = read_manifest(root)
    dataset, unusable = _try_scan(root, with_manifest=True)
    pictures = {one.name: one for one in dataset.files} if dataset else {}
    left_out = [name for name, facts in manifest.pictures.items() if facts.excluded and (root / name).is_file()]
    if left_out:
        everything, _ = _try_scan(root, with_manifest=False)
        for one in everything.files if everything else ():
            if one.name in left_out:
                pictures[one.name] = one
    has_any = bool(pictures) or any(_is_visible(name) for name, _, _ in _files(root))
    ordered = tuple(pictures[name] for name in sorted(pictures))
    return Contents(root, manifest, dataset, ordered, frozenset(left_out), unusable if has_any else None)


def _try_scan(root: Path, *, with_manifest: bool) -> tuple[Dataset | None, Text | None]:
    try:
        return scan_dataset(root, manifest=with_manifest), None
    except UserError as error:
        return None, error.text


def facts_of(contents: Contents, picture: Picture) -> PictureFacts:
    """What danlu.toml says of a picture."""
    return contents.manifest.pictures.get(picture.name, PictureFacts())


def caption_of(picture: Picture) -> str | None:
    """The caption of a picture, also of one that is left out."""
    path = caption_path(picture.path)
    return picture.caption if picture.caption is not None or path is None else read_caption(path)[0]


def select(pictures: Sequence[Picture], search: str | None) -> list[Picture]:
    """Those pictures whose name or caption has a text in it."""
    words = (search or "").strip().lower()
    return [one for one in pictures if not words or words in one.name.lower() or words in (one.caption or "").lower()]


def _signature(root: Path) -> int:
    """Another one whenever a file below a folder comes, goes or changes."""
    return hash(tuple(sorted(_files(root))))


def _files(root: Path) -> list[tuple[str, int, int]]:
    found: list[tuple[str, int, int]] = []
    for folder, folders, _ in os.walk(root):
        folders[:] = [name for name in folders if not name.startswith(".")]
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_file():
                    about = entry.stat()
                    name = os.path.relpath(entry.path, root)
                    found.append((name, about.st_size, about.st_mtime_ns))
    return found


def _is_visible(name: str) -> bool:
    return not Path(name).name.startswith(".") and name != "danlu.toml"
