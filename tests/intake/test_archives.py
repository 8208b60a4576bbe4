"""Zip files: what isn't safe is refused as a whole, in one sentence; names come out right whatever wrote them."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from danlu.intake.archives import ArchiveLimits, guess_encoding
from danlu.intake.importing import import_pictures
from danlu.intake.sources import open_sources
from danlu.kit.errors import UserError


def picture(colour: int = 0) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (9, 7), (colour, 1, 2)).save(buffer, "PNG")
    return buffer.getvalue()


def zip_of(path: Path, files: dict[str, bytes], **about: int) -> Path:
    """A zip whose members have these facts in their listing."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            for fact, value in about.items():
                setattr(info, fact, value)
            archive.writestr(info, content)
    return path


def patched(path: Path, at: tuple[int, int], value: int) -> Path:
    """Change a two-byte field at its place in local and central headers."""
    content = bytearray(path.read_bytes())
    for mark, place in zip((b"PK\x03\x04", b"PK\x01\x02"), at, strict=True):
        start = content.find(mark)
        while start >= 0:
            content[start + place : start + place + 2] = struct.pack("<H", value)
            start = content.find(mark, start + 4)
    path.write_bytes(content)
    return path


def no_zip(path: Path) -> Path:
    path.write_bytes(b"hello")
    return path


def cut_short(path: Path) -> Path:
    path.write_bytes(zip_of(path, {"a.png": picture()}).read_bytes()[:-30])
    return path


UNSAFE_NAMES = ("../up.png", "/r.png", "C:\\x.png", "c:x.png", "a\\..\\..\\up.png", "a/../../up.png", "\\\\srv\\x.png")
BAD: dict[str, tuple[Callable[[Path], Path], str]] = {
    **{
        name: (lambda path, name=name: zip_of(path, {"ok.png": picture(), name: picture(1)}), "outside of the folder")
        for name in UNSAFE_NAMES
    },
    "link": (lambda path: zip_of(path, {"a.png": b"/etc/passwd"}, external_attr=0o120777 << 16), "is a link"),
    "encrypted": (lambda path: patched(zip_of(path, {"a.png": picture()}), (6, 8), 1), "encrypted"),
    "method": (lambda path: patched(zip_of(path, {"a.png": picture()}), (8, 10), 9), "packed in a way"),
    "no zip": (no_zip, "isn't a whole zip"),
    "cut": (cut_short, "isn't a whole zip"),
}


@pytest.mark.parametrize("kind", BAD)
def test_unsafe_archives_are_refused_and_nothing_is_written(tmp_path: Path, kind: str) -> None:
    make, said = BAD[kind]
    path = make(tmp_path / "素材.zip")
    with pytest.raises(UserError, match=said) as caught:
        import_pictures([path], tmp_path / "to")
    assert "素材.zip" in caught.value.text.en and "素材.zip" in caught.value.text.zh
    assert [one.name for one in tmp_path.iterdir()] == ["素材.zip"]


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        (ArchiveLimits(members=2), "more than 2 files"),
        (ArchiveLimits(total_bytes=2_000_000), "more than 1"),
        (ArchiveLimits(swelling_from_bytes=500_000, swelling=100), "would swell"),
    ],
)
def test_bombs(tmp_path: Path, limits: ArchiveLimits, said: str) -> None:
    path = zip_of(tmp_path / "a.zip", {f"{number}.bmp": bytes(1_000_000) for number in range(3)})
    with pytest.raises(UserError, match=said), open_sources([path], tmp_path / "to", limits):
        pass
    with open_sources([path], tmp_path / "to") as (source,):
        assert len(source.entries) == 3


def test_a_long_listing_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = zip_of(tmp_path / "a.zip", {"a" * 900 + f"{number}": b"" for number in range(20)})
    with (
        pytest.raises(UserError, match="more than 10 files"),
        open_sources([path], tmp_path, ArchiveLimits(members=10)),
    ):
        pass


def test_a_listing_that_lies_writes_no_more_than_it_says(tmp_path: Path) -> None:
    path = zip_of(tmp_path / "a.zip", {"a.png": bytes(10_000_000), "b.png": picture()})
    content = bytearray(path.read_bytes())
    at = content.find(b"PK\x01\x02")
    content[at + 24 : at + 28] = struct.pack("<L", 100)
    path.write_bytes(content)
    with open_sources([path], tmp_path / "to") as (source,):
        assert len(b"".join(_some(source.entries[0].chunks()))) <= 100


def _some(chunks):
    try:
        yield from chunks
    except UserError:
        return


def test_a_damaged_member_costs_one_file(tmp_path: Path) -> None:
    path = zip_of(tmp_path / "a.zip", {"a.png": picture(1), "b.png": picture(2)})
    content = bytearray(path.read_bytes())
    content[content.find(b"a.png") + 20] ^= 0xFF
    path.write_bytes(content)
    report = import_pictures([path], tmp_path / "to")
    assert [one.name for one in report.taken] == ["b.png"]
    assert [(one.source, one.why) for one in report.left_out] == [("a.zip/a.png", "damaged")]


@pytest.mark.parametrize(
    ("names", "encoding", "guessed"),
    [
        (["丹炉/图片 01.png", "角色.png"], "gbk", "gb18030"),
        (["微笑的女孩 🎨.png"], "utf-8", "utf-8"),
        (["Müller/Fuß é à ç.png", "Köln.png"], "cp437", "cp437"),
        (["しあわせ/キャラ絵.png"], "cp932", "cp932"),
        (["plain.png"], "ascii", "utf-8"),
        (["图片.png"], "gbk", "gb18030"),
        (["Köln/Привет é.png"], "utf-8", "utf-8"),
    ],
)
def test_the_encoding_of_names(names: list[str], encoding: str, guessed: str) -> None:
    raw = [name.encode(encoding) for name in names]
    assert guess_encoding(raw) == guessed
    assert [name.decode(guessed) for name in raw] == names


def test_info_zips_unicode_names_come_first(tmp_path: Path) -> None:
    raw, name = b"?.png", "图 🎨.png"
    field = b"\x01" + struct.pack("<L", zlib.crc32(raw)) + name.encode()
    info = zipfile.ZipInfo(raw.decode())
    info.extra = struct.pack("<HH", 0x7075, len(field)) + field
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(info, picture())
    assert [one.name for one in import_pictures([tmp_path / "a.zip"], tmp_path / "to").taken] == [name]


def test_idle_parts_and_backslashes_of_names(tmp_path: Path) -> None:
    path = zip_of(tmp_path / "6_hero.zip", {"./a//b\\c.png": picture(1), "d.png": picture(2)})
    taken = import_pictures([path], tmp_path / "to").taken
    assert [one.name for one in taken] == ["6_hero/a/b/c.png", "6_hero/d.png"]
