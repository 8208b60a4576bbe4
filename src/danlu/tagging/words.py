"""What tags look like in captions, and rules that mean several of them."""

import re
from collections.abc import Iterable

KAOMOJI = frozenset(
    [
        "0_0",
        "(o)_(o)",
        "+_+",
        "+_-",
        "._.",
        "<o>_<o>",
        "<|>_<|>",
        "=_=",
        ">_<",
        "3_3",
        "6_9",
        ">_o",
        "@_@",
        "^_^",
        "o_o",
        "u_u",
        "x_x",
        "|_|",
        "||_||",
    ]
)
"""Tags that are drawn with underscores."""


def shown(tag: str) -> str:
    """A tag as captions spell it: underscores become spaces, except in kaomoji."""
    return tag if tag in KAOMOJI else tag.replace("_", " ")


def canonical(tag: str) -> str:
    """A tag as `shown` spells it, from any spelling: with underscores, with escaped brackets."""
    return shown(tag.strip().replace("\\(", "(").replace("\\)", ")"))


def pattern_of(rules: Iterable[str]) -> re.Pattern[str]:
    """Matches (in full) the tags, as `canonical` spells them, that one of the rules means.

    `*` stands for anything; case doesn't count.
    """
    each = (re.escape(canonical(rule)).replace(r"\*", ".*") for rule in rules)
    return re.compile("|".join(f"(?:{one})" for one in each) or "(?!)", re.IGNORECASE)
