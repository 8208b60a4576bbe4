"""Uploaded files on their way into a dataset: kept aside under safe names, counted, and imported."""

import hashlib
import secrets
import shutil
import unicodedata
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from fastapi import Request, UploadFile

from danlu.datasets.file_kinds import CAPTION_SUFFIXES, SIDECAR_SUFFIXES
from danlu.datasets.formats import PICTURE_SUFFIXES, UNREAD_SUFFIXES
from danlu.datasets.thumbnails import known_sha256
from danlu.intake.archives import ArchiveLimits
from danlu.intake.arrivals import pictures_in
from danlu.intake.contents import sort_contents
from danlu.intake.importing import import_pictures
from danlu.intake.report import ImportReport
from danlu.intake.sources import Entry, open_sources
from danlu.kit.errors import UserError
from danlu.kit.files import require_space
from danlu.kit.language import Text
from danlu.kit.quantities import format_bytes
from danlu.studio.problems import ProblemError
from danlu.studio.shapes.common import said
from danlu.studio.shapes.uploads import RefusedFile

MOST_PICTURES = 1000
MOST_BYTES = 2 * 2**30
"""Of a request."""
MOST_FILE_BYTES = 256 * 2**20
"""Of a file that isn't a zip."""
_ARCHIVES = ArchiveLimits(members=20_000, total_bytes=8 * 2**30)
_CHUNK = 2**20
_TEXTS = frozenset({*CAPTION_SUFFIXES, *SIDECAR_SUFFIXES, ".toml", ".jsonl", ".csv", ".tsv"})
_KNOWN = PICTURE_SUFFIXES | UNREAD_SUFFIXES | _TEXTS | {".zip"}
_LONGEST = 120
_SHOWN = "upload"


def require_length(request: Request) -> None:
    """Raise `ProblemError` for a request that is too long."""
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > MOST_BYTES:
        raise _too_large(
            Text(
                f"An upload may have {format_bytes(MOST_BYTES)}: send it in parts.",
                f"单次上传最多 {format_bytes(MOST_BYTES)}：请分批上传。",
            )
        )


@contextmanager
def kept_aside(uploads: Path, files: Sequence[UploadFile], *, most_bytes: int | None = None) -> Generator[Path]:
    """A folder with the uploaded files under safe names, which is thrown away afterwards.

    Raises `ProblemError` for a file that is larger than `most_bytes` (None: than a picture may be); zips may
    be as large as a request.
    """
    place = uploads / secrets.token_hex(8)
    # What single files are called by is their folder's name; it must not look like kohya's REPEATS_NAME.
    folder = place / _SHOWN
    try:
        folder.mkdir(parents=True)
        require_space(folder, sum(file.size or 0 for file in files))
        for file in files:
            _write(file, folder, most_bytes)
        yield folder
    finally:
        shutil.rmtree(place, ignore_errors=True)


def import_files(folder: Path, target: Path) -> tuple[ImportReport | None, list[RefusedFile]]:
    """Import what was kept aside; the report, and the files that aren't of a kind that is read.

    Raises `UserError` as `import_pictures` does, `ProblemError` if there would be too many pictures.
    """
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    strange = [path for path in paths if path.suffix.lower() not in _KNOWN]
    refused = [_refuse(path.relative_to(folder).as_posix()) for path in strange]
    for path in strange:
        path.unlink()
    zips = [path for path in paths if path.suffix.lower() == ".zip"]
    loose = [path for path in paths if path not in zips and path.suffix.lower() in _KNOWN]
    sources = [*([folder] if loose else []), *zips]
    if not sources:
        return None, refused
    held = _hold(zips, folder)
    sources = [*([folder] if loose else []), *held]
    with open_sources(sources, target, _ARCHIVES) as opened:
        arriving = [entry for source in opened for entry in sort_contents(source).pictures]
        _require_few(arriving, target)
    try:
        return import_pictures(sources, target), refused
    except UserError:
        if arriving:
            raise
        if refused:
            return None, refused
        text = Text("There is no picture among the files that were sent.", "上传的文件中没有图片。")
        raise ProblemError(422, "invalid", text, field="files") from None


