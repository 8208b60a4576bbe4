"""Which pictures an import is about, where in the dataset each belongs, and what comes with it; nothing is read yet."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from danlu.datasets.formats import PICTURE_SUFFIXES
from danlu.datasets.scan import MASK_SUFFIX, REPEATS_NAME
from danlu.intake.contents import Contents, all_metadata, stem_of
from danlu.intake.layout import folders_for, has_kohya_folders, require_no_mixture
from danlu.intake.names import portable
from danlu.intake.report import LeftOut
from danlu.intake.sources import Entry, is_rubbish
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
    told: str | None
    """What metadata says of it."""
    mask: Entry | None

    @property
    def suffix(self) -> str:
        """The suffix of its file."""
        return PurePosixPath(self.entry.name).suffix


def pictures_in(target: Path) -> list[str]:
    """The pictures that a dataset has, by POSIX path, sorted."""
    return sorted(_walk(target))


def _walk(target: Path) -> Iterator[str]:
    for folder, folders, files in os.walk(target):
        folders[:] = [name for name in folders if not is_rubbish(name)]
        for file in files:
            is_picture = Path(file).suffix.lower() in PICTURE_SUFFIXES and not file.lower().endswith(MASK_SUFFIX)
            if is_picture and not is_rubbish(file):
                yield (Path(folder) / file).relative_to(target).as_posix()


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
    metadata = all_metadata(contents)
    arrivals: list[Arrival] = []
    outside: list[LeftOut] = []
    for one in contents:
        folders = folders_for(one.source.name, _names(one), in_kohya_folders=in_kohya_folders)
        for entry in one.pictures:
            folder, stem = folders[entry.name], stem_of(entry.name)
            if folder is None:
                outside.append(_tell_outside(entry))
                continue
            paths = (str(entry.path.absolute()), entry.name) if entry.path else (entry.name,)
            arrivals.append(
                Arrival(
                    entry,
                    folder,
                    portable(PurePosixPath(stem).name),
                    one.captions.get(stem, ()),
                    metadata.caption_of(*paths),
                    one.masks.get(stem),
                )
            )
    # Of pictures that turn out to be the same, the first is taken: one with a caption, and "a" rather than "a (1)".
    return sorted(arrivals, key=lambda one: (not (one.captions or one.told), len(one.stem))), outside


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
