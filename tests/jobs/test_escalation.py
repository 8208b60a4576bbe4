"""Asked to end: what a process is sent, and when, by the watcher's own count."""

from itertools import count

from danlu.jobs.escalation import TIMEOUTS, Escalation, Pressure


def pressures(wanted, looks: int, *, step: float = 0.5, moving: bool = False, jumps: float = 0.0) -> list[Pressure]:
    """What is done at each look; the clock jumps once, after the first."""
    now = [0.0]
    escalation, signs, told = Escalation(lambda: now[0]), count(), []
    for look in range(looks):
        told.append(escalation.pressure("job", 1, wanted, next(signs) if moving else None))
        now[0] += step + (jumps if look == 0 else 0)
    return told


def test_a_process_that_does_not_answer_is_interrupted_then_killed() -> None:
    for wanted, (interrupt, kill) in TIMEOUTS.items():
        told = pressures(wanted, int(kill * 2) + 4)
        assert told[0] == "ask" and told.index("interrupt") == int(interrupt * 2) + 1
        assert told.index("kill") == int(kill * 2) + 1


def test_sleep_and_clocks_that_jump_are_not_waiting() -> None:
    assert set(pressures("stop", 100, jumps=7200)) == {"ask"} == set(pressures("stop", 100, jumps=-7200))
    assert set(pressures("cancel", 10, jumps=86400)) == {"ask"}


def test_who_stops_keeps_what_still_works_and_who_cancels_does_not() -> None:
    assert set(pressures("stop", 5000, moving=True)) == {"ask"}
    assert pressures("cancel", 100, moving=True)[-1] == "kill"


def test_a_cancel_after_a_stop_is_counted_anew() -> None:
    now = [0.0]
    escalation = Escalation(lambda: now[0])
    for _ in range(300):
        escalation.pressure("job", 1, "stop", None)
        now[0] += 4
    assert escalation.pressure("job", 1, "stop", None) == "kill"
    assert escalation.pressure("job", 1, "cancel", None) == "ask"
