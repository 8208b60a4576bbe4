"""What is uploaded together: a picture with the texts beside it, a few pictures in a request, a zip alone."""

import tempfile
import zipfile
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from danlu.datasets.file_kinds import CAPTION_SUFFIXES, SIDECAR_SUFFIXES, is_picture, masked_stem, stem_key
from danlu.datasets.folder_names import REPEATS_NAME
from danlu.datasets.formats import PICTURE_SUFFIXES, UNREAD_SUFFIXES
from danlu.datasets.manifest import MANIFEST_NAME
from danlu.datasets.walk import walk_files
from danlu.kit.errors import UserError

MOST_FILES, MOST_BYTES = 60, 24_000_000
"""In a request; a single file may be larger."""
_WHOLE = frozenset({".json", ".jsonl", ".csv", ".tsv"})
"""Texts that speak of many pictures, as danlu.toml does."""
_SENT = PICTURE_SUFFIXES | UNREAD_SUFFIXES | frozenset({*CAPTION_SUFFIXES, *SIDECAR_SUFFIXES})

Parcel = dict[str, Path]
"""Files by the names under which they are sent."""


@contextmanager
def packed(paths: Sequence[Path]) -> Generator[list[Parcel]]:
    """Folders, zips and files as parcels, each for one request. A folder with texts that speak of many pictures becomes
    one zip, so that they arrive together. Single files go with those of their own folder, for other folders may have
    files of the same name; texts without pictures go last, for pictures that are there by then.

    Raises `UserError` for what isn't there or holds nothing.
    """
    with tempfile.TemporaryDirectory(prefix="danlu-") as place:
        parcels: list[Parcel] = []
        loose: dict[Path, Parcel] = {}
        for number, path in enumerate(paths):
            _require_there(path)
            if path.is_dir():
                files = _files_of(path)
                if any(_is_about_many(file) for file in files.values()):
                    name = f"{path.resolve().name}.zip"
                    parcels.append({name: _zip(files, Path(place) / f"{number}.zip")})
                else:
                    parcels += _parted(files)
            elif path.suffix.lower() == ".zip":
                parcels.append({path.name: path})
            else:
                loose.setdefault(path.parent.resolve(), {})[path.name] = path
        for files in loose.values():
            parcels += _parted(files)
        yield sorted(parcels, key=_has_texts_only)


def _require_there(path: Path) -> None:
    if not path.exists():
        raise UserError(f"'{path}' doesn't exist: check the path.", f"“{path}”不存在：请检查路径。")


def _files_of(folder: Path) -> Parcel:
    """What belongs to a dataset, by its path below the folder; that of a folder named REPEATS_NAME begins with it."""
    name = folder.resolve().name
    above = PurePosixPath(name) if REPEATS_NAME.fullmatch(name) else PurePosixPath()
    paths = {below: folder / below for below in walk_files(folder).files}
    found = {
        str(above / below): path
        for below, path in paths.items()
        if path.is_file() and (path.suffix.lower() in _SENT or _is_about_many(path))
    }
    if not found:
        raise UserError(f"There are no pictures in '{folder}'.", f"“{folder}”中没有图片。")
    return found


def _has_texts_only(parcel: Parcel) -> bool:
    return not any(path.suffix.lower() in PICTURE_SUFFIXES | {".zip"} for path in parcel.values())


def _is_about_many(path: Path) -> bool:
    return path.name == MANIFEST_NAME or path.suffix.lower() in _WHOLE


def _zip(files: Parcel, place: Path) -> Path:
    with zipfile.ZipFile(place, "w", zipfile.ZIP_STORED, strict_timestamps=False) as archive:
        for name, file in files.items():
            archive.write(file, name)
    return place


def _parted(files: Parcel) -> Iterator[Parcel]:
    """A few files in a request, those of the same name but for its ending in the same."""
    parcel: Parcel = {}
    size = 0
    for group in _by_stem(files.items()):
        bytes_of = sum(path.stat().st_size for path in group.values())
        if parcel and (len(parcel) + len(group) > MOST_FILES or size + bytes_of > MOST_BYTES):
            yield parcel
            parcel, size = {}, 0
        parcel |= group
        size += bytes_of
    if parcel:
        yield parcel


def _by_stem(files: Iterable[tuple[str, Path]]) -> Iterable[Parcel]:
    """`a.png`, `a.txt` and `a.mask.png` go together."""
    groups: dict[str, Parcel] = {}
    for name, path in files:
        stem = masked_stem(name)
        stem = stem_key(stem) if is_picture(stem) else stem  # a.jpg.txt
        groups.setdefault(stem, {})[name] = path
    return groups.values()
