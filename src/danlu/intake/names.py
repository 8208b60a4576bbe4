"""Names that work on every system, and that nothing in the dataset has yet.

Chinese, spaces and emoji stay; what Windows can't have in a name becomes `_`, names too long for a disk are shortened.
Two pictures of a folder never share a stem, because they would share a caption.
"""

import os
import re
import unicodedata
from collections.abc import Iterable
from pathlib import PurePosixPath

from danlu.kit.file_names import is_reserved

_FORBIDDEN = re.compile(r'[<>:"|?*\\/]')
_LONGEST_BYTES = 180
"""Disks take 255 for a name; a suffix, a number and a temporary ending come on top."""


def portable(part: str) -> str:
    """A folder's or a file's name (without its suffix) as every system can have it."""
    part = unicodedata.normalize("NFC", _decoded(part))
    part = "".join("_" if unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp") else sign for sign in part)
    part = _FORBIDDEN.sub("_", part).rstrip(" .")
    if not part or is_reserved(part):
        part = f"_{part}"
    while len(part.encode()) > _LONGEST_BYTES:
        part = part[:-1].rstrip(" .")
    return part


def _decoded(part: str) -> str:
    """A name whose bytes aren't UTF-8 on a disk that takes any: most likely Chinese from an older system."""
    if part.isprintable() or not any("\udc80" <= sign <= "\udcff" for sign in part):
        return part
    return os.fsencode(part).decode("gb18030", "replace").replace("\ufffd", "_")


class Names:
    """Which names of a dataset are taken, on a disk that may not tell upper case from lower."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._stems = {_key(str(PurePosixPath(name).with_suffix(""))) for name in taken}

    def take(self, folder: str, stem: str, suffix: str) -> str:
        """A free name in a folder, numbered from 2 if the stem is taken; from now on it is."""
        number, free = 1, stem
        while _key(f"{folder}/{free}".lstrip("/")) in self._stems:
            number += 1
            free = f"{stem}-{number}"
        name = f"{folder}/{free}".lstrip("/")
        self._stems.add(_key(name))
        return name + suffix


def _key(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()
