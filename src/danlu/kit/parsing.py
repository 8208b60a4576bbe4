"""JSON and TOML that others wrote: whatever is wrong with it is a `ValueError`, and none of it takes a parser down.

That is nesting that no file of any use has, on which both parsers end in a RecursionError, and keys of thousands of
parts, for which tomllib takes gigabytes.
"""

import json
import re
import tomllib
from typing import Any

_DEEPEST_KEY = 50
_PART = r"""(?:[\w-]+|"[^"\n]*"|'[^'\n]*')"""
_DEEP_KEY = re.compile(rf"(?:^|[\[{{,])[ \t]*(?:{_PART}[ \t]*\.[ \t]*){{{_DEEPEST_KEY}}}", re.MULTILINE)


def parse_json(text: str | bytes) -> Any:
    """The value of a JSON text. Raises `ValueError` if it isn't one, or nests too deeply to be read."""
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("it nests too deeply") from error


def parse_toml(text: str) -> dict[str, Any]:
    """The values of a TOML text. Raises `ValueError` if it isn't one, or nests too deeply to be read."""
    if _DEEP_KEY.search(text):
        raise ValueError(f"a key in it has more than {_DEEPEST_KEY} parts")
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise ValueError("it nests too deeply") from error
