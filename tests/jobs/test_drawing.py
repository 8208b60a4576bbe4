"""Drawings as jobs: cancelled and killed they keep what is drawn, and go on with what is missing."""

import json
import os
import signal
from pathlib import Path
from typing import Any

from danlu.generation.pngtext import read_png
from danlu.jobs import queue
from danlu.jobs.kinds.draw import PICTURES
from danlu.jobs.launch import Evidence
from danlu.jobs.process import BEGAN
from danlu.store.jobs import add_job
from danlu.store.records import LOCAL_OWNER, JobRecord


def ordered(place: Any, steps: int, seeds: int, **changes: object) -> JobRecord:
    drawing = {
        "prompt": "a",
        "size": "32x32",
        "steps": steps,
        "x": {"kind": "seed", "values": list(range(seeds))},
        **changes,
    }
    order = {"kind": "draw", "drawing": drawing, "base_path": str(place.base), "files": {"run:1/a": "/nowhere"}}
    return add_job(place.database, LOCAL_OWNER, "draw", order, dataset_id=None)


def drawn(place: Any, job: JobRecord) -> dict[str, int]:
    """The pictures that are there, with the time at which each was written."""
    folder: Path = place.folder.job(job.id) / PICTURES
    return {one.name: one.stat().st_mtime_ns for one in sorted(folder.glob("[0-9]*.png"))}


def test_pictures_are_drawn_with_what_was_asked_for(place) -> None:
    job, worker = ordered(place, 2, 3), place.worker()
    done = place.finish(worker, job)
    assert (done.state, done.error_en) == ("succeeded", None)
    assert list(drawn(place, job)) == ["001.png", "002.png", "003.png"]
    found = [read_png(place.folder.job(job.id) / PICTURES / name) for name in drawn(place, job)]
    assert [one.prompt.seed for one in found] == [0, 1, 2] and Evidence(place.folder.job(job.id)).progress() == (6, 6)


def test_cancelled_it_keeps_its_pictures_and_retried_draws_the_rest(place) -> None:
    job, worker = ordered(place, 150, 5), place.worker()
    place.until(worker, lambda: drawn(place, job))
    queue.cancel(place.database, place.job(job))
    cancelled = place.finish(worker, job)
    kept = drawn(place, job)
    assert cancelled.state == "cancelled" and 0 < len(kept) < 5
    queue.retry(place.database, cancelled)
    assert place.finish(worker, job).state == "succeeded"
    assert len(drawn(place, job)) == 5 and {name: drawn(place, job)[name] for name in kept} == kept


def test_killed_it_is_interrupted_and_goes_on(place) -> None:
    job, worker = ordered(place, 150, 5), place.worker()
    place.until(worker, lambda: drawn(place, job))
    os.kill(json.loads((place.folder.job(job.id) / BEGAN).read_text())["pid"], signal.SIGKILL)
    broken = place.finish(worker, job)
    kept = drawn(place, job)
    assert broken.state == "interrupted" and "from outside" in (broken.error_en or "") and len(kept) < 5
    queue.retry(place.database, broken)
    assert place.finish(worker, job).state == "succeeded"
    assert len(drawn(place, job)) == 5 and {name: drawn(place, job)[name] for name in kept} == kept


def test_a_lora_that_is_gone_is_told_in_both_languages(place) -> None:
    job, worker = ordered(place, 2, 1, adapters=[{"file": "run:1/a"}]), place.worker()
    failed = place.finish(worker, job)
    assert (
        failed.state == "failed" and "doesn't exist" in (failed.error_en or "") and "不存在" in (failed.error_zh or "")
    )
