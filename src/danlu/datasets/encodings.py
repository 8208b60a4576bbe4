"""In which encoding a text was written that doesn't say it: told from what would stand there in each.

Chinese, Japanese and Korean encodings share their bytes, so that most texts decode in several; only in one do they
consist of signs that people use. Each candidate is rated by the share of such signs among those that aren't ASCII:
simplified Chinese of the 3,755 common characters of GB 2312, traditional Chinese of Big5's common ones, Japanese with
kana, Korean syllables, accents that stand alone among European letters.
"""

from collections.abc import Callable
from typing import NamedTuple


class Guess(NamedTuple):
    """How a text was written."""

    encoding: str
    """As Python calls it."""
    name: str
    """As people call it."""
    text: str
    rival: str | None
    """What it may as well be, as people call it; None if it is plain."""


def guess_text(content: bytes) -> Guess | None:
    """The likeliest reading of a text that isn't UTF-8; None if it is none in any encoding that is known here."""
    rated: list[tuple[float, Guess]] = []
    for encoding, name, rate in _CANDIDATES:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            rated.append((rate(text), Guess(encoding, name, text, None)))
    if not rated:
        return None
    # What comes first in the list wins a tie: GB18030 is by far the commonest among Danlu's users.
    best, guess = max(rated, key=lambda one: one[0])
    if best < _HARDLY_TEXT:
        return None
    # Other encodings' texts hardly ever consist of common simplified characters alone; the reverse happens.
    is_plain = guess.encoding == "gb18030" and best >= 1 - _CLEAR
    rivals = [other for rating, other in rated if other is not guess and rating > best - _CLEAR and not is_plain]
    doubtful = rivals[0].name if rivals else guess.name if best < _PLAUSIBLE else None
    return guess._replace(rival=doubtful)


_CLEAR = 0.15
"""By how much the best reading must lead."""
_PLAUSIBLE = 0.5
"""What is rated lower is doubtful …"""
_HARDLY_TEXT = 0.2
"""… or no text at all."""


def _rows(encoding: str, common: range, rare: range) -> Callable[[str], float]:
    """The share of signs that lie in the common rows of a double-byte set; those in the rare ones count a little."""

    def of_sign(sign: str) -> float:
        try:
            code = sign.encode(encoding)
        except UnicodeEncodeError:
            return 0.0
        return 0.0 if len(code) != 2 else 1.0 if code[0] in common else 0.4 if code[0] in rare else 0.0

    return lambda text: _mean([of_sign(sign) for sign in _words(text)])


def _words(text: str) -> list[str]:
    """Signs that aren't ASCII, nor the blanks and punctuation that all of these encodings have."""
    return [sign for sign in text if not sign.isascii() and not _is_mark(sign)]


def _is_mark(sign: str) -> bool:
    return "\u3000" <= sign <= "\u303f" or "\uff01" <= sign <= "\uff5e" or "\u2010" <= sign <= "\u2027"


def _is_kana(sign: str) -> bool:
    return "\u3041" <= sign <= "\u30fe"


def _mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else 0.5


_hanzi = _rows("gb2312", range(0xB0, 0xD8), range(0xD8, 0xF8))
_han = _rows("big5", range(0xA4, 0xC7), range(0xC9, 0xFA))
_kanji = _rows("cp932", range(0x88, 0x98), range(0x98, 0xA0))


def _simplified(text: str) -> float:
    """A Chinese text may hold a の, but no other kana."""
    without = text.replace("の", "")
    return _hanzi(without) / 2 if any(map(_is_kana, _words(without))) else _hanzi(without)


def _japanese(text: str) -> float:
    """Kana and common kanji; kana must be among them, at least one of ten signs."""
    signs = _words(text)
    kana = [sign for sign in signs if _is_kana(sign)]
    rated = (len(kana) + _kanji("".join(set(signs) - set(kana))) * (len(signs) - len(kana))) / max(len(signs), 1)
    return rated if len(kana) * 10 >= len(signs) and kana else rated / 2


def _korean(text: str) -> float:
    """Syllables lie where common Chinese characters lie too, though only in the first half: few don't tell."""
    signs = _words(text)
    syllables = sum("\uac00" <= sign <= "\ud7a3" and len(sign.encode("euc_kr", "replace")) == 2 for sign in signs)
    if syllables < len(signs) or not signs:
        return 0.0
    return 0.9 if len(signs) < 8 else 1.2


def _european(text: str) -> float:
    """Letters with accents, each among plain letters."""
    odd = [index for index, sign in enumerate(text) if not sign.isascii()]
    alone = sum(
        (text[i].isalpha() or text[i] in "\xa0«»’“”–—…°©®") and not ({i - 1, i + 1} & set(odd[max(0, k - 1) : k + 2]))
        for k, i in enumerate(odd)
    )
    has_letters = sum(sign.isascii() and sign.isalpha() for sign in text) >= 2 * len(odd)
    return alone / len(odd) if odd and has_letters else 0.0


_CANDIDATES: tuple[tuple[str, str, Callable[[str], float]], ...] = (
    ("gb18030", "GB18030", _simplified),
    ("cp932", "Shift_JIS", _japanese),
    ("euc_jp", "EUC-JP", _japanese),
    ("big5", "Big5", _han),
    ("cp949", "EUC-KR", _korean),
    ("cp1252", "Windows-1252", _european),
)
