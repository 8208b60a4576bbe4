"""Which pictures an import is about, where in the dataset each belongs, and what comes with it; nothing is read yet."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from danlu.datasets.file_kinds import sort_files, stem_key
from danlu.datasets.folder_names import REPEATS_NAME
from danlu.datasets.walk import walk_files
from danlu.intake.contents import Contents, all_metadata
from danlu.intake.layout import concept_folder, folders_for, has_kohya_folders, names_concept, require_no_mixture
from danlu.intake.names import portable
from danlu.intake.report import LeftOut
from danlu.intake.sources import Entry
from danlu.kit.errors import UserError
from danlu.kit.language import Text


@dataclass(frozen=True)
class Arrival:
    """A picture that may come into the dataset."""

    entry: Entry
    folder: str
    """POSIX path below the dataset's root; empty for the root."""
    stem: str
    captions: tuple[Entry, ...]
    """Caption files, in order of preference."""
    sidecars: tuple[Entry, ...]
    """What other programs wrote about it."""
    told: str | None
    """What metadata says of it."""
    mask: Entry | None

    names_concept: bool
    """Whether its source says which concept it teaches: then the same picture may teach another one too."""

    @property
    def has_text(self) -> bool:
        """Whether it brings something to make a caption of."""
        return bool(self.captions or self.sidecars or self.told)

    @property
    def concept(self) -> str:
        """The folder of its concept (see `layout`)."""
        return concept_folder(self.folder)

    @property
    def suffix(self) -> str:
        """The suffix of its file."""
        return PurePosixPath(self.entry.name).suffix


def pictures_in(target: Path) -> list[str]:
    """The pictures that a dataset has, by POSIX path, sorted."""
    return list(sort_files(walk_files(target).files).pictures)


def plan_arrivals(
    contents: Sequence[Contents], target: Path, there: Sequence[str]
) -> tuple[list[Arrival], list[LeftOut]]:
    """The pictures to take, in order, and those that lie where training wouldn't look.

    Raises `UserError` if the dataset's own pictures wouldn't be trained on any more.
    """
    root = target.resolve().name
    with_folders = [one for one in contents if has_kohya_folders(one.source.name, _names(one))]
    if with_folders and not has_kohya_folders(root, there):
        require_no_mixture(target, there, with_folders[0].source.name)
    in_kohya_folders = not REPEATS_NAME.fullmatch(root) and (bool(with_folders) or has_kohya_folders("", there))
    told = _told_captions(contents)
    arrivals: list[Arrival] = []
    outside: list[LeftOut] = []
    for one in contents:
        folders = folders_for(one.source.name, _names(one), in_kohya_folders=in_kohya_folders)
        for entry in one.pictures:
            folder, stem = folders[entry.name], stem_key(entry.name)
            if folder is None:
                outside.append(_tell_outside(entry))
                continue
            arrivals.append(
                Arrival(
                    entry,
                    folder,
                    portable(PurePosixPath(stem).name),
                    one.captions.get(stem, ()),
                    one.sidecars.get(stem, ()),
                    told.get(entry.shown),
                    one.masks.get(stem),
                    names_concept(one.source.name, entry.name),
                )
            )
    # Of pictures that turn out to be the same, the first is taken: one with a caption, and "a" rather than "a (1)".
    return sorted(arrivals, key=lambda one: (not one.has_text, len(one.stem))), outside


def _told_captions(contents: Sequence[Contents]) -> dict[str, str]:
    """What tables and settings say of pictures, by their shown names. A caption that belongs to a picture by its path
    isn't given to others of its name.
    """
    metadata = all_metadata(contents)
    told: dict[str, str] = {}
    rest: list[tuple[Contents, Entry]] = []
    claimed: set[str] = set()
    for one in contents:
        for entry in one.pictures:
            paths = (str(entry.path.absolute()), entry.name) if entry.path else (entry.name,)
            if caption := metadata.caption_at(*paths):
                told[entry.shown] = caption
                claimed.add(PurePosixPath(stem_key(entry.name)).name)
            else:
                rest.append((one, entry))
    for one, entry in rest:
        known = PurePosixPath(stem_key(entry.name)).name not in claimed
        caption = (metadata.caption_of(entry.name) if known else None) or _wished(one, entry)
        if caption:
            told[entry.shown] = caption
    return told


def _wished(contents: Contents, entry: Entry) -> str | None:
    """The caption that settings of another program give a picture."""
    named = f"{contents.source.name}/{entry.name}"
    return next((caption for one in contents.projects if (caption := one.caption_of(named))), None)


def require_something(
    sources: Sequence[Path], contents: Sequence[Contents], arrivals: Sequence[Arrival], has_pictures: bool
) -> None:
    """Raise `UserError` if there is nothing to import: neither pictures nor, for pictures there, captions."""
    if arrivals or (has_pictures and any(one.captions or one.metadata.by_path for one in contents)):
        return
    listed = ", ".join(f"'{path}'" for path in sources)
    unread = next((lost.text for one in contents for lost in one.left_out), Text("", ""))
    raise UserError(
        f"There are no pictures to import in {listed}: check the path. {unread.en}".strip(),
        f"{listed} 中没有可导入的图片：请检查路径。{unread.zh}",
    )


def _names(contents: Contents) -> list[str]:
    return [entry.name for entry in contents.pictures]


def _tell_outside(entry: Entry) -> LeftOut:
    text = Text(
        f"'{entry.shown}' lies outside of the REPEATS_NAME folders, where training wouldn't look.",
        f"“{entry.shown}”不在“重复次数_概念名”文件夹中，训练时不会用到。",
    )
    return LeftOut(entry.shown, "outside", text)
