"""A file is hashed again exactly when it may have changed."""

import os
import time
from pathlib import Path

import pytest

from danlu.kit import hashes
from danlu.kit.files import file_sha256
from danlu.kit.hashes import known_sha256

LONG_AGO = time.time_ns() - 10**12


@pytest.fixture
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files that were read; files count as settled although they were just written."""
    monkeypatch.setenv("DANLU_CACHE", str(tmp_path / "缓存"))
    monkeypatch.setattr(hashes, "SETTLED_NS", -1)
    seen: list[Path] = []

    def reading(path: Path) -> str:
        seen.append(path)
        return file_sha256(path)

    monkeypatch.setattr(hashes, "file_sha256", reading)
    return seen


def write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    os.utime(path, ns=(LONG_AGO, LONG_AGO))
    return path


def test_an_unchanged_file_is_read_once(tmp_path: Path, read: list[Path]) -> None:
    file = write(tmp_path / "文件", b"one")
    assert known_sha256(file) == known_sha256(file) == file_sha256(file)
    assert read == [file]


def test_other_content_of_the_same_size_and_time_is_noticed(tmp_path: Path, read: list[Path]) -> None:
    file = write(tmp_path / "file", b"one")
    first = known_sha256(file)
    time.sleep(0.02)  # the file system's clock ticks a few times a second hundredth
    write(file, b"two")
    assert known_sha256(file) == file_sha256(file) != first


def test_a_file_that_was_just_written_is_not_noted(
    tmp_path: Path, read: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hashes, "SETTLED_NS", 2_000_000_000)
    file = tmp_path / "file"
    file.write_bytes(b"one")
    known_sha256(file)
    known_sha256(file)
    assert len(read) == 2


def test_a_damaged_note_is_not_believed(tmp_path: Path, read: list[Path]) -> None:
    file = write(tmp_path / "file", b"one")
    known_sha256(file)
    for note in (tmp_path / "缓存" / "hashes").rglob("*"):
        if note.is_file():
            note.write_bytes(b"\xff half")
    assert known_sha256(file) == file_sha256(file)


def test_a_missing_file_is_missing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        known_sha256(tmp_path / "nothing")
