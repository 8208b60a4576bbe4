"""What tags look like and which of them say nothing lasting about a subject."""

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

FRAMING = frozenset(
    {
        *("solo", "1girl", "1boy", "1other", "male focus", "portrait", "upper body", "lower body", "full body"),
        *("cowboy shot", "close-up", "wide shot", "profile", "from side", "from behind", "from above", "from below"),
        *("looking at viewer", "looking to the side", "straight-on", "facing viewer", "standing", "sitting"),
    }
)
"""Tags of how a picture shows its subject. True of every picture of a set though they may be, they are no traits."""


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


def is_framing(tag: str) -> bool:
    """Whether a tag (as captions spell it) tells of framing or background, which must stay free to be prompted."""
    return tag in FRAMING or tag.endswith("background")
