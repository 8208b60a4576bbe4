"""Names that people give to what becomes a file or a folder: they must do on every system and in every command."""

import re
import unicodedata
from pathlib import Path

from danlu.kit.errors import UserError
from danlu.kit.language import Text

LONGEST_BYTES = 200
"""Disks take 255 for a name; numbers, suffixes and temporary endings come on top. Chinese takes three a character."""
_FORBIDDEN = r'/\\:*?"<>|'
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d|conin\$|conout\$)\s*(\..*)?", re.IGNORECASE | re.DOTALL)


def is_reserved(name: str) -> bool:
    """Whether Windows takes a name for a device, whatever its suffix."""
    return _RESERVED.fullmatch(name.strip()) is not None


def name_fault(name: str) -> Text | None:
    """What is wrong with a name for a file or folder, as the rest of a sentence about it; None if it will do."""
    if not name.strip():
        return Text("must not be empty: give it a name.", "不能为空：请填写名称。")
    if any(sign in _FORBIDDEN or not sign.isprintable() for sign in name):
        return Text(
            "holds a character that names of files can't have everywhere (slashes, colon, * ? \" < >, the vertical "
            "bar, or one that can't be seen): leave it out.",
            '含有文件名不允许的字符（斜杠、冒号、* ? " < >、竖线或不可见字符）：请去掉。',
        )
    if name[0] in ".-" or name[-1] in ". " or name[0] == " ":
        return Text(
            "must not begin with a dot, a hyphen or a blank, nor end with a dot or a blank: choose another name.",
            "不能以点、连字符或空格开头，也不能以点或空格结尾：请换一个名称。",
        )
    if is_reserved(name):
        return Text(
            "is a name that Windows keeps for a device (con, nul, com1 and the like): choose another name.",
            "是 Windows 的设备保留名（con、nul、com1 等）：请换一个名称。",
        )
    if (length := len(name.encode("utf-8", "surrogateescape"))) > LONGEST_BYTES:
        return Text(
            f"is too long for a file's name ({length} bytes in UTF-8, {LONGEST_BYTES} at most): shorten it.",
            f"作为文件名过长（UTF-8 编码 {length} 字节，最多 {LONGEST_BYTES}）：请缩短。",
        )
    return None


def require_name(path: Path) -> None:
    """Raise `UserError` if what is to be made at a path has a name that won't do everywhere."""
    fault = name_fault(path.name) if path.name else None
    if fault:
        raise UserError(f"The name '{_shown(path.name)}' {fault.en}", f"名称“{_shown(path.name)}”{fault.zh}")


def usable_name(name: str, otherwise: str) -> str:
    """The nearest name that will do; `otherwise` if nothing is left of it."""
    seen = "".join(sign if sign.isprintable() else " " for sign in unicodedata.normalize("NFC", name))
    words = re.sub(rf"[{re.escape(_FORBIDDEN)}\s]+", "-", seen).strip("-. ")[:LONGEST_BYTES]
    while len(words.encode("utf-8", "replace")) > LONGEST_BYTES:
        words = words[:-1].rstrip("-. ")
    words = words or otherwise
    return f"_{words}" if is_reserved(words) else words


def _shown(name: str) -> str:
    seen = "".join(sign if sign.isprintable() else "?" for sign in name)
    return seen if len(seen) <= 60 else f"{seen[:59]}…"
