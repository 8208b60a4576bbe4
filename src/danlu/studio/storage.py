"""What lies on the disk by kind, and cleaning up: first told, then done by the same look.

Nothing goes that can't be made again or that something still needs: originals, adapter files, published models and what
isn't finished are never touched. The state of a run goes only while the run is held, so that nobody resumes it between.
"""

import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from danlu.jobs.launch import log_of
from danlu.kit.errors import UserError
from danlu.kit.language import Text
from danlu.kit.places import cache_folder
from danlu.rundir.control import at_work
from danlu.rundir.layout import RunFolder
from danlu.store.folder import StudioFolder
from danlu.store.jobs import WAITING_OR_AT_WORK, find_job, held, list_jobs
from danlu.store.records import OVER
from danlu.store.runs import list_runs
from danlu.studio.context import Studio, run_folder
from danlu.studio.shapes.common import said
from danlu.studio.shapes.storage import Cleanable, CleanedKind, CleanedUp, StorageKind, StorageShape, StorageUse

_DAY = 86_400
_STATE = "state"
_ENCODED, _SMALL = ("latents", "texts"), ("thumbnails", "hashes")
_EXAMPLES = 5


@dataclass(frozen=True)
class _Lot:
    """Files that go together, or stay."""

    name: str | None
    """Whose they are, as people call it."""
    files: Sequence[Path]
    remove: Callable[[], bool]
    """Do it; whether it was done."""


def look_at_storage(folder: StudioFolder) -> StorageShape:
    """How much each kind of things takes."""
    uses: dict[StorageKind, list[Path]] = {
        "datasets": list(_files(folder.root / "datasets")),
        "runs": [],
        "states": [],
        "models": list(_files(folder.root / "models")),
        "jobs": list(_files(folder.root / "jobs")),
        "cache": list(_files(cache_folder())),
        "uploads": list(_files(folder.uploads)),
    }
    for path in _files(folder.root / "runs"):
        uses["states" if path.parent.name == _STATE else "runs"].append(path)
    disk = shutil.disk_usage(folder.root)
    return StorageShape(
        uses=[StorageUse(kind=kind, files=len(files), bytes=_bytes(files)) for kind, files in uses.items()],
        disk_bytes=disk.total,
        disk_free_bytes=disk.free,
        data_folder=str(folder.root),
        cache_folder=str(cache_folder()),
    )


def clean_up(studio: Studio, owner: str, kinds: Sequence[Cleanable], days: int, *, dry_run: bool) -> CleanedUp:
    """Remove what is older than so many days of the given kinds, or only tell what would go."""
    before = time.time() - days * _DAY
    cleaned = [_clean(studio, owner, kind, before, dry_run=dry_run) for kind in dict.fromkeys(kinds)]
    return CleanedUp(dry_run=dry_run, kinds=cleaned, bytes=sum(one.bytes for one in cleaned))


def _clean(studio: Studio, owner: str, kind: Cleanable, before: float, *, dry_run: bool) -> CleanedKind:
    if kind == "latents" and list_jobs(studio.database, states=WAITING_OR_AT_WORK):
        why = Text(
            "Jobs wait or run that may need them: clean up afterwards.", "有排队或进行中的任务可能用到：请稍后再清理。"
        )
        return CleanedKind(kind=kind, files=0, bytes=0, examples=[], kept=said(why))
    files, size, names = 0, 0, list[str]()
    for lot in _LOTS[kind](studio, owner, before):
        lot_bytes = _bytes(lot.files)
        if dry_run or lot.remove():
            files, size = files + len(lot.files), size + lot_bytes
            names += [lot.name] if lot.name else []
    return CleanedKind(kind=kind, files=files, bytes=size, examples=names[:_EXAMPLES], kept=None)


def _states(studio: Studio, owner: str, before: float) -> Iterator[_Lot]:
    """Of runs that are finished: what was stopped, failed or was interrupted may go on yet."""
    for run in list_runs(studio.database, owner):
        job, folder = find_job(studio.database, owner, run.job_id), run_folder(studio, run)
        if job is None or job.state != "succeeded" or (job.ended_at or before) > before:
            continue
        files = list(_files(folder.state.parent))
        if not files:
            continue

        def remove(job_id: str = job.id, files: Sequence[Path] = files, run: RunFolder = folder) -> bool:
            with held(studio.database, job_id, ("succeeded",)) as is_over:
                if not is_over:
                    return False
                try:
                    with at_work(run):
                        _remove(files)
                except UserError:  # somebody resumed it from the command line
                    return False
            return True

        yield _Lot(run.name, files, remove)


def _logs(studio: Studio, owner: str, before: float) -> Iterator[_Lot]:
    for job in list_jobs(studio.database, owner, states=OVER):
        log = log_of(studio.folder.job(job.id))
        if (job.ended_at or before) <= before and log.is_file():

            def remove(job_id: str = job.id, log: Path = log) -> bool:
                with held(studio.database, job_id, OVER) as is_over:
                    return is_over and _remove([log])

            yield _Lot(None, [log], remove)


def _leftovers(studio: Studio, _owner: str, before: float) -> Iterator[_Lot]:
    """Uploads that broke off, and folders of jobs that nobody knows any more; a day old at least."""
    known = {job.id for job in list_jobs(studio.database)}
    before = min(before, time.time() - _DAY)
    places = [*_children(studio.folder.uploads)]
    places += [one for one in _children(studio.folder.root / "jobs") if one.name not in known]
    for place in places:
        files = [place] if place.is_file() else list(_files(place))
        if max(map(_written, [place, *files])) <= before:
            yield _Lot(None, files, lambda place=place, files=files: _remove(files, place))


def _cached(*rooms: str) -> Callable[[Studio, str, float], Iterator[_Lot]]:
    def look(_studio: Studio, _owner: str, before: float) -> Iterator[_Lot]:
        old = [path for room in rooms for path in _files(cache_folder() / room) if _last_used(path) <= before]
        if old:
            yield _Lot(None, old, lambda: _remove(old))

    return look


_LOTS: dict[Cleanable, Callable[[Studio, str, float], Iterator[_Lot]]] = {
    "states": _states,
    "latents": _cached(*_ENCODED),
    "thumbnails": _cached(*_SMALL),
    "logs": _logs,
    "leftovers": _leftovers,
}


def _remove(files: Sequence[Path], whole: Path | None = None) -> bool:
    for path in files:
        with suppress(OSError):
            path.unlink()
    if whole is not None and whole.is_dir():
        shutil.rmtree(whole, ignore_errors=True)
    return True


def _files(root: Path) -> Iterator[Path]:
    for folder, _, names in os.walk(root):
        yield from (Path(folder, name) for name in names)


def _children(root: Path) -> list[Path]:
    return sorted(root.iterdir()) if root.is_dir() else []


def _bytes(files: Sequence[Path]) -> int:
    total = 0
    for path in files:
        with suppress(OSError):
            total += path.lstat().st_size
    return total


def _written(path: Path) -> float:
    try:
        return path.lstat().st_mtime
    except OSError:
        return 0.0


def _last_used(path: Path) -> float:
    """When a file was written or, as far as the disk notes it, read last."""
    try:
        about = path.lstat()
    except OSError:
        return 0.0
    return max(about.st_mtime, about.st_atime)
