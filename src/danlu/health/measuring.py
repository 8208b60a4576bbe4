"""Measure pictures: each is decoded once, for all checks together, and what was measured is kept in the user's cache.

    cache/health/ab/abcd….json      by the hash of the file's content and of the code that measures

A second check decodes nothing. Many pictures are shared among processes, as many as fit into memory; a picture that
kills its process (a decoder's crash) is told, and the others are measured all the same. What is done is kept: after
Ctrl-C the next check goes on from there.
"""

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from danlu.datasets.pictures import Picture
from danlu.health.base import Check
from danlu.kit.cache_files import keep, read_kept
from danlu.kit.errors import UserError
from danlu.kit.files import file_sha256
from danlu.kit.language import Text
from danlu.kit.parsing import parse_json
from danlu.kit.places import cache_folder

Progress = Callable[[int, int], None]
MANY_PX = 60_000_000
"""From so many pixels on it is worth starting processes, which takes a second each."""
BYTES_PER_PX = 24
"""Of memory, for a picture while it is measured: decoded, turned, as an array, in grey and its gradients."""


@dataclass(frozen=True)
class Measured:
    """What is kept of a picture."""

    thumbnail: str
    """A small JPEG in base64."""
    measures: Mapping[str, Any]
    """By the check's name and key."""


Outcome = Measured | Text
"""What was measured, or why nothing could be."""


def measure_pictures(
    pictures: Sequence[Picture], checks: Sequence[Check], on_progress: Progress | None = None
) -> list[Outcome]:
    """Measure pictures with all checks that look at them. `on_progress` gets (done, total)."""
    jobs = tuple(check for check in checks if check.measures)
    names = {measure_name(check) for check in jobs}
    outcomes: dict[int, Outcome] = {}
    for index, kept in enumerate(_kept_of_all(pictures)):
        if isinstance(kept, Text) or (kept is not None and names <= kept.measures.keys()):
            outcomes[index] = kept
    left = [index for index in range(len(pictures)) if index not in outcomes]
    for index, outcome in _measure_all([(index, pictures[index]) for index in left], jobs):
        outcomes[index] = outcome
        if on_progress:
            on_progress(len(outcomes), len(pictures))
    return [outcomes[index] for index in range(len(pictures))]


def measure_name(check: Check) -> str:
    """Under what a check's measure is kept."""
    return f"{check.name}:{check.key}" if check.key else check.name


def measure_picture(path: Path, checks: Sequence[Check]) -> Outcome:
    """Measure one picture with the checks that the cache has no measure of, and keep the measures."""
    from danlu.health.look import look_at

    try:
        place = _place(file_sha256(path))
        kept = _read(place)
        missing = [check for check in checks if kept is None or measure_name(check) not in kept.measures]
        if kept is not None and not missing:
            return kept
        look = look_at(path)
        new = {measure_name(check): check.measure(look) for check in missing}
    except UserError as error:
        return error.text
    except MemoryError:
        return Text(
            f"'{path.name}' is too large for this machine's memory: scale it down.",
            f"“{path.name}”过大，内存不足：请先缩小。",
        )
    except OSError as error:
        return _unread(path, error)
    measured = Measured(look.thumbnail, {**(kept.measures if kept else {}), **new})
    content = json.dumps(asdict(measured))
    keep(place, content.encode())
    return Measured(**parse_json(content))  # as it will be read the next time


def _kept_of_all(pictures: Sequence[Picture]) -> Iterator[Measured | Text | None]:
    """What the cache has of each picture; files are hashed in threads, which hashing leaves free."""

    def kept(picture: Picture) -> Measured | Text | None:
        try:
            return _read(_place(file_sha256(picture.path)))
        except OSError as error:
            return _unread(picture.path, error)

    with ThreadPoolExecutor(os.cpu_count() or 1) as threads:
        yield from threads.map(kept, pictures)


def _measure_all(jobs: Sequence[tuple[int, Picture]], checks: Sequence[Check]) -> Iterator[tuple[int, Outcome]]:
    pixels = [picture.size.width * picture.size.height for _, picture in jobs]
    workers = min(_workers(max(pixels, default=0)), len(jobs))
    if workers < 2 or sum(pixels) < MANY_PX:
        for index, picture in jobs:
            yield index, measure_picture(picture.path, checks)
        return
    left = list(jobs)
    while left:
        done: set[int] = set()
        for index, outcome in _in_processes(left, checks, workers):
            done.add(index)
            yield index, outcome
        # If a picture has killed its process, all that waited are left too; it is among the first of them.
        left = [job for job in left if job[0] not in done]
        suspects, left = left[: 2 * workers], left[2 * workers :]
        for job in suspects:
            alone = dict(_in_processes([job], checks, 1))
            yield job[0], alone.get(job[0], _deadly(job[1].path))


def _workers(largest_px: int) -> int:
    """As many processes as there are cores, and as fit into half of the free memory."""
    import psutil

    fitting = psutil.virtual_memory().available // 2 // max(1, largest_px * BYTES_PER_PX)
    return max(1, min(os.cpu_count() or 1, int(fitting)))


def _in_processes(
    jobs: Sequence[tuple[int, Picture]], checks: Sequence[Check], workers: int
) -> Iterator[tuple[int, Outcome]]:
    """Outcomes as they come; fewer than jobs if a process dies."""
    import multiprocessing

    # Not forked: a studio that calls this has threads, whose locks a fork would copy.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_begin)
    try:
        futures = {pool.submit(measure_picture, picture.path, checks): index for index, picture in jobs}
        for future in as_completed(futures):
            with suppress(BrokenProcessPool):
                yield futures[future], future.result()
    except BrokenProcessPool:  # while pictures were still being handed out
        return
    finally:
        pool.shutdown(cancel_futures=True)


def _begin() -> None:
    """In each process: one thread, and Ctrl-C is the parent's."""
    import signal

    import cv2

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    cv2.setNumThreads(1)


def _place(content_hash: str) -> Path:
    name = hashlib.sha256(f"{content_hash} {_code_hash()}".encode()).hexdigest()
    return cache_folder() / "health" / name[:2] / f"{name}.json"


@cache
def _code_hash() -> str:
    """The hash of the code that a measure depends on: a changed check measures anew."""
    here = Path(__file__).parent
    beside = (here.parent / "datasets" / name for name in ("decode.py", "duplicates.py"))
    files = sorted([*here.rglob("*.py"), *beside])
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()


def _read(place: Path) -> Measured | None:
    try:
        return Measured(**parse_json(read_kept(place) or b"null"))
    except (ValueError, TypeError):
        return None


def _unread(path: Path, error: OSError) -> Text:
    return Text(
        f"'{path.name}' can't be read ({error.strerror}): check its permissions.",
        f"无法读取“{path.name}”（{error.strerror}）：请检查权限。",
    )


def _deadly(path: Path) -> Text:
    return Text(
        f"'{path.name}' makes the decoder crash: save it again as PNG, or leave it out.",
        f"“{path.name}”会使解码器崩溃：请另存为 PNG，或排除它。",
    )