def _hold(zips: Sequence[Path], folder: Path) -> list[Path]:
    """Zips beside the folder instead of in it, where an import of the folder would pass them over as strange files."""
    held: list[Path] = []
    for number, path in enumerate(zips):
        place = folder.parent / str(number) / path.name
        place.parent.mkdir()
        held.append(path.replace(place))
    return held


def _require_few(arriving: Sequence[Entry], target: Path) -> None:
    """Raise `ProblemError` if there would be too many pictures. Those that are there already, byte for byte, don't
    count, so that an upload that broke off can be repeated; they are looked for only when all together are too many.
    """
    there = pictures_in(target)
    room = max(MOST_PICTURES - len(there), 0)
    if len(arriving) <= room:
        return
    known = {known_sha256(target / name) for name in there}
    new: set[str] = set()
    for entry in arriving:
        with suppress(UserError):  # what can't be read isn't taken
            new |= {_sha256(entry)} - known
        if len(new) > room:
            text = Text(
                f"A dataset holds {MOST_PICTURES} pictures; it has {len(there)}, and more than {room} of the "
                f"{len(arriving)} sent are new.",
                f"数据集最多 {MOST_PICTURES} 张图片：已有 {len(there)} 张，上传的 {len(arriving)} 张中有超过 {room} 张"
                "是新图片。",
            )
            raise _too_large(text)


def _sha256(entry: Entry) -> str:
    digest = hashlib.sha256()
    for chunk in entry.chunks():
        digest.update(chunk)
    return digest.hexdigest()


def safe_name(name: str | None) -> str:
    """Where an uploaded file is kept: its own path without anything that leads elsewhere or that a disk refuses."""
    parts: list[str] = []
    for part in unicodedata.normalize("NFC", name or "").replace("\\", "/").split("/"):
        shown = "".join(sign for sign in part if sign.isprintable() and sign not in '<>:"|?*').strip(" .")
        if shown:
            stem, dot, suffix = shown.rpartition(".")
            parts.append(f"{stem[:_LONGEST]}.{suffix[:12]}" if dot and stem else shown[:_LONGEST])
    return "/".join(parts[-8:]) or "file"


def largest_bytes(name: str, most_bytes: int | None = None) -> int:
    """How large a file of this name may be; `most_bytes` if it isn't a zip."""
    return MOST_BYTES if name.lower().endswith(".zip") else most_bytes or MOST_FILE_BYTES


def _write(file: UploadFile, folder: Path, most_bytes: int | None) -> None:
    place = folder / safe_name(file.filename)
    number = 1
    while place.exists() or any(parent.is_file() for parent in place.parents if parent.is_relative_to(folder)):
        number += 1
        place = folder / str(number) / safe_name(file.filename)
    place.parent.mkdir(parents=True, exist_ok=True)
    most = largest_bytes(place.name, most_bytes)
    written = 0
    with place.open("wb") as out:
        while chunk := file.file.read(_CHUNK):
            written += len(chunk)
            if written > most:
                text = Text(
                    f"'{place.name}' is larger than {format_bytes(most)}.", f"“{place.name}”超过 {format_bytes(most)}。"
                )
                raise _too_large(text)
            out.write(chunk)


def source_name(source: str) -> str:
    """An uploaded file as its sender knows it."""
    return source.removeprefix(f"{_SHOWN}/")


def plain_text(text: Text) -> Text:
    """A sentence about uploaded files without the folder in which they were kept aside."""
    return Text(*(one.replace(f"{sign}{_SHOWN}/", sign) for one, sign in ((text.en, "'"), (text.zh, "“"))))


def _refuse(name: str) -> RefusedFile:
    text = Text(f"'{name}' is neither a picture, a caption nor a zip.", f"“{name}”既不是图片、标注，也不是 zip。")
    return RefusedFile(source=name, why="type", text=said(text))


def _too_large(text: Text) -> ProblemError:
    return ProblemError(413, "too_large", text, field="files")
