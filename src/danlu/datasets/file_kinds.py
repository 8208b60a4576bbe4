"""Which file of a folder is what: picture, caption, mask, what another program wrote about pictures, or none of these.

In: the names of all files of a folder (POSIX paths below it). Out: the same names, told apart. Names alone decide, so
that a scan, an import and an upload see the same, whether the files lie on a disk or in an archive. What belongs to a
picture is found under the picture's name without its suffix, whatever the case of its own suffix and whichever way
accents are written (macOS writes é as two signs, others as one).
"""

import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from danlu.datasets.formats import PICTURE_SUFFIXES, UNREAD_SUFFIXES

CAPTION_SUFFIXES = (".txt", ".caption")
"""Danlu's own captions, in order of preference."""
SIDECAR_SUFFIXES = (".tags", ".tag", ".cap", ".captions", ".wd14", ".booru", ".prompt", ".json")
"""What other programs write beside a picture, as `NAME.tags` or `NAME.jpg.tags`; an import makes captions of them."""
FOLDER_FILES = frozenset({"metadata.jsonl", "metadata.csv", "captions.json", "metadata.json", "captions.csv"})
"""What other programs write about all pictures of a folder; kohya's begin with `meta_`."""
MASK_ENDING = ".mask"
"""`a.mask.png` tells which parts of `a.png` (or `a.jpg` …) count; it is no picture to train on."""
_SURE_MASKS = (MASK_ENDING, "-masklabel")
_LIKELY_MASKS = ("_mask", "-mask", "_masklabel")
"""Masks only beside a picture of their name, which other programs read so."""
_CONDITIONS = ("-condlabel", "_condlabel")
_MASK_FOLDERS = frozenset({"mask", "masks", "_mask", "_masks"})
_RUBBISH = frozenset(
    {
        *("thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r", "__pycache__", "lost+found"),
        *("@eadir", "@tmp", "@recycle", "@recently-snapshot", "@transcode", "#recycle", "#snapshot"),
        *("$recycle.bin", "recycler", "system volume information", "network trash folder", "temporary items"),
    }
)


def is_rubbish(part: str) -> bool:
    """Whether a file or folder of this name is something that systems leave behind: hidden files, thumbnails of NAS and
    Windows, recycle bins.
    """
    lower = part.lower()
    return lower in _RUBBISH or lower.startswith((".", "__macosx", "synophoto_", "synofile_thumb", "~$"))


def stem_key(name: str) -> str:
    """Under what the files of a picture are found: its path without suffix, accents written one way (NFC)."""
    folder, _, file = name.rpartition("/")
    stem = file.rpartition(".")[0] if _suffix(file) else file
    return unicodedata.normalize("NFC", f"{folder}/{stem}" if folder else stem)


def masked_stem(name: str) -> str:
    """The `stem_key` of the picture that a file of a folder of masks is for, whatever ending its name has."""
    known_as = _without(name, (*_SURE_MASKS, *_LIKELY_MASKS))
    return stem_key(name) if known_as is None else known_as


def is_picture(name: str) -> bool:
    """Whether a file of this name is a picture that can be read, be it a mask."""
    return _suffix(name) in PICTURE_SUFFIXES


def companions(pictures: Iterable[Path]) -> list[Path]:
    """The files that lie beside pictures and belong to them alone: captions, masks, what others wrote about them."""
    found: list[Path] = []
    by_folder: dict[Path, list[str]] = {}
    for picture in pictures:
        by_folder.setdefault(picture.parent, []).append(picture.name)
    for folder, names in by_folder.items():
        files = sort_files(one.name for one in folder.iterdir() if one.is_file())
        for key in {stem_key(name) for name in names}:
            mask = files.masks.get(key)
            beside = [*files.captions.get(key, ()), *files.sidecars.get(key, ()), *([mask] if mask else [])]
            found += [folder / name for name in beside]
    return found


@dataclass(frozen=True)
class SortedFiles:
    """The files of a folder by what they are."""

    pictures: tuple[str, ...]
    captions: Mapping[str, tuple[str, ...]]
    """By their picture's `stem_key`, in order of preference; also those that have no picture."""
    sidecars: Mapping[str, tuple[str, ...]]
    """What other programs wrote about single pictures, in the same way."""
    folder_files: tuple[str, ...]
    """What other programs wrote about many pictures."""
    masks: Mapping[str, str]
    """By their picture's `stem_key`."""
    foreign_masks: tuple[str, ...]
    """Those of them that are named as other programs name theirs."""
    conditions: tuple[str, ...]
    """Pictures that other programs show a model beside the one to learn."""
    unread: tuple[str, ...]
    """Pictures of kinds that can't be read."""
    others: tuple[str, ...]

    def captions_of(self, picture: str) -> tuple[str, ...]:
        """A picture's own captions; files whose name is written in the same way as the picture's come first."""
        stem = picture.rpartition(".")[0]
        found = self.captions.get(stem_key(picture), ())
        return tuple(sorted(found, key=lambda one: one.rpartition(".")[0] != stem))


def sort_files(names: Iterable[str]) -> SortedFiles:
    """Tell files apart by their names; see `SortedFiles`."""
    ordered = sorted(names)
    shown = [name for name in ordered if is_picture(name)]
    masks, foreign, conditions = _masks_among(shown)
    aside = {*masks.values(), *foreign, *conditions}
    pictures = [name for name in shown if name not in aside]
    texts = _Texts(pictures)
    for name in ordered:
        if not is_picture(name):
            texts.put(name)
    return SortedFiles(
        tuple(pictures),
        texts.by_picture(texts.captions, CAPTION_SUFFIXES),
        texts.by_picture(texts.sidecars, (*CAPTION_SUFFIXES, *SIDECAR_SUFFIXES)),
        tuple(texts.folder_files),
        masks,
        tuple(foreign),
        tuple(conditions),
        tuple(texts.unread),
        tuple(texts.others),
    )


