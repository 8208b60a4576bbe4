"""Files are there whole or not at all, whatever fails on the way."""

import errno
import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from danlu.kit.errors import UserError
from danlu.kit.files import atomic_path, clear_unfinished, file_sha256, require_space, write_atomically, write_quickly


def leftovers(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.name.startswith(".")]


def test_content_is_written_into_new_folders(tmp_path: Path) -> None:
    target = tmp_path / "新 folder" / "a🔥.txt"
    write_atomically(target, "内容")
    write_atomically(target, b"bytes")
    assert target.read_bytes() == b"bytes"
    assert leftovers(target.parent) == []


def test_quick_writing_replaces_too_and_leaves_nothing_behind(tmp_path: Path) -> None:
    target = tmp_path / "缓存" / "a.jpg"
    write_quickly(target, b"old")
    write_quickly(target, b"new")
    assert [path.read_bytes() for path in target.parent.iterdir()] == [b"new"]
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="can't be written"):
        write_quickly(tmp_path / "file" / "a.jpg", b"x")


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "file"
    write_atomically(target, "old")

    def fail() -> None:
        with atomic_path(target) as temporary:
            temporary.write_text("half")
            raise RuntimeError("torn")

    with pytest.raises(RuntimeError, match="torn"):
        fail()
    assert target.read_text() == "old" and leftovers(tmp_path) == []


@pytest.mark.parametrize(("code", "word"), [(errno.ENOSPC, "No space"), (errno.EACCES, "can't be written")])
def test_what_the_disk_refuses_is_told(tmp_path: Path, code: int, word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "file"
    write_atomically(target, "old")

    def refuse(*_: object) -> None:
        raise OSError(code, "refused")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", refuse)
        with pytest.raises(UserError, match=word) as caught:
            write_atomically(target, "new")
    assert str(target) in caught.value.text.zh
    assert target.read_text() == "old" and leftovers(tmp_path) == []


def test_an_error_of_ours_stays_as_it_is(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError):
        write_atomically(tmp_path, "a folder is there")


def test_space_is_asked_of_the_disk_that_will_hold_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    free = shutil.disk_usage(tmp_path).free
    require_space(tmp_path / "not" / "yet", 1)
    with pytest.raises(UserError, match=r"needs about [\d.]+ [GT]B, but its disk has [\d.]+ [GT]B free"):
        require_space(tmp_path / "not" / "yet", free * 2)


def test_the_hash_is_that_of_the_bytes(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    assert file_sha256(tmp_path / "a") == hashlib.sha256(b"abc").hexdigest()


def test_what_a_killed_writer_leaves_is_cleared_and_nothing_else(tmp_path: Path) -> None:
    target, own = tmp_path / "deep" / "图.toml", tmp_path / ".mine.tmp"
    script = f"""import os
from pathlib import Path
from danlu.kit.files import atomic_path
with atomic_path(Path({str(target)!r})):
    os._exit(9)"""
    subprocess.run([sys.executable, "-c", script], check=False)
    own.touch()
    assert len(leftovers(target.parent)) == 1
    with atomic_path(target) as being_written:
        clear_unfinished(tmp_path)
        assert leftovers(target.parent) == [being_written.name] and own.exists()
    assert list(target.parent.iterdir()) == [target]
