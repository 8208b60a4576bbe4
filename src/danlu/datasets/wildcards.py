"""Captions that leave something to chance: several lines, of which one is shown, and choices such as "{red|blue} hat".

`{{` and `}}` stand for the braces themselves. Pure functions of text, the same rules as sd-scripts' `enable_wildcard`.
"""

import random
import re
from collections.abc import Callable, Sequence

_BRACES = {"{{": "\ufdd0", "}}": "\ufdd1"}
"""What stands for escaped braces meanwhile: code points that Unicode keeps free of characters for such uses."""
_CHOICE = re.compile(r"\{([^{}]+)\}")


def lines_of(caption: str) -> list[str]:
    """The lines of a caption that aren't blank; one empty line if all are."""
    return [line.strip() for line in caption.splitlines() if line.strip()] or [""]


def draw_options(text: str, rng: random.Random) -> str:
    """The text with one option drawn from each of its choices."""
    return _resolve(text, rng.choice)


def all_options(text: str) -> list[str]:
    """As many texts as the longest choice has options, in which each option of each choice comes up at least once."""
    most = max((len(options.split("|")) for options in _CHOICE.findall(_hide(text))), default=1)
    return [_resolve(text, lambda options, turn=turn: options[turn % len(options)]) for turn in range(most)]


def _hide(text: str) -> str:
    for braces, sign in _BRACES.items():
        text = text.replace(braces, sign)
    return text


def _resolve(text: str, choose: Callable[[Sequence[str]], str]) -> str:
    text = _CHOICE.sub(lambda choice: choose(choice[1].split("|")), _hide(text))
    for braces, sign in _BRACES.items():
        text = text.replace(sign, braces[0])
    return text
