"""Zip files that strangers made: looked over before anything is unpacked, and refused as a whole if they aren't safe.

Refused are names that lead out of the folder, links, encrypted members, unknown ways of packing, and bombs: too many
members, too many bytes in all, or a member that swells too much. What is unpacked of a member is never more than its
listing says (`zipfile` stops there), so that the listing bounds it all.
"""

import re
import stat
import struct
import zipfile
import zlib
from contextlib import ExitStack
from pathlib import Path
from typing import IO, NamedTuple

from danlu.kit.errors import UserError
from danlu.kit.quantities import format_bytes

_UTF8_FLAG, _ENCRYPTED_FLAG = 0x800, 0x1
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
_UNICODE_PATH = 0x7075
_END, _END64, _LONGEST_COMMENT = b"PK\x05\x06", b"PK\x06\x06", 65535
_LISTED_BYTES = 512
"""More than the listing takes for a member of a usual name."""
_LISTING_ERRORS = (zipfile.BadZipFile, EOFError, ValueError, NotImplementedError, struct.error, IndexError, OSError)


class ArchiveLimits(NamedTuple):
    """How much may be in an archive."""

    members: int = 100_000
    total_bytes: int = 2**36
    """64 GB, unpacked."""
    swelling: int = 200
    """How many bytes a packed byte may become …"""
    swelling_from_bytes: int = 2**27
    """… in members that are larger than this (128 MB): drawings in BMP may well swell that much, but aren't large."""


class Member(NamedTuple):
    """A file in an archive."""

    name: str
    """POSIX path, in Unicode."""
    info: zipfile.ZipInfo


def open_archive(path: Path, limits: ArchiveLimits, stack: ExitStack) -> tuple[zipfile.ZipFile, list[Member]]:
    """The archive, open for as long as `stack` is, and its files. Raises `UserError` if it is broken or isn't safe."""
    try:
        file = stack.enter_context(path.open("rb"))
        _require_short_listing(path, file, limits)
        archive = stack.enter_context(zipfile.ZipFile(file))
    except _LISTING_ERRORS as error:
        raise UserError(
            f"'{path}' isn't a whole zip file ({error}): download or pack it again.",
            f"“{path}”不是完整的 zip 文件（{error}）：请重新下载或打包。",
        ) from error
    infos = [info for info in archive.infolist() if not info.orig_filename.endswith(("/", "\\"))]
    encoding = guess_encoding([_raw_name(info) for info in infos if not info.flag_bits & _UTF8_FLAG])
    members = [Member(_name_of(info, encoding), info) for info in infos]
    for member in members:
        _require_safe(path, member)
    _require_moderate(path, [member.info for member in members], limits)
    return archive, [Member(without_idle_parts(name), info) for name, info in members]


def guess_encoding(names: list[bytes]) -> str:
    """How the names of an archive that doesn't say it are written: UTF-8, GBK, Shift-JIS, or DOS' own code page 437.

    Chinese names are nearly always of the common characters of GB 2312, Japanese ones have kana; what other code pages
    wrote seldom decodes to either. Short Chinese names in GBK may be UTF-8 of letters that hardly anybody uses.
    """
    joined = b"/".join(name for name in names if not name.isascii())
    found = {encoding: _foreign(joined, encoding) for encoding in ("utf-8", "gb18030", "cp932")}
    for encoding, share in (("utf-8", _usual_share), ("gb18030", _gb2312_share), ("cp932", _kana_share)):
        signs = found[encoding]
        if signs is not None and (not signs or share(signs) >= 0.5):
            return encoding
    return "cp437" if found["utf-8"] is None else "utf-8"


def _foreign(content: bytes, encoding: str) -> list[str] | None:
    """What isn't ASCII in a text; None if it isn't in this encoding."""
    try:
        return [sign for sign in content.decode(encoding) if not sign.isascii()]
    except UnicodeDecodeError:
        return None


def _usual_share(signs: list[str]) -> float:
    """European letters with and without accents, Greek, Cyrillic, Hebrew, Arabic, and all that takes three bytes."""
    usual = ((0xA0, 0x17F), (0x300, 0x36F), (0x386, 0x3CE), (0x400, 0x45F), (0x5D0, 0x5EA), (0x620, 0x64A))
    return sum(ord(sign) >= 0x800 or any(low <= ord(sign) <= high for low, high in usual) for sign in signs) / len(
        signs
    )


def _gb2312_share(signs: list[str]) -> float:
    def is_usual(sign: str) -> bool:
        try:
            return len(sign.encode("gb2312")) == 2
        except UnicodeEncodeError:
            return False

    return sum(map(is_usual, signs)) / len(signs)


def _kana_share(signs: list[str]) -> float:
    """Kana count double: names are kana and kanji in about equal parts."""
    return 2 * sum("\u3041" <= sign <= "\u30fe" for sign in signs) / len(signs)


