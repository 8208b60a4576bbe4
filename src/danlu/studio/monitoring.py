"""What monitors ask: whether the studio is well, and its figures in Prometheus' text format."""

import shutil
import time
from collections.abc import Iterator
from importlib.metadata import version
from typing import Literal, get_args

from danlu.store.facts import read_fact
from danlu.store.jobs import count_jobs
from danlu.store.records import JobState
from danlu.studio.context import Studio
from danlu.studio.shapes.common import Shape

_LEAST_FREE_BYTES = 100 * 10**6
"""With less no training can save."""
State = Literal["ok", "failing"]


class HealthShape(Shape):
    """Whether the studio can do its work."""

    status: State
    """`ok` if all of it is."""
    database: State
    """It can be read."""
    worker: State
    """It looks after the queue."""
    disk: State
    """The data folder's disk has more than 100 MB free."""
    version: str


def health_of(studio: Studio) -> HealthShape:
    """How it is now."""
    parts: dict[str, State] = {
        "database": "ok" if _can_read(studio) else "failing",
        "worker": "ok" if studio.worker.is_looking() else "failing",
        "disk": "ok" if _free(studio) > _LEAST_FREE_BYTES else "failing",
    }
    status: State = "ok" if set(parts.values()) == {"ok"} else "failing"
    return HealthShape.model_validate({"status": status, **parts, "version": version("danlu")})


def metrics_of(studio: Studio) -> str:
    """All figures, each with what it means."""
    return "".join(f"{line}\n" for line in _lines(studio))


def _lines(studio: Studio) -> Iterator[str]:
    import psutil

    counted = count_jobs(studio.database)
    process = psutil.Process()
    yield from _gauge("danlu_info", "The version that runs.", {f'{{version="{version("danlu")}"}}': 1})
    states = {f'{{state="{state}"}}': counted.get(state, 0) for state in get_args(JobState)}
    yield from _gauge("danlu_jobs", "Jobs by their state.", states)
    paused = int(bool(read_fact(studio.database, "queue_paused")))
    yield from _gauge("danlu_queue_paused", "1 if the queue is paused.", {"": paused})
    yield from _gauge(
        "danlu_worker_up", "1 if the worker looks after the queue.", {"": int(studio.worker.is_looking())}
    )
    disk = shutil.disk_usage(studio.folder.root)
    yield from _gauge("danlu_disk_free_bytes", "Free on the disk of the data folder.", {"": disk.free})
    yield from _gauge("danlu_disk_bytes", "Size of the disk of the data folder.", {"": disk.total})
    size = studio.folder.database.stat().st_size
    yield from _gauge("danlu_database_bytes", "Size of the database's file.", {"": size})
    memory = process.memory_info().rss
    yield from _gauge("process_resident_memory_bytes", "Memory of the studio without its jobs.", {"": memory})
    began = int(process.create_time())
    yield from _gauge("process_start_time_seconds", "When it was started, since the epoch.", {"": began})
    yield from _gauge("danlu_clock_seconds", "Its clock, since the epoch.", {"": int(time.time())})


def _gauge(name: str, what: str, values: dict[str, int]) -> Iterator[str]:
    yield f"# HELP {name} {what}"
    yield f"# TYPE {name} gauge"
    for labels, value in values.items():
        yield f"{name}{labels} {value}"


def _can_read(studio: Studio) -> bool:
    try:
        count_jobs(studio.database)
    except Exception:  # noqa: BLE001 -- whatever it is, the database can't be read
        return False
    return True


def _free(studio: Studio) -> int:
    try:
        return shutil.disk_usage(studio.folder.root).free
    except OSError:
        return 0