class _Texts:
    """Files that aren't pictures, sorted one by one."""

    def __init__(self, pictures: Sequence[str]) -> None:
        self.captions: list[tuple[str, str]] = []
        self.sidecars: list[tuple[str, str]] = []
        self.folder_files: list[str] = []
        self.unread: list[str] = []
        self.others: list[str] = []
        self._stems = {stem_key(name) for name in pictures}
        self._whole = {unicodedata.normalize("NFC", name): stem_key(name) for name in pictures}
        folded: dict[str, list[str]] = {}
        for stem in self._stems:
            folded.setdefault(stem.casefold(), []).append(stem)
        self._folded = {key: stems[0] for key, stems in folded.items() if len(stems) == 1}

    def put(self, name: str) -> None:
        """Put a file where it belongs."""
        suffix, stem = _suffix(name), stem_key(name)
        # "a.jpg.txt" speaks of "a.jpg"; as "a.jpg.png" may be a picture too, that comes first.
        if stem not in self._stems and stem in self._whole and suffix in (*CAPTION_SUFFIXES, *SIDECAR_SUFFIXES):
            self.sidecars.append((self._whole[stem], name))
        elif suffix in CAPTION_SUFFIXES:
            self.captions.append((self._picture_of(stem), name))
        elif suffix in SIDECAR_SUFFIXES and self._picture_of(stem) in self._stems:
            self.sidecars.append((self._picture_of(stem), name))
        elif _is_about_many(name):
            self.folder_files.append(name)
        elif suffix in UNREAD_SUFFIXES:
            self.unread.append(name)
        else:
            self.others.append(name)

    def _picture_of(self, stem: str) -> str:
        """The picture that is meant; on most disks upper and lower case are one."""
        return stem if stem in self._stems else self._folded.get(stem.casefold(), stem)

    @staticmethod
    def by_picture(found: Sequence[tuple[str, str]], order: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """Files by the picture that they belong to, in order of their suffixes."""
        piles: dict[str, list[str]] = {}
        for stem, name in sorted(found, key=lambda one: (order.index(_suffix(one[1])), one[1])):
            piles.setdefault(stem, []).append(name)
        return {stem: tuple(names) for stem, names in piles.items()}


def _masks_among(shown: Sequence[str]) -> tuple[dict[str, str], list[str], list[str]]:
    """Masks by their picture, those with names of other programs, and pictures shown beside others."""
    stems = {stem_key(name) for name in shown}
    conditions = [name for name in shown if _without(name, _CONDITIONS) is not None]
    masks: dict[str, str] = {}
    foreign: list[str] = []
    inner = [name for name in shown if _mask_folder(name) is not None]
    for name in (name for name in shown if name not in set(conditions)):
        sure, likely = _without(name, _SURE_MASKS), _without(name, _LIKELY_MASKS)
        stem = sure if sure is not None else likely if likely in stems else None
        if stem is None:
            continue
        masks.setdefault(stem, name)
        if not stem_key(name).lower().endswith(MASK_ENDING):
            foreign.append(name)
    beside = {*masks.values(), *foreign, *conditions}
    pictures = [name for name in shown if name not in beside and _mask_folder(name) is None]
    found, folders = _masks_in_folders([name for name in inner if name not in conditions], pictures)
    foreign += [name for name in inner if _mask_folder(name) in folders and name not in beside]
    return {**found, **masks}, foreign, conditions


def _masks_in_folders(inner: Sequence[str], pictures: Collection[str]) -> tuple[dict[str, str], set[str | None]]:
    """Masks that lie in a folder of their own, `mask/a.png` for `a.png` or `img/a.png`, by their picture; and the
    folders that hold such.
    """
    by_place: dict[tuple[str, str], str] = {}
    for name in inner:
        folder = _mask_folder(name) or ""
        below = name[len(folder) + 1 :]
        above = folder.rpartition("/")[0]
        by_place.setdefault((above, stem_key(below)), name)
        by_place.setdefault((above, masked_stem(below)), name)
    found: dict[str, str] = {}
    for picture in pictures if by_place else ():
        parts = stem_key(picture).split("/")
        for index in range(len(parts)):
            above = "/".join(parts[:index])
            # Within the pictures' folder, or beside it.
            for rest in ("/".join(parts[index:]), "/".join(parts[index + 1 :])):
                if (mask := by_place.get((above, rest))) is not None:
                    found.setdefault(stem_key(picture), mask)
    return found, {_mask_folder(name) for name in found.values()}


def _mask_folder(name: str) -> str | None:
    """The path of the uppermost folder above a file that is named as one of masks."""
    parts = name.split("/")[:-1]
    return next(("/".join(parts[: i + 1]) for i, part in enumerate(parts) if part.lower() in _MASK_FOLDERS), None)


def _without(name: str, endings: Sequence[str]) -> str | None:
    """The `stem_key` of a name less one of these endings; None if it has none of them."""
    stem = stem_key(name)
    lower = stem.lower()
    ending = next((one for one in endings if lower.endswith(one) and len(PurePosixPath(lower).name) > len(one)), None)
    return None if ending is None else stem[: -len(ending)]


def _is_about_many(name: str) -> bool:
    file = PurePosixPath(name).name.lower()
    return file in FOLDER_FILES or file.endswith(".parquet") or (file.startswith("meta_") and file.endswith(".json"))


def _suffix(name: str) -> str:
    return PurePosixPath(name).suffix.lower()