def _raw_name(info: zipfile.ZipInfo) -> bytes:
    """The bytes that stand in the listing; `zipfile` has read them as code page 437 where no flag says UTF-8."""
    return info.orig_filename.encode("utf-8" if info.flag_bits & _UTF8_FLAG else "cp437", "surrogateescape")


def _name_of(info: zipfile.ZipInfo, encoding: str) -> str:
    if info.flag_bits & _UTF8_FLAG:
        name = info.orig_filename
    else:
        raw = _raw_name(info)
        name = _unicode_path(info.extra, raw) or raw.decode(encoding, "replace")
    return name.replace("\\", "/")


def without_idle_parts(name: str) -> str:
    """A POSIX path without empty parts and `.`."""
    return "/".join(part for part in name.split("/") if part not in ("", "."))


def _unicode_path(extra: bytes, raw: bytes) -> str | None:
    """The name in UTF-8 that Info-ZIP writes beside one in a code page, if it is still that of this member."""
    while len(extra) >= 4:
        kind, length = struct.unpack("<HH", extra[:4])
        field, extra = extra[4 : 4 + length], extra[4 + length :]
        if kind == _UNICODE_PATH and len(field) > 5 and struct.unpack("<L", field[1:5])[0] == zlib.crc32(raw):
            try:
                return field[5:].decode()
            except UnicodeDecodeError:
                return None
    return None


def _require_safe(path: Path, member: Member) -> None:
    info = member.info
    require_inside(path, member.name)
    if stat.S_ISLNK(info.external_attr >> 16):
        raise UserError(
            f"'{path}' is refused: its member '{member.name}' is a link; pack the files themselves.",
            f"已拒绝“{path}”：其中的“{member.name}”是链接；请打包文件本身。",
        )
    if info.flag_bits & _ENCRYPTED_FLAG:
        raise UserError(
            f"'{path}' is encrypted: unpack it with its password and give the folder.",
            f"“{path}”已加密：请用密码解压后指定文件夹。",
        )
    if info.compress_type not in _METHODS:
        raise UserError(
            f"'{path}' is packed in a way that isn't read (method {info.compress_type}): unpack it, give the folder.",
            f"不支持“{path}”的压缩方式（{info.compress_type}）：请解压后指定文件夹。",
        )


def require_inside(path: Path, name: str) -> None:
    """Raise `UserError` if a member of an archive would lie outside of the folder that it is unpacked into."""
    if ".." in name.split("/") or name.startswith("/") or re.match(r"[A-Za-z]:", name) or "\0" in name:
        raise UserError(
            f"'{path}' is refused: its member '{_printable(name)}' would be written outside of the folder.",
            f"已拒绝“{path}”：其中的“{_printable(name)}”会写到文件夹之外。",
        )


def _require_moderate(path: Path, infos: list[zipfile.ZipInfo], limits: ArchiveLimits) -> None:
    total = sum(info.file_size for info in infos)
    if len(infos) > limits.members:
        raise _too_many(path, limits)
    if total > limits.total_bytes:
        raise UserError(
            f"'{path}' is refused: unpacked it would take {format_bytes(total)}, more than "
            f"{format_bytes(limits.total_bytes)}.",
            f"已拒绝“{path}”：解压后将占用 {format_bytes(total)}，超过上限 {format_bytes(limits.total_bytes)}。",
        )
    for info in infos:
        if info.file_size > max(limits.swelling_from_bytes, limits.swelling * info.compress_size):
            raise UserError(
                f"'{path}' is refused: '{_printable(info.filename)}' would swell from {info.compress_size:,} to "
                f"{info.file_size:,} bytes, as no picture does.",
                f"已拒绝“{path}”：“{_printable(info.filename)}”会从 {info.compress_size:,} 字节膨胀到 "
                f"{info.file_size:,} 字节，不可能是图片。",
            )


def _too_many(path: Path, limits: ArchiveLimits) -> UserError:
    return UserError(
        f"'{path}' is refused: it holds more than {limits.members:,} files; pack fewer.",
        f"已拒绝“{path}”：文件数超过 {limits.members:,}；请减少文件。",
    )


def _require_short_listing(path: Path, file: IO[bytes], limits: ArchiveLimits) -> None:
    """Look at the size of the listing before `zipfile` takes all of it into memory."""
    end = file.seek(0, 2)
    file.seek(max(0, end - _LONGEST_COMMENT - 22 - 20 - 56))
    tail = file.read()
    file.seek(0)
    at, at64 = tail.rfind(_END), tail.rfind(_END64)
    sizes = [struct.unpack("<L", tail[at + 12 : at + 16])[0]] if 0 <= at <= len(tail) - 22 else [0]
    if 0 <= at64 <= len(tail) - 56 and sizes[0] == 0xFFFFFFFF:
        sizes = list(struct.unpack("<Q", tail[at64 + 40 : at64 + 48]))
    if sizes[0] > limits.members * _LISTED_BYTES:
        raise _too_many(path, limits)


def _printable(name: str) -> str:
    """A hostile name as it may be shown: no control characters, not too long."""
    return "".join(sign if sign.isprintable() else "?" for sign in name)[:100]
