"""What a run's page reads off a journal: how long the stage that a run is in still takes."""

from pathlib import Path

import pytest

from danlu.rundir.events import AnyEvent, Stage, Step
from danlu.studio.journals import RunJournal


def seconds_after(place: Path, *events: AnyEvent) -> float | None:
    path = place / "journal.jsonl"
    path.write_text("".join(f"{event.model_dump_json()}\n" for event in events), "utf-8")
    journal = RunJournal(path)
    journal.read_on()
    return journal.stage_seconds


def load(time: float, done: int, total: int = 100) -> Stage:
    return Stage(name="load", done=done, total=total, time=time)


def test_a_stage_takes_on_at_its_own_pace(tmp_path: Path) -> None:
    assert seconds_after(tmp_path, load(10, 0)) is None
    assert seconds_after(tmp_path, load(10, 0), load(12, 40)) == pytest.approx(3)
    # The text encoder is loaded, and now the U-Net: what the former took isn't counted.
    assert seconds_after(tmp_path, load(10, 0), load(90, 100), load(91, 10), load(92, 30)) == pytest.approx(3.5)
    latents = Stage(name="latents", done=5, total=10, time=100), Stage(name="latents", done=6, total=10, time=102)
    assert seconds_after(tmp_path, load(10, 0), load(12, 40), *latents) == pytest.approx(8)
    assert (
        seconds_after(tmp_path, load(10, 0), load(12, 40), Step(step=1, epoch=1, loss=1, rates={}, seconds=1, images=1))
        is None
    )
