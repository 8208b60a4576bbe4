"""Walk through a folder of pictures: every file once, links to folders followed, rubbish passed over.

kohya's users link concept folders that lie elsewhere, and may show one folder's pictures as two concepts. A folder is
come by at most twice, as itself and through one link, so that links that go in circles end.
"""

import os
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from danlu.datasets.file_kinds import is_rubbish
from danlu.datasets.folder_names import REPEATS_NAME


@dataclass
class Walk:
    """What a walk has found."""

    files: list[str] = field(default_factory=list[str])
    """POSIX paths below the root, sorted."""
    closed: list[str] = field(default_factory=list[str])
    """Folders that may not be read."""
    passed_over: list[str] = field(default_factory=list[str])
    """Links to folders that were not followed: to where the walk has been, or to nothing."""


class _Folder(NamedTuple):
    """A folder that is still to be looked into."""

    path: str
    below: str
    """POSIX path below the root."""
    above: tuple[str, ...]
    """Where it and the folders above it really lie."""
    is_linked: bool
    """Whether the walk has come through a link."""


def walk_files(root: Path, without: Collection[Path] = ()) -> Walk:
    """All files below a folder but for rubbish; the folders `without` (resolved) are passed over."""
    found = Walk()
    home = os.path.realpath(root)
    linked: set[str] = set()
    passed = {str(path) for path in without}
    waiting = [_Folder(str(root), "", (home,), False)]
    while waiting:
        folder = waiting.pop()
        for entry in _entries(folder, found):
            name = f"{folder.below}/{entry.name}" if folder.below else entry.name
            if not _is_folder(entry):
                found.files.append(name)
                continue
            is_link = entry.is_symlink()
            real = os.path.realpath(entry.path) if is_link else f"{folder.above[-1]}{os.sep}{entry.name}"
            is_linked = is_link or folder.is_linked
            if real in passed:
                continue
            if real in folder.above or (is_linked and real in linked) or (is_link and _is_idle(entry.name, real, home)):
                found.passed_over.append(name)
                continue
            if is_linked:
                linked.add(real)
            waiting.append(_Folder(entry.path, name, (*folder.above, real), is_linked))
    found.files.sort()
    return found


def _entries(folder: _Folder, found: Walk) -> "list[os.DirEntry[str]]":
    try:
        with os.scandir(folder.path) as entries:
            return sorted((one for one in entries if not is_rubbish(one.name)), key=lambda one: one.name)
    except OSError:
        found.closed.append(folder.below or ".")
        return []


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _is_idle(name: str, real: str, home: str) -> bool:
    """A link to a folder of the same dataset shows its pictures twice: that is meant only if it names a concept."""
    return Path(real).is_relative_to(home) and not REPEATS_NAME.fullmatch(name)
