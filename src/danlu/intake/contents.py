"""What a source holds: its pictures, and for each the texts and the mask that go with it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from danlu.datasets.file_kinds import SortedFiles, sort_files
from danlu.datasets.formats import way_out
from danlu.datasets.manifest import MANIFEST_NAME
from danlu.intake.metadata import Metadata, merged, read_metadata
from danlu.intake.projects import Project, read_project
from danlu.intake.report import LeftOut
from danlu.intake.sources import OTHER_ARCHIVES, READ_ARCHIVES, Entry, Source
from danlu.kit.errors import UserError
from danlu.kit.language import Text
from danlu.kit.quantities import format_bytes

LARGEST_PICTURE_BYTES = 2**31
LARGEST_TEXT_BYTES = 2**20
_LARGEST_METADATA_BYTES = 2**26
_TABLES = frozenset({".json", ".jsonl", ".csv", ".tsv"})


@dataclass(frozen=True)
class Contents:
    """The files of a source by what they are."""

    source: Source
    pictures: tuple[Entry, ...]
    captions: dict[str, tuple[Entry, ...]]
    """By their picture's `stem_key`; in order of preference."""
    sidecars: dict[str, tuple[Entry, ...]]
    """What other programs wrote about a picture, in the same way."""
    masks: dict[str, Entry]
    """By their picture's `stem_key`."""
    foreign_masks: tuple[str, ...]
    """Those of them that are named as other programs name theirs."""
    manifest: Entry | None
    metadata: Metadata
    projects: tuple[Project, ...]
    """What settings of other programs say of these pictures."""
    left_out: tuple[LeftOut, ...]
    others: tuple[str, ...]
    """Files that have nothing to do with a dataset."""


@dataclass
class _Piles:
    manifests: list[Entry] = field(default_factory=list[Entry])
    metadata: list[Metadata] = field(default_factory=list[Metadata])
    projects: list[Project] = field(default_factory=list[Project])
    left_out: list[LeftOut] = field(default_factory=list[LeftOut])
    others: list[str] = field(default_factory=list[str])


def sort_contents(source: Source) -> Contents:
    """Tell the files of a source apart by their names, and read what metadata there is."""
    entries = {entry.name: entry for entry in source.entries}
    files = sort_files(entries)
    piles = _Piles()
    _tell_aside(files, entries, piles)
    for name in (*files.folder_files, *files.others):
        _put(entries[name], piles)
    pictures = [entries[name] for name in files.pictures if _is_of_sane_size(entries[name], piles)]
    manifest = min(piles.manifests, key=lambda one: one.name.count("/"), default=None)
    return Contents(
        source,
        tuple(pictures),
        _entries_by_stem(files.captions, entries),
        _entries_by_stem(files.sidecars, entries),
        {stem: entries[name] for stem, name in files.masks.items()},
        tuple(entries[name].shown for name in files.foreign_masks if name in files.masks.values()),
        manifest,
        merged(piles.metadata),
        tuple(piles.projects),
        tuple(piles.left_out),
        tuple(piles.others),
    )


def _entries_by_stem(found: Mapping[str, Iterable[str]], entries: Mapping[str, Entry]) -> dict[str, tuple[Entry, ...]]:
    return {stem: tuple(entries[name] for name in names) for stem, names in found.items()}


def _tell_aside(files: SortedFiles, entries: Mapping[str, Entry], piles: _Piles) -> None:
    """Files that are neither pictures to train on nor texts about them."""
    for name in files.unread:
        shown, out = entries[name].shown, way_out(PurePosixPath(name).suffix)
        text = Text(f"'{shown}' is of a kind that isn't read: {out.en}.", f"不支持“{shown}”的格式：{out.zh}。")
        piles.left_out.append(LeftOut(shown, "unread", text))
    for name in files.conditions:
        shown = entries[name].shown
        text = Text(
            f"'{shown}' is a conditioning picture of another program, which isn't used.",
            f"“{shown}”是其他程序的条件图，不使用。",
        )
        piles.left_out.append(LeftOut(shown, "unread", text))
    kept = set(files.masks.values())
    for name in files.foreign_masks:
        if name not in kept:
            shown = entries[name].shown
            text = Text(
                f"'{shown}' is a mask by its name, but has no picture, or the picture has another mask.",
                f"“{shown}”按名称是蒙版，但没有对应的图片，或该图片已有蒙版。",
            )
            piles.left_out.append(LeftOut(shown, "unread", text))


def _put(entry: Entry, piles: _Piles) -> None:
    path = PurePosixPath(entry.name)
    suffix = path.suffix.lower()
    if suffix in READ_ARCHIVES or suffix in OTHER_ARCHIVES:
        text = Text(
            f"'{entry.shown}' is an archive within a source: unpack it and import that too.",
            f"“{entry.shown}”是内含的压缩包：请解压后另行导入。",
        )
        piles.left_out.append(LeftOut(entry.shown, "unread", text))
    elif suffix == ".parquet":
        text = Text(
            f"'{entry.shown}' is a table of a kind that isn't read: save what it says as metadata.csv (file_name, "
            "text), and pictures that it holds as files.",
            f"不支持“{entry.shown}”这种表格：请把标注另存为 metadata.csv（file_name、text 两列），图片另存为文件。",
        )
        piles.left_out.append(LeftOut(entry.shown, "unread", text))
    elif path.name == MANIFEST_NAME:
        piles.manifests.append(entry)
    elif suffix not in _TABLES or not _put_table(entry, piles):
        piles.others.append(entry.shown)


def _put_table(entry: Entry, piles: _Piles) -> bool:
    """Whether a file speaks of many pictures."""
    if entry.size_bytes > _LARGEST_METADATA_BYTES:
        return False
    try:
        content = entry.read()
    except UserError:
        return False
    if project := read_project(PurePosixPath(entry.name).name, content):
        piles.projects.append(project)
        return True
    if metadata := read_metadata(entry.name, content):
        piles.metadata.append(metadata)
        return True
    return False


def _is_of_sane_size(entry: Entry, piles: _Piles) -> bool:
    if entry.size_bytes <= LARGEST_PICTURE_BYTES:
        return True
    most = format_bytes(LARGEST_PICTURE_BYTES)
    text = Text(f"'{entry.shown}' is larger than {most}: scale it down.", f"“{entry.shown}”超过 {most}：请先缩小。")
    piles.left_out.append(LeftOut(entry.shown, "damaged", text))
    return False


def all_metadata(contents: Sequence[Contents]) -> Metadata:
    """The metadata of all sources: a file given by itself speaks of the pictures of the others."""
    return merged([one.metadata for one in contents])
