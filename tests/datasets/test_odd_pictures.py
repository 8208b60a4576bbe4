"""Files that are pictures to a decoder and to nobody else: lines, frames without a size."""

import contextlib
from pathlib import Path

import pytest
from PIL import Image

from danlu.datasets.decode import decode_picture, decode_small, is_plain, read_size
from danlu.kit.errors import UserError


@pytest.mark.parametrize(
    ("size", "is_taken"), [((1, 101), False), ((404, 4), False), ((1, 100), True), ((400, 4), True)]
)
def test_what_is_a_line_is_no_picture(tmp_path: Path, size: tuple[int, int], is_taken: bool) -> None:
    Image.new("RGB", size).save(tmp_path / "line.png")
    for read in (read_size, decode_picture, is_plain):
        told = contextlib.nullcontext() if is_taken else pytest.raises(UserError, match="times as long as it is narrow")
        with told:
            read(tmp_path / "line.png")


def test_frames_that_cannot_be_counted_are_told(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    Image.new("RGB", (8, 8)).save(path)
    whole = bytearray(path.read_bytes())
    after = (
        int.from_bytes(whole[4:8], "little")
        + 2
        + 12 * int.from_bytes(whole[int.from_bytes(whole[4:8], "little") :][:2], "little")
    )
    whole[after : after + 4] = len(whole).to_bytes(4, "little")
    path.write_bytes(bytes(whole) + bytes(6))  # a second frame that has no size
    for read in (is_plain, lambda file: decode_small(file, 8)):
        with pytest.raises(UserError, match="damaged"):
            read(path)
