"""How the studio holds up: `python bench/studio.py`.

A dataset of 1,000 pictures of 1.9 megapixels with captions, eight small ones, thirty trainings that are over.

1. Its page in a real Chromium: from the click to the grid with its pictures, in a studio that has just started (first
   visit) and later; scrolling to the end.
2. Fifty people at once for a minute (`studio_users.py`: what they do, and why that is fair), while a training on the
   embedded base runs on the same two cores. They, the studio and the training share these: what is measured is what a
   machine gives on which everything runs.
3. The memory of all its processes, as it starts and once everything was used and everybody has gone.

Needs Playwright and a Chromium. `--work FOLDER` keeps what was made for the next time.
"""

import argparse
import json
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

import psutil
from machine import save
from studio_users import COMING_SECONDS, THINK_SECONDS, Timings, visit
from studio_world import ENDLESS_STEPS, PICTURES, Running, World, make_world, running, train

BARS = {"grid_ms": 1000, "p95_ms": 200, "idle_mib": 300}
_SETTLE_SECONDS, _ALONE_SECONDS = 3.0, 8.0


def main() -> None:
    """Measure and save."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--visits", type=int, default=5)
    parser.add_argument("--pictures", type=int, default=PICTURES)
    parser.add_argument("--work", type=Path, help="folder that keeps what was made")
    parser.add_argument("--save-as", default="studio")
    parser.add_argument("--only-make", action="store_true", help="make what is measured, and end")
    chosen = parser.parse_args()
    with ExitStack() as stack:
        work = chosen.work or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        world = find_world(work, chosen.pictures)
        if chosen.only_make:
            return
        with running(work) as here:
            fresh = here.memory_mib()
            pages = look(here, world, chosen.visits)
        with running(work) as here:
            users = use(here, world, chosen.people, chosen.seconds)
            time.sleep(_SETTLE_SECONDS)
            idle = here.memory_mib()
    save(
        chosen.save_as,
        {
            "what": f"{chosen.pictures} JPEGs of {world.picture_mb:.2f} MB; uploaded in {world.upload_seconds:.1f} s",
            "bars": BARS,
            "pages": pages,
            "users": users,
            "memory_mib": {"as_it_starts": fresh, "after_use": idle},
        },
    )


def find_world(work: Path, pictures: int) -> World:
    """What was made before, or made now."""
    kept = work / "world.json"
    if not kept.exists():
        work.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps({**asdict(make_world(work, pictures)), "work": str(work)}))
    told = json.loads(kept.read_text())
    return World(**{**told, "work": work, "small": tuple(told["small"])})


def note(text: str) -> None:
    """What is being done, for whoever waits."""
    print(f"{time.strftime('%H:%M:%S')}  {text}", file=sys.stderr, flush=True)


def look(here: Running, world: World, visits: int) -> dict[str, Any]:
    """The dataset's page in a browser."""
    from studio_pages import browsing, look_at_dataset

    note("pages")
    with browsing() as browser:
        return look_at_dataset(browser, here.address, world.big, visits=visits)


def use(here: Running, world: World, people: int, seconds: float) -> dict[str, Any]:
    """People at once, beside a training."""
    end_jobs(here)
    past = [one.id for one in here.studio.runs() if one.job.state == "succeeded"]
    job = train(here, world.small[0], ENDLESS_STEPS)
    assert job.run_id is not None
    try:
        note("a training begins")
        while not steps_of(here, job.run_id):
            time.sleep(0.5)
        note("it trains alone")
        alone = pace(here, job.run_id, lambda: time.sleep(_ALONE_SECONDS))
        place = {"big": world.big, "small": list(world.small), "runs": past, "training": job.run_id}
        timings = Timings()
        note(f"{people} people")
        before = sum(here.process.cpu_times()[:2]), sum(psutil.Process().cpu_times()[:2])
        started = time.perf_counter()
        beside = pace(here, job.run_id, lambda: visit(here.address, place, timings, people=people, seconds=seconds))
        wall = time.perf_counter() - started
        studio = sum(here.process.cpu_times()[:2]) - before[0]
        ours = sum(psutil.Process().cpu_times()[:2]) - before[1]
    finally:
        end_jobs(here)
    return {
        "people": people,
        "seconds": seconds,
        "think_seconds": THINK_SECONDS,
        "coming_seconds": COMING_SECONDS,
        "requests_per_second": sum(map(len, timings.by_route.values())) / wall,
        "failures": len(timings.failures),
        **summary([one for times in timings.by_route.values() for one in times]),
        "by_route": {route: summary(times) for route, times in sorted(timings.by_route.items())},
        "events_late": summary(timings.event_lags),
        "processor": {"studio": studio / wall, "people": ours / wall},
        "training_steps_per_second": {"alone": alone, "beside": beside},
    }


def end_jobs(here: Running) -> None:
    """End whatever trains, also what an earlier bench that broke off has left."""
    for one in here.studio.jobs():
        if one.can_cancel:
            here.studio.tell_job(one.id, "cancel")
    while any(one.ended_at is None for one in here.studio.jobs()):
        time.sleep(0.5)


def pace(here: Running, run: str, meanwhile: Any) -> float:
    """Steps per second of a training while something is done."""
    before, started = steps_of(here, run), time.perf_counter()
    meanwhile()
    return (steps_of(here, run) - before) / (time.perf_counter() - started)


def steps_of(here: Running, run: str) -> int:
    """How far a training is."""
    return here.studio.find_run(run).step


def summary(seconds: list[float]) -> dict[str, float]:
    """How many, and in milliseconds the median, the 95th and 99th percentile."""
    if not seconds:
        return {"count": 0}
    ordered = sorted(seconds)
    at = {f"p{percent}_ms": ordered[min(len(ordered) - 1, len(ordered) * percent // 100)] for percent in (50, 95, 99)}
    return {"count": len(ordered), **{name: round(1000 * value, 1) for name, value in at.items()}}


if __name__ == "__main__":
    main()
