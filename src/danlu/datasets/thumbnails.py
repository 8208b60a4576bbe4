"""Small renditions of pictures for pages and sheets, kept in the user's cache under the hash of the picture's file.

Making one decodes the whole file, so it also tells whether a picture is sound. Files that nobody has vouched for are
looked at in child processes (`look_at_all`).
"""

import hashlib
import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from danlu.datasets.decode import decode_small
from danlu.datasets.pictures import Size
from danlu.kit.cache_files import keep, keep_for_now, read_kept, where_kept
from danlu.kit.errors import UserError
from danlu.kit.files import file_sha256
from danlu.kit.language import Text
from danlu.kit.places import cache_folder
from danlu.kit.quantities import format_bytes
from danlu.kit.workers import Limits, Lost, map_limited

THUMBNAIL_PX = 256
"""The longer side."""
_QUALITY = 85
_KNOWN_BY = "v1"
"""Another way to draw thumbnails is another name here."""


@dataclass(frozen=True)
class Look:
    """What decoding a picture has shown."""

    size: Size
    """Upright."""
    is_animated: bool
    thumbnail: bytes
    """A JPEG."""


def thumbnail_of(picture: Path) -> Path:
    """The thumbnail of a picture (a JPEG of at most 256 px a side), made now if there is none yet.

    Raises `UserError` as `decode_picture` does.
    """
    sha256 = known_sha256(picture)
    stored = _stored_at(sha256)
    return stored if _is_there(stored) else keep_thumbnail(sha256, look_at(picture).thumbnail)


def stored_thumbnail(picture: Path) -> Path | None:
    """The thumbnail of a picture if it was made before and its file is known; takes no time."""
    known = _hash_stored_at(picture)
    stored = _stored_at(known.read_text("ascii")) if _is_there(known) else None
    return stored if stored is not None and _is_there(stored) else None


def look_at(picture: Path) -> Look:
    """Decode a picture and draw its thumbnail. Raises `UserError` as `decode_picture` does."""
    small = decode_small(picture, THUMBNAIL_PX)
    buffer = io.BytesIO()
    small.image.save(buffer, "JPEG", quality=_QUALITY)
    return Look(small.size, small.is_animated, buffer.getvalue())


def try_to_look_at(picture: Path) -> Look | Text:
    """What decoding a picture has shown, or the sentence about what is wrong with it."""
    try:
        return look_at(picture)
    except UserError as error:
        return error.text


def tell_lost(picture: object, lost: Lost, limits: Limits) -> Text:
    """What it means that a worker was lost over a picture."""
    if lost.why == "time":
        return Text(
            f"The picture '{picture}' wasn't decoded within {limits.seconds:g} s: save it again as PNG or JPEG.",
            f"图片“{picture}”未能在 {limits.seconds:g} 秒内解码：请重新另存为 PNG 或 JPEG。",
        )
    if lost.why == "memory":
        most = format_bytes(limits.memory_bytes)
        return Text(
            f"The picture '{picture}' takes more than {most} of memory to decode: scale it down.",
            f"图片“{picture}”解码所需内存超过 {most}：请先缩小。",
        )
    said = f" ({lost.detail})" if lost.detail else ""
    return Text(
        f"The picture '{picture}' makes the decoder fail{said}: replace or remove it.",
        f"图片“{picture}”使解码器出错{said}：请替换或删除。",
    )


def thumbnails_of(
    pictures: Iterable[Path], on_progress: Callable[[int, int], None] | None = None, limits: Limits | None = None
) -> dict[Path, Path | Text]:
    """The thumbnails of many pictures, on all cores, in child processes; a sentence instead for one that can't be read.

    `on_progress` is told (done, all).
    """
    limits = limits or Limits()
    wanted = list(dict.fromkeys(pictures))
    hashes: dict[Path, str] = {}
    found: dict[Path, Path | Text] = {}
    for picture in wanted:
        try:
            hashes[picture] = known_sha256(picture)
        except UserError as error:
            found[picture] = error.text
        else:
            if _is_there(_stored_at(hashes[picture])):
                found[picture] = _stored_at(hashes[picture])
    for picture, look in map_limited(try_to_look_at, [one for one in wanted if one not in found], limits=limits):
        if isinstance(look, Look):
            found[picture] = keep_thumbnail(hashes[picture], look.thumbnail)
        else:
            found[picture] = tell_lost(picture, look, limits) if isinstance(look, Lost) else look
        if on_progress:
            on_progress(len(found), len(wanted))
    return {picture: found[picture] for picture in wanted}


def keep_thumbnail(sha256: str, thumbnail: bytes) -> Path:
    """Keep a thumbnail under the hash of its picture's file."""
    return keep_for_now(_stored_at(sha256), thumbnail)


def known_sha256(file: Path) -> str:
    """The hash of a file, computed once for as long as its place, size and time of change stay the same."""
    stored = _hash_stored_at(file)
    if known := read_kept(stored):
        return known.decode("ascii")
    sha256 = file_sha256(file)
    keep(stored, sha256.encode())
    return sha256


def remember_sha256(file: Path, sha256: str) -> None:
    """Keep the hash of a file that was computed on the way."""
    keep(_hash_stored_at(file), sha256.encode())


def _stored_at(sha256: str) -> Path:
    return where_kept(cache_folder() / "thumbnails" / sha256[:2] / f"{sha256}-{THUMBNAIL_PX}-{_KNOWN_BY}.jpg")


def _hash_stored_at(file: Path) -> Path:
    try:
        about = file.stat()
    except FileNotFoundError as error:
        raise UserError(f"The picture '{file}' doesn't exist.", f"图片“{file}”不存在。") from error
    key = hashlib.sha256(f"{file.resolve()}|{about.st_size}|{about.st_mtime_ns}".encode("utf-8", "surrogateescape"))
    return cache_folder() / "hashes" / key.hexdigest()[:2] / key.hexdigest()


def _is_there(stored: Path) -> bool:
    """A crash of the whole machine may leave an empty file."""
    return stored.exists() and stored.stat().st_size > 0
