"""Thumbnails: made once for each content, by processes that may fail over a picture."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from danlu.datasets.decode import decode_picture
from danlu.datasets.thumbnails import THUMBNAIL_PX, thumbnail_of, thumbnails_of
from danlu.kit.errors import UserError
from danlu.kit.files import file_sha256
from danlu.kit.language import Text
from danlu.kit.workers import Limits


def drawn(path: Path, seed: int = 0, size: tuple[int, int] = (900, 600)) -> Path:
    colours = np.random.default_rng(seed).integers(0, 256, (4, 6, 3), dtype=np.uint8)
    Image.fromarray(colours).resize(size, Image.Resampling.BICUBIC).save(path)
    return path


def test_a_thumbnail_looks_like_its_picture(tmp_path: Path) -> None:
    for suffix in ("jpg", "png", "webp"):
        picture = drawn(tmp_path / f"图 🎨.{suffix}")
        thumbnail = decode_picture(thumbnail_of(picture))
        assert thumbnail.size == (THUMBNAIL_PX, THUMBNAIL_PX * 2 // 3 + 1)
        wanted = decode_picture(picture).resize(thumbnail.size, Image.Resampling.LANCZOS)
        assert np.abs(np.asarray(thumbnail, int) - np.asarray(wanted, int)).mean() < 4


def test_the_same_content_is_drawn_once_wherever_it_lies(tmp_path: Path) -> None:
    first, second = drawn(tmp_path / "a.png", 1), tmp_path / "b.png"
    second.write_bytes(first.read_bytes())
    thumbnail = thumbnail_of(first)
    assert file_sha256(first) in thumbnail.name
    before = thumbnail.stat().st_mtime_ns
    assert thumbnail_of(second) == thumbnail_of(first) == thumbnail
    assert thumbnail.stat().st_mtime_ns == before
    drawn(first, 2)
    assert thumbnail_of(first) != thumbnail
    thumbnail.write_bytes(b"")  # what a power cut may leave
    assert thumbnail_of(second).stat().st_size > 0


def test_many_at_once_tell_what_is_wrong_with_some(tmp_path: Path) -> None:
    good = [drawn(tmp_path / f"{number}.png", 10 + number, (90, 60)) for number in range(5)]
    bad = tmp_path / "坏.png"
    bad.write_bytes(b"no picture")
    large = tmp_path / "大.png"
    Image.new("RGB", (9000, 9000)).save(large, compress_level=1)
    told: list[tuple[int, int]] = []
    found = thumbnails_of([*good, bad, large], lambda *progress: told.append(progress), Limits(20, 2**27))
    assert list(found) == [*good, bad, large]
    assert all(isinstance(found[path], Path) for path in good)
    for path, said in ((bad, "isn't a picture"), (large, "takes more than 128 MB")):
        text = found[path]
        assert isinstance(text, Text) and said in text.en and path.name in text.en and path.name in text.zh
    assert told[-1] == (7, 7)
    assert thumbnails_of(good) == {path: found[path] for path in good}


def test_a_picture_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="doesn't exist"):
        thumbnail_of(tmp_path / "none.png")
    assert "doesn't exist" in str(thumbnails_of([tmp_path / "none.png"])[tmp_path / "none.png"])
