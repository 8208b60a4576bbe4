"""What a source holds: its pictures, and for each the texts and the mask that go with it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from danlu.datasets.captions import CAPTION_SUFFIXES
from danlu.datasets.formats import PICTURE_SUFFIXES, UNREAD_SUFFIXES, way_out
from danlu.datasets.manifest import MANIFEST_NAME
from danlu.datasets.scan import MASK_SUFFIX
from danlu.intake.metadata import Metadata, merged, read_metadata
from danlu.intake.report import LeftOut
from danlu.intake.sources import OTHER_ARCHIVES, Entry, Source
from danlu.kit.errors import UserError
from danlu.kit.language import Text
from danlu.kit.quantities import format_bytes

LARGEST_PICTURE_BYTES = 2**31
LARGEST_TEXT_BYTES = 2**20
_LARGEST_METADATA_BYTES = 2**26


@dataclass(frozen=True)
class Contents:
    """The files of a source by what they are."""

    source: Source
    pictures: tuple[Entry, ...]
    captions: dict[str, tuple[Entry, ...]]
    """By the path of their picture without its suffix; in order of preference."""
    masks: dict[str, Entry]
    """By the path of their picture without its suffix."""
    manifest: Entry | None
    metadata: Metadata
    left_out: tuple[LeftOut, ...]
    others: tuple[str, ...]
    """Files that have nothing to do with a dataset."""


@dataclass
class _Piles:
    pictures: list[Entry] = field(default_factory=list[Entry])
    captions: dict[str, list[Entry]] = field(default_factory=dict[str, list[Entry]])
    masks: dict[str, Entry] = field(default_factory=dict[str, Entry])
    manifests: list[Entry] = field(default_factory=list[Entry])
    metadata: list[Metadata] = field(default_factory=list[Metadata])
    left_out: list[LeftOut] = field(default_factory=list[LeftOut])
    others: list[str] = field(default_factory=list[str])


def sort_contents(source: Source) -> Contents:
    """Tell the files of a source apart by their names, and read what metadata there is."""
    piles = _Piles()
    for entry in source.entries:
        _put(entry, piles)
    captions = {stem: tuple(sorted(found, key=_preference)) for stem, found in piles.captions.items()}
    manifest = min(piles.manifests, key=lambda one: one.name.count("/"), default=None)
    return Contents(
        source,
        tuple(piles.pictures),
        captions,
        piles.masks,
        manifest,
        merged(piles.metadata),
        tuple(piles.left_out),
        tuple(piles.others),
    )


def stem_of(name: str) -> str:
    """A path without its suffix."""
    return str(PurePosixPath(name).with_suffix(""))


def _put(entry: Entry, piles: _Piles) -> None:
    path = PurePosixPath(entry.name)
    suffix = path.suffix.lower()
    if entry.name.lower().endswith(MASK_SUFFIX):
        piles.masks[entry.name[: -len(MASK_SUFFIX)]] = entry
    elif suffix in PICTURE_SUFFIXES:
        _put_picture(entry, piles)
    elif suffix in CAPTION_SUFFIXES:
        piles.captions.setdefault(stem_of(entry.name), []).append(entry)
    elif suffix in UNREAD_SUFFIXES:
        out = way_out(suffix)
        text = Text(
            f"'{entry.shown}' is of a kind that isn't read: {out.en}.", f"不支持“{entry.shown}”的格式：{out.zh}。"
        )
        piles.left_out.append(LeftOut(entry.shown, "unread", text))
    elif suffix == ".zip" or suffix in OTHER_ARCHIVES:
        text = Text(
            f"'{entry.shown}' is an archive within a source: unpack it and import that too.",
            f"“{entry.shown}”是内含的压缩包：请解压后另行导入。",
        )
        piles.left_out.append(LeftOut(entry.shown, "unread", text))
    elif path.name == MANIFEST_NAME:
        piles.manifests.append(entry)
    elif suffix == ".json" and (metadata := _metadata_in(entry)):
        piles.metadata.append(metadata)
    else:
        piles.others.append(entry.shown)


def _put_picture(entry: Entry, piles: _Piles) -> None:
    if entry.size_bytes <= LARGEST_PICTURE_BYTES:
        piles.pictures.append(entry)
        return
    most = format_bytes(LARGEST_PICTURE_BYTES)
    text = Text(f"'{entry.shown}' is larger than {most}: scale it down.", f"“{entry.shown}”超过 {most}：请先缩小。")
    piles.left_out.append(LeftOut(entry.shown, "damaged", text))


def _metadata_in(entry: Entry) -> Metadata | None:
    if entry.size_bytes > _LARGEST_METADATA_BYTES:
        return None
    try:
        return read_metadata(entry.read())
    except UserError:
        return None


def _preference(entry: Entry) -> int:
    return CAPTION_SUFFIXES.index(PurePosixPath(entry.name).suffix.lower())


def all_metadata(contents: Sequence[Contents]) -> Metadata:
    """The metadata of all sources: a file given by itself speaks of the pictures of the others."""
    return merged([one.metadata for one in contents])
