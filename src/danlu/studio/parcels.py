"""Files that arrive in parts: what has arrived is kept, so that an upload that broke off goes on where it was.

    uploads/DATASET/ID/about.json   what is being sent: its name, its size, the sender's key for it
    uploads/DATASET/ID/bytes        what has arrived; its length is the offset at which the rest begins
    uploads/DATASET/done/HASH.json  what became of uploads that were taken in: finishing them again answers the same

A part may come again, or overlap what is there: only what is new is appended. Whatever the cuts, the file is the same.
"""

import hashlib
import json
import os
import re
import secrets
import shutil
import time
from collections.abc import AsyncIterable, Generator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from danlu.kit.files import require_space, write_atomically
from danlu.kit.language import Text
from danlu.kit.parsing import parse_json
from danlu.kit.quantities import format_bytes
from danlu.store.folder import StudioFolder
from danlu.studio.problems import ProblemError
from danlu.studio.uploading import largest_bytes, safe_name

KEPT_SECONDS = 24 * 3600.0
"""How long a broken-off upload waits to be gone on with."""
MOST_OPEN = 200
"""Uploads of a dataset that aren't finished yet."""
MOST_OPEN_BYTES = 8 * 2**30
"""All of them together, when they are whole."""
_ID = re.compile(r"[0-9a-f]{16}")
_DONE = "done"


@dataclass(frozen=True)
class Parcel:
    """A file that arrives in parts."""

    place: Path
    name: str
    """Where it lay at the sender's, as a safe path."""
    size: int
    key: str
    """What the sender knows it by; the same file, announced again, is the same upload."""

    @property
    def id(self) -> str:
        """What it is called in addresses."""
        return self.place.name

    @property
    def bytes(self) -> Path:
        """What has arrived."""
        return self.place / "bytes"

    @property
    def offset(self) -> int:
        """How much has arrived."""
        return self.bytes.stat().st_size if self.bytes.exists() else 0

    @property
    def expires_at(self) -> float:
        """When it is thrown away if no more comes; seconds since the epoch."""
        return self.bytes.stat().st_mtime + KEPT_SECONDS


def open_parcels(folder: StudioFolder, dataset_id: str) -> list[Parcel]:
    """The unfinished uploads of a dataset, the oldest first; those that waited too long are thrown away."""
    found: list[Parcel] = []
    for place in sorted(_home(folder, dataset_id).glob("*/about.json"), key=lambda one: one.stat().st_mtime):
        with suppress(OSError, ValueError, TypeError):
            one = Parcel(place.parent, **parse_json(place.read_text("utf-8")))
            if one.expires_at > time.time():
                found.append(one)
            else:
                shutil.rmtree(place.parent, ignore_errors=True)
    return found


def find_parcel(folder: StudioFolder, dataset_id: str, upload_id: str) -> Parcel:
    """An unfinished upload. Raises `ProblemError` if there is none."""
    for one in open_parcels(folder, dataset_id) if _ID.fullmatch(upload_id) else ():
        if one.id == upload_id:
            return one
    text = Text(
        "There is no such upload, or it has waited too long: begin it anew.", "没有这个上传，或已过期：请重新上传。"
    )
    raise ProblemError(404, "missing", text, field="upload_id")


def announce(folder: StudioFolder, dataset_id: str, *, name: str, size: int, key: str) -> Parcel:
    """The upload of a file, begun or known already by its key. Raises `ProblemError` for what would be too much."""
    name = safe_name(name)
    most = largest_bytes(name)
    if size > most:
        raise _too_large(
            Text(f"'{name}' is larger than {format_bytes(most)}.", f"“{name}”超过 {format_bytes(most)}。"), "size"
        )
    there = open_parcels(folder, dataset_id)
    for one in there:
        if (one.key, one.name, one.size) == (key, name, size):
            return one
    if len(there) >= MOST_OPEN or sum(one.size for one in there) + size > MOST_OPEN_BYTES:
        text = Text(
            "Too many uploads are unfinished: finish or drop some of them first.",
            "未完成的上传过多：请先完成或放弃其中一些。",
        )
        raise _too_large(text, None)
    require_space(folder.uploads, size)
    place = _home(folder, dataset_id) / secrets.token_hex(8)
    place.mkdir(parents=True)
    (place / "bytes").touch()
    made = Parcel(place, name, size, key)
    write_atomically(place / "about.json", json.dumps({k: v for k, v in asdict(made).items() if k != "place"}))
    return made


