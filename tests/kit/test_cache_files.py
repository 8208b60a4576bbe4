"""The cache is best effort: whoever keeps something there goes on when it can't be kept, and it is told once."""

from pathlib import Path

import pytest

from danlu.kit.cache_files import forget_refusals, keep, keep_for_now, read_kept, telling_refusals, where_kept
from danlu.kit.hashes import known_sha256
from danlu.kit.language import Text


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Text]:
    """What is told of a cache whose folder is a file."""
    (tmp_path / "cache").write_text("in its place")
    monkeypatch.setenv("DANLU_CACHE", str(tmp_path / "cache"))
    forget_refusals()
    return []


def test_what_is_kept_is_read_again(tmp_path: Path) -> None:
    assert keep(tmp_path / "ab" / "a", b"content") and read_kept(tmp_path / "ab" / "a") == b"content"
    (tmp_path / "empty").touch()  # a crash of the whole machine
    assert read_kept(tmp_path / "empty") is None and read_kept(tmp_path / "ab" / "a" / "inside") is None


def test_a_cache_that_refuses_is_passed_over_and_told_once(tmp_path: Path, told: list[Text]) -> None:
    picture = tmp_path / "a.png"
    picture.write_bytes(b"pixels")
    place = tmp_path / "cache" / "hashes" / "a"
    assert not keep(place, b"content")  # nobody listens: the next one is told
    with telling_refusals(told.append):
        assert not keep(place, b"content") and not keep(place, b"content")
        assert len(known_sha256(picture)) == 64
    assert len(told) == 1
    for text in told[0]:
        assert "DANLU_CACHE" in text and str(tmp_path / "cache") in text and "Not a directory" in text


def test_what_is_read_as_a_file_lies_elsewhere_for_now(tmp_path: Path, told: list[Text]) -> None:
    place = tmp_path / "cache" / "thumbnails" / "a.jpg"
    spare = keep_for_now(place, b"content")
    assert spare != place and spare.read_bytes() == b"content" and where_kept(place) == spare
    (tmp_path / "cache").unlink()
    assert keep_for_now(place, b"content") == place == where_kept(place)


def test_a_mistake_of_ours_is_not_passed_over(tmp_path: Path) -> None:
    with pytest.raises(TypeError):
        keep(tmp_path / "a", "no bytes")  # type: ignore[arg-type]
