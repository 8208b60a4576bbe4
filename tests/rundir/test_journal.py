"""The journal: whole lines, whatever crashes; the same events back."""

from itertools import pairwise
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from danlu.rundir.events import EVENT, AnyEvent, Checkpoint, Ended, Started, Step, Warned
from danlu.rundir.journal import Journal, count_unread, last_of, read_journal
from danlu.rundir.layout import RunFolder

EVENTS: list[AnyEvent] = [
    Started(step=0, total_steps=2, epochs=1, device="cpu", precision="fp32"),
    Step(step=1, epoch=1, loss=0.5, rates={"unet": 1e-4}, gradient_norm=None, seconds=0.1, images=4),
    Warned(en="a\nb", zh="甲 🔥"),
    Checkpoint(step=2, epoch=1, path="checkpoints/小猫.safetensors", final=True),
    Ended(step=2, outcome="finished", training_seconds=0.2),
]


def write(path: Path, *events: AnyEvent) -> None:
    journal = Journal(path)
    for event in events:
        journal.write(event)
    journal.close()


def test_events_come_back_in_order_with_their_time(tmp_path: Path) -> None:
    path = tmp_path / "run" / "journal.jsonl"
    told: list[AnyEvent] = []
    journal = Journal(path, told.append)
    for event in EVENTS:
        journal.write(event)
    journal.close()
    read = list(read_journal(path))
    assert read == told
    assert [event.model_copy(update={"time": 0.0}) for event in read] == EVENTS
    assert all(earlier.time <= later.time for earlier, later in pairwise(read))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(cut=st.integers(0, 10_000))
def test_a_crash_anywhere_costs_at_most_the_last_event(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "journal.jsonl"
    path.unlink(missing_ok=True)
    write(path, *EVENTS)
    whole = path.read_bytes()
    kept = whole[: cut % (len(whole) + 1)]
    path.write_bytes(kept)
    assert len(list(read_journal(path))) >= kept.count(b"\n")
    write(path, EVENTS[-1])
    lines = path.read_bytes().splitlines()
    assert len(lines) == kept.count(b"\n") + 1
    assert len(list(read_journal(path))) == len(lines)


def test_damaged_lines_and_events_of_later_versions_are_passed_over_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    write(path, EVENTS[0])
    with path.open("ab") as file:
        file.write(
            b'{"event": "of a later version"}\n\xff\n\n' + b'{"event": "warning", "en": "a", "zh": "b", "new": 1}\n'
        )
    write(path, EVENTS[-1])
    kinds = [type(event) for event in read_journal(path)]
    assert (kinds, count_unread(path)) == ([Started, Warned, Ended], 3)


def test_the_newest_of_a_kind(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    assert last_of(path, Step) is None and list(read_journal(path)) == []
    write(path, *EVENTS)
    found = last_of(path, Checkpoint)
    assert found is not None and found.final


def test_every_event_has_its_own_name() -> None:
    schema = EVENT.json_schema()
    assert len(schema["discriminator"]["mapping"]) == len(schema["oneOf"])


def test_everything_of_a_run_lies_in_its_folder(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    paths = [
        run.recipe, run.plan, run.journal, run.checkpoints, run.state, run.previews, run.logs, run.evaluation,
        run.evaluation_sheet, run.report, run.request("stop"), run.preview_folder(None), run.preview_folder(7),
    ]  # fmt: skip
    assert all(path.is_relative_to(tmp_path) for path in paths)
    assert len(set(paths)) == len(paths)
    assert run.preview_folder(7).name == "007"
