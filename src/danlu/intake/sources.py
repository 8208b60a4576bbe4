"""What pictures come from: folders, zip and tar files and single files, each as a list of entries that can be read.

Nothing is unpacked here. Names are told with `/` between their parts and never lead out of their source.
"""

import lzma
import stat
import zipfile
import zlib
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from danlu.datasets.file_kinds import companions, is_picture, is_rubbish
from danlu.datasets.walk import walk_files
from danlu.intake.archives import ArchiveLimits, open_archive
from danlu.intake.tapes import list_tape, open_member
from danlu.kit.errors import UserError

READ_ARCHIVES = frozenset({".zip", ".tar"})
OTHER_ARCHIVES = frozenset({".7z", ".rar", ".gz", ".tgz", ".bz2", ".xz", ".zst", ".cab", ".iso"})
_CHUNK_BYTES = 2**20
_READING_ERRORS = (
    OSError,
    EOFError,
    RuntimeError,
    NotImplementedError,
    ValueError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
)
"""All that a damaged file, disk or zip makes of reading."""


@dataclass(frozen=True)
class Entry:
    """One file of a source."""

    name: str
    """POSIX path below its source."""
    shown: str
    """How people recognise it: with the name of its source."""
    size_bytes: int
    open: Callable[[], IO[bytes]]
    path: Path | None = None
    """Where it lies, if it isn't packed."""

    def chunks(self) -> Iterator[bytes]:
        """Its bytes. Raises `UserError` if they can't be read."""
        try:
            with self.open() as file:
                while chunk := file.read(_CHUNK_BYTES):
                    yield chunk
        except _READING_ERRORS as error:
            said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            raise UserError(
                f"'{self.shown}' can't be read ({said}): replace or remove it.",
                f"无法读取“{self.shown}”（{said}）：请替换或删除。",
            ) from error

    def read(self) -> bytes:
        """All its bytes. Raises `UserError` if they can't be read."""
        return b"".join(self.chunks())


@dataclass(frozen=True)
class Source:
    """A folder or a zip that the user pointed at, or single files of a folder."""

    name: str
    """What it is called, without path and `.zip` or `.tar`; may say how often its pictures are shown (`6_NAME`)."""
    entries: tuple[Entry, ...]


@contextmanager
def open_sources(
    paths: Sequence[Path], target: Path, limits: ArchiveLimits | None = None
) -> Generator[tuple[Source, ...]]:
    """All sources; zip files stay open within the block.

    Raises `UserError` for a path that isn't there, that lies in `target` already or is another kind of archive, and for
    a zip that isn't safe to unpack (see `archives`).
    """
    with ExitStack() as stack:
        singles: dict[Path, list[Path]] = {}
        sources: list[Source] = []
        for path in paths:
            _require_elsewhere(path, target)
            if path.is_dir():
                sources.append(Source(path.resolve().name, tuple(_walk(path, target.resolve()))))
            elif path.suffix.lower() == ".tar":
                sources.append(Source(path.stem, tuple(_taped(path, limits or ArchiveLimits()))))
            elif path.suffix.lower() == ".zip":
                sources.append(Source(path.stem, tuple(_packed(path, limits or ArchiveLimits(), stack))))
            else:
                singles.setdefault(path.parent, []).append(path)
        sources += [_of_singles(folder, files) for folder, files in singles.items()]
        yield tuple(sources)


def _require_elsewhere(path: Path, target: Path) -> None:
    if not path.exists():
        raise UserError(f"'{path}' doesn't exist: check the path.", f"“{path}”不存在：请检查路径。")
    if path.suffix.lower() not in READ_ARCHIVES and path.resolve().is_relative_to(target.resolve()):
        raise UserError(
            f"'{path}' lies in '{target}' already: choose another folder for --to.",
            f"“{path}”已在“{target}”中：请为 --to 换一个文件夹。",
        )
    if path.suffix.lower() in OTHER_ARCHIVES and path.is_file():
        raise UserError(
            f"'{path}' is an archive of a kind that isn't read: unpack it and give the folder, or pack it as zip.",
            f"不支持“{path}”这种压缩格式：请解压后指定文件夹，或改用 zip。",
        )


def _of_singles(folder: Path, files: Sequence[Path]) -> Source:
    """Single files of a folder, with the captions and masks that lie beside the pictures among them."""
    found = dict.fromkeys([*files, *companions(path for path in files if is_picture(path.name))])
    return Source(folder.resolve().name, tuple(_file_entry(path, path.name, path.name) for path in found))


def _walk(root: Path, without: Path) -> Iterator[Entry]:
    """All files below a folder by name; hidden ones, and the target if it lies there, are passed over."""
    name = root.resolve().name
    for below in walk_files(root, [without]).files:
        if _may_be_opened(root / below):
            yield _file_entry(root / below, below, f"{name}/{below}")


def _may_be_opened(path: Path) -> bool:
    """Pipes and devices aren't: they would wait for ever. A broken link is, so that it is told."""
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except OSError:
        return True


def _file_entry(path: Path, name: str, shown: str) -> Entry:
    try:
        size = path.stat().st_size
    except OSError:
        size = 0
    return Entry(name, shown, size, lambda: path.open("rb"), path)


def _packed(path: Path, limits: ArchiveLimits, stack: ExitStack) -> Iterator[Entry]:
    archive, members = open_archive(path, limits, stack)
    for member in sorted(members, key=lambda one: one.name):
        if not any(is_rubbish(part) for part in member.name.split("/")):
            info = member.info
            yield Entry(member.name, f"{path.name}/{member.name}", info.file_size, lambda info=info: archive.open(info))


def _taped(path: Path, limits: ArchiveLimits) -> Iterator[Entry]:
    for member in sorted(list_tape(path, limits)):
        if not any(is_rubbish(part) for part in member.name.split("/")):
            shown = f"{path.name}/{member.name}"
            yield Entry(member.name, shown, member.size_bytes, lambda member=member: open_member(path, member))