async def append(parcel: Parcel, offset: int, part: AsyncIterable[bytes]) -> int:
    """Let a file go on with a part that begins at `offset`; returns how much has arrived. What is there already is
    passed over, and what came before the connection broke stays.

    Raises `ProblemError` for a part that leaves a gap, goes beyond the file's end, or comes while another does.
    """
    with _alone(parcel), parcel.bytes.open("ab") as file:
        there = file.tell()
        if offset > there:
            text = Text(f"Send the bytes from {there} on.", f"请从第 {there} 字节起发送。")
            raise ProblemError(409, "conflict", text, field="Upload-Offset")
        async for sent in part:
            chunk = sent[max(0, there - offset) :]
            offset += len(sent)
            if there + len(chunk) > parcel.size:
                text = Text(
                    f"'{parcel.name}' was announced with {parcel.size} bytes; more were sent.",
                    f"“{parcel.name}”声明为 {parcel.size} 字节，实际发送得更多。",
                )
                raise _too_large(text, "Upload-Offset")
            there += file.write(chunk)
    return there


def drop(parcel: Parcel) -> None:
    """Throw an upload away."""
    shutil.rmtree(parcel.place, ignore_errors=True)


@contextmanager
def gathered(folder: StudioFolder, parcels: Sequence[Parcel]) -> Generator[Path]:
    """A folder with whole uploads under their names, to be imported from; if that goes wrong, they are kept.

    Raises `ProblemError` if one of them isn't whole.
    """
    for one in parcels:
        if one.offset != one.size:
            text = Text(
                f"Of '{one.name}', {one.offset} of {one.size} bytes have arrived: send the rest first.",
                f"“{one.name}”只收到 {one.offset} / {one.size} 字节：请先发送其余部分。",
            )
            raise ProblemError(409, "conflict", text, field="uploads")
    aside = folder.uploads / secrets.token_hex(8)
    place = aside / "upload"  # as whole requests are kept: it mustn't look like kohya's REPEATS_NAME
    try:
        place.mkdir(parents=True)
        for number, one in enumerate(parcels):
            there = place / one.name
            if there.exists() or any(up.is_file() for up in there.parents if up.is_relative_to(place)):
                there = place / str(number) / one.name
            there.parent.mkdir(parents=True, exist_ok=True)
            try:
                os.link(one.bytes, there)
            except OSError:  # a disk that has no links
                shutil.copyfile(one.bytes, there)
        yield place
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def remember(folder: StudioFolder, dataset_id: str, uploads: Sequence[str], report: str) -> None:
    """Keep what became of finished uploads, for when the answer didn't arrive."""
    write_atomically(_report(folder, dataset_id, uploads), report)


def remembered(folder: StudioFolder, dataset_id: str, uploads: Sequence[str]) -> str | None:
    """What became of uploads that were finished before, or None."""
    place = _report(folder, dataset_id, uploads)
    for old in place.parent.glob("*.json"):
        if old.stat().st_mtime + KEPT_SECONDS < time.time():
            old.unlink(missing_ok=True)
    return place.read_text("utf-8") if place.exists() else None


def forget_all(folder: StudioFolder, dataset_id: str) -> None:
    """Throw away all uploads of a dataset that is deleted."""
    shutil.rmtree(_home(folder, dataset_id), ignore_errors=True)


def _home(folder: StudioFolder, dataset_id: str) -> Path:
    return folder.uploads / dataset_id


def _report(folder: StudioFolder, dataset_id: str, uploads: Sequence[str]) -> Path:
    named = hashlib.sha256(" ".join(sorted(uploads)).encode()).hexdigest()[:32]
    return _home(folder, dataset_id) / _DONE / f"{named}.json"


@contextmanager
def _alone(parcel: Parcel) -> Generator[None]:
    from filelock import FileLock, Timeout

    lock = FileLock(parcel.place / "lock", thread_local=False)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        text = Text("Another part of this file is arriving.", "该文件的另一部分正在传输。")
        raise ProblemError(409, "busy", text) from error
    try:
        yield
    finally:
        lock.release()


def _too_large(text: Text, field: str | None) -> ProblemError:
    return ProblemError(413, "too_large", text, field=field)
