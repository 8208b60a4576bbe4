"""What tags look like in captions."""

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
