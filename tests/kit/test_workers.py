"""Workers: every item gets an answer, whatever happens to the process that works on it."""

import os
import signal
import time
from pathlib import Path

import pytest

from danlu.kit.workers import Limits, Lost, map_limited

LIMITS = Limits(seconds=1.5, memory_bytes=2**28)


def behave(item: str) -> str | int:
    """What a decoder may do to us."""
    match item.partition(" "):
        case ("hang", _, _):
            time.sleep(60)
        case ("die", _, _):
            os.kill(os.getpid(), signal.SIGKILL)
        case ("exit", _, _):
            os._exit(3)
        case ("swell", _, _):
            return len(bytearray(2**30))
        case ("raise", _, _):
            raise KeyError("surprise")
        case ("write", _, path):
            Path(path).write_bytes(b"x" * 10_000)
        case ("ctrl-c", _, _):
            os.kill(os.getpid(), signal.SIGINT)
    return item.upper()


@pytest.mark.skipif(os.name == "nt", reason="signals and limits of Unix")
def test_what_goes_wrong_costs_one_item(tmp_path: Path) -> None:
    path = tmp_path / "written"
    bad = ["hang", "die", "exit", "swell", "raise", f"write {path}"]
    items = ["a", *bad, "ctrl-c", "b", "c"]
    outcomes = dict(map_limited(behave, items, limits=LIMITS, workers=2))
    assert {item: outcome for item, outcome in outcomes.items() if not isinstance(outcome, Lost)} == {
        "a": "A", "b": "B", "c": "C", "ctrl-c": "CTRL-C"
    }  # fmt: skip
    why = {item: outcome.why for item, outcome in outcomes.items() if isinstance(outcome, Lost)}
    assert why == dict(zip(bad, ["time", "death", "death", "memory", "error", "error"], strict=True))
    assert not path.exists() or path.stat().st_size == 0


def test_items_are_taken_only_as_they_are_needed() -> None:
    taken: list[str] = []

    def items():
        for letter in "abcdefgh":
            taken.append(letter)
            yield letter

    results = map_limited(behave, items(), workers=1)
    assert next(results) == ("a", "A")
    assert len(taken) <= 3
    results.close()
    assert list(map_limited(behave, [], workers=2)) == []
