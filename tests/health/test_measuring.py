"""Each picture is decoded once, and never again; processes give what one process gives, whatever a picture does."""

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from danlu.datasets.scan import scan_dataset
from danlu.health import look as look_module
from danlu.health import measuring
from danlu.health.examine import Report, all_checks
from danlu.kit.language import Text
from synthetic_pictures import photo, save_truncated

Examine = Callable[..., Report]


@pytest.fixture
def few(tmp_path: Path) -> Path:
    root = tmp_path / "few"
    root.mkdir()
    for seed in range(3):
        photo(seed, (160, 120)).save(root / f"{seed}.png")
    save_truncated(photo(4, (160, 120)), root / "cut.png")
    return root


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the pictures that were decoded."""
    names: list[str] = []
    decode = look_module.decode_with_alpha

    def counted(path: Path) -> Any:
        names.append(path.name)
        return decode(path)

    monkeypatch.setattr(look_module, "decode_with_alpha", counted)
    return names


def test_a_picture_is_decoded_once_for_all_checks_and_not_again(
    few: Path, check: Examine, decoded: list[str], own_measures: Path
) -> None:
    first = check(few)
    assert decoded == ["0.png", "1.png", "2.png", "cut.png"]
    again = check(few, side_px=512)
    assert decoded[4:] == ["cut.png"]  # what failed is tried again: it may have been replaced
    assert [seen.measures for seen in again.survey.pictures] == [seen.measures for seen in first.survey.pictures]
    photo(9, (160, 120)).save(few / "1.png")
    check(few)
    assert decoded[5:] == ["1.png", "cut.png"]


def test_measures_of_other_code_are_not_taken(
    few: Path, check: Examine, decoded: list[str], own_measures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check(few)
    monkeypatch.setattr(measuring, "_code_hash", lambda: "changed")
    check(few)
    assert len(decoded) == 8


def test_a_torn_cache_file_is_written_anew(few: Path, check: Examine, own_measures: Path) -> None:
    before = check(few)
    for path in own_measures.rglob("*.json"):
        path.write_text(path.read_text("utf-8")[:50])
    assert check(few).findings == before.findings


def test_processes_give_the_same(
    few: Path, check: Examine, own_measures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures, checks = scan_dataset(few).pictures, all_checks()
    alone = measuring.measure_pictures(pictures, checks)
    for path in own_measures.rglob("*.json"):
        path.unlink()
    monkeypatch.setattr(measuring, "MANY_PX", 0)
    monkeypatch.setattr(measuring, "_workers", lambda _largest: 2)
    shown: list[tuple[int, int]] = []
    assert measuring.measure_pictures(pictures, checks, lambda *now: shown.append(now)) == alone
    assert shown == [(done, 4) for done in range(1, 5)]
    assert isinstance(alone[3], Text)


def test_a_picture_that_kills_its_process_is_told_and_the_others_are_measured(
    tmp_path: Path, own_measures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The processes are played by a stand-in that dies of one picture, as a pool breaks for all that wait."""
    names = [f"{number}.png" for number in range(8)]
    for seed, name in enumerate(names):
        photo(seed, (40, 30)).save(tmp_path / name)
    calls: list[list[str]] = []

    def in_processes(jobs: Sequence[Any], checks: Any, workers: int) -> Any:
        calls.append([picture.name for _, picture in jobs])
        for index, picture in jobs:
            if picture.name == "1.png":
                return
            yield index, measuring.measure_picture(picture.path, checks)

    monkeypatch.setattr(measuring, "MANY_PX", 0)
    monkeypatch.setattr(measuring, "_workers", lambda _largest: 2)
    monkeypatch.setattr(measuring, "_in_processes", in_processes)
    outcomes = measuring.measure_pictures(scan_dataset(tmp_path).pictures, all_checks())
    # Those that may have done it are tried alone, the others together again.
    assert calls == [names, *([name] for name in names[1:5]), names[5:]]
    assert isinstance(outcomes[1], Text) and "'1.png' makes the decoder crash" in outcomes[1].en
    assert [number for number, outcome in enumerate(outcomes) if isinstance(outcome, Text)] == [1]


def test_a_pool_whose_process_dies_ends_instead_of_waiting(few: Path, own_measures: Path) -> None:
    """`os.abort` in place of a measure: what a decoder's crash is to its process."""
    jobs = [(0, scan_dataset(few).pictures[0])]
    assert list(measuring._in_processes(jobs, _Deadly(), 1)) == []


class _Deadly(tuple):
    """Checks that end the process which reads them."""

    __slots__ = ()

    def __reduce__(self) -> Any:
        return os._exit, (3,)


def test_as_many_processes_as_fit_into_memory() -> None:
    assert measuring._workers(10**12) == 1
    assert 1 <= measuring._workers(1) <= (os.cpu_count() or 1)


def test_a_file_that_vanished_meanwhile_is_told(few: Path, own_measures: Path) -> None:
    gone = replace(scan_dataset(few).pictures[0], path=few / "gone.png")
    (outcome,) = measuring.measure_pictures([gone], all_checks())
    assert isinstance(outcome, Text) and "'gone.png' can't be read" in outcome.en
