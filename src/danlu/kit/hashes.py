"""Hashes of files that were hashed before: a file whose place, size and times are as they were isn't read again."""

import hashlib
import time
from pathlib import Path

from danlu.kit.cache_files import keep, read_kept
from danlu.kit.files import file_sha256
from danlu.kit.places import cache_folder

SETTLED_NS = 2_000_000_000
"""A file that was written this recently may be written again within the same tick of its clock: it isn't noted."""


def known_sha256(path: Path) -> str:
    """The SHA-256 of a file's bytes in hex, from the user's cache if the file is as it was when it was hashed."""
    status = path.stat()
    stamp = f"{path.resolve()} {status.st_size} {status.st_mtime_ns} {status.st_ctime_ns} {status.st_ino}"
    name = hashlib.sha256(stamp.encode(errors="surrogateescape")).hexdigest()
    note = cache_folder() / "hashes" / name[:2] / name
    if (known := read_kept(note)) and len(known) == 64 and known.isalnum():
        return known.decode("ascii", errors="replace")
    found = file_sha256(path)
    if time.time_ns() - max(status.st_mtime_ns, status.st_ctime_ns) > SETTLED_NS:
        keep(note, found.encode())
    return found
