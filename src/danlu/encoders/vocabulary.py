"""Which words CLIP knows as one token, read off its vocabulary without loading the tokenizer.

The vocabulary was made by joining the most frequent pair of pieces again and again (byte pair encoding, Sennrich et
al., 2016): a token's number is the place of its joining, so a common word has a small one.
"""

import re
from functools import cache

from danlu.kit.parsing import parse_json
from danlu.kit.places import EMBEDDED_BASE, data_folder

RARE_FROM = 47_000
"""Of 49,408 tokens. From here on lie words that CLIP met seldom ("sks", "ohwx", "phol"), before it those that it knows
("style" 1,844, "miku" 37,703, "ghibli" 40,555)."""
_LETTERS = re.compile(r"[^\W\d_]+")


def token_number(word: str) -> int | None:
    """The number of the token that is all of a word of ASCII letters; None if CLIP reads the word in pieces."""
    return _vocabulary().get(f"{word.lower()}</w>")


def is_common(text: str) -> bool:
    """Whether CLIP knows every word of a text as one of its common tokens, so that the base draws something for it."""
    numbers = [token_number(word) for word in _LETTERS.findall(text)]
    return all(number is not None and number < RARE_FROM for number in numbers)


@cache
def _vocabulary() -> dict[str, int]:
    path = data_folder() / EMBEDDED_BASE / "tokenizer" / "vocab.json"
    vocabulary: dict[str, int] = parse_json(path.read_text("utf-8"))
    return vocabulary
