r"""Emphasis in prompts and captions, as A1111 and sd-scripts read it: text goes in, pieces with a weight each come out.

    (word)       × 1.1, once for each pair of brackets        [word]   ÷ 1.1, likewise
    (word:1.3)   × 1.3                                        \( \) \[ \] \\        the sign itself

Brackets that are never closed reach to the end; a backslash before anything else, and a number that no round bracket
belongs to, have no meaning of their own. Both programs multiply the hidden states of a word's tokens by its weight.
"""

import re
from collections.abc import Callable
from typing import Literal, NamedTuple

Emphasis = Literal["off", "scaled", "balanced"]
"""How emphasis is taken: as mere text; as sd-scripts trains, by scaling hidden states; as A1111 draws, by scaling them
and then all of a text's states together, so that their mean stays.
"""
STEP = 1.1
"""The weight of a pair of brackets without a number."""
_SIGNS = re.compile(
    r"\\(?P<literal>[\\()\[\]])|(?P<stray>\\)|(?P<open>[(\[])"
    r"|:\s*(?P<number>[+-]?(?:\d+\.?\d*|\.\d+))\s*\)|(?P<close>[)\]])|(?P<text>[^\\()\[\]:]+|:)"
)


class Piece(NamedTuple):
    """A stretch of text of one weight."""

    text: str
    weight: float


def parse_emphasis(text: str) -> list[Piece]:
    """The pieces of a text; neighbours of equal weight are one. One empty piece if nothing is left."""
    pieces: list[Piece] = []
    opened: dict[str, list[int]] = {"(": [], "[": []}

    def weigh(start: int, factor: float) -> None:
        pieces[start:] = [Piece(piece.text, piece.weight * factor) for piece in pieces[start:]]

    for sign in _SIGNS.finditer(text):
        if sign["open"]:
            opened[sign["open"]].append(len(pieces))
        elif sign["number"] and opened["("]:
            weigh(opened["("].pop(), float(sign["number"]))
        elif sign["close"] == ")" and opened["("]:
            weigh(opened["("].pop(), STEP)
        elif sign["close"] == "]" and opened["["]:
            weigh(opened["["].pop(), 1 / STEP)
        elif not sign["stray"]:
            pieces.append(Piece(sign["literal"] or sign[0], 1.0))
    for start in opened["("]:
        weigh(start, STEP)
    for start in opened["["]:
        weigh(start, 1 / STEP)
    return _merged(pieces)


def read_pieces(text: str, emphasis: Emphasis) -> list[Piece]:
    """The pieces of a text, or all of it with weight 1 where emphasis is off."""
    return [Piece(text, 1.0)] if emphasis == "off" else parse_emphasis(text)


def plain_text(text: str) -> str:
    """What a text says, without its emphasis."""
    return "".join(piece.text for piece in parse_emphasis(text))


def escape_emphasis(text: str) -> str:
    """The text that is read as `text`, without emphasis."""
    return re.sub(r"([\\()\[\]])", r"\\\1", text)


def split_outside_brackets(text: str, is_separator: Callable[[str], bool]) -> list[str]:
    """The parts of a text between the separating characters that no bracket is open around."""
    parts, depth, escaped = [""], 0, False
    for character in text:
        if is_separator(character) and depth == 0:
            parts.append("")
            continue
        if not escaped:
            depth = max(0, depth + (character in "([") - (character in ")]"))
        escaped = character == "\\" and not escaped
        parts[-1] += character
    return parts


def _merged(pieces: list[Piece]) -> list[Piece]:
    merged: list[Piece] = []
    for piece in pieces or [Piece("", 1.0)]:
        if merged and merged[-1].weight == piece.weight:
            merged[-1] = Piece(merged[-1].text + piece.text, piece.weight)
        else:
            merged.append(piece)
    return merged
