"""Printing: lines for people, JSON for programs, tables for both eyes and pipes.

On a terminal tables get lines and colour; in a pipe they are plain text with two spaces between columns.
"""

import json
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from danlu.cli.speech import cells
from danlu.kit.errors import UserError
from danlu.kit.language import Text
from danlu.kit.telling import teller

_STEERING = re.compile(
    r"\x1b(?!\[[0-9;]*m)|[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]"
)
"""What steers a terminal instead of being read: all control characters but line ends, tabs and colours, and those that
turn the direction of text. Names of files and captions may hold them."""


def visible(text: object) -> str:
    """A text as it may go to a terminal: what would move, rename, erase or turn something there is a sign instead."""
    return _STEERING.sub("\N{REPLACEMENT CHARACTER}", str(text))


def say(text: Text | str = "") -> None:
    """One line to standard output, in the language that is on."""
    click.echo(visible(text))


def note(text: Text | str) -> None:
    """One line to standard error: progress and warnings, which a program that reads our output must not see."""
    click.echo(visible(text), err=True)


def warn(text: Text) -> None:
    """A sentence to standard error that nobody should miss: what follows will probably not be what is wanted."""
    click.echo(click.style(visible(Text(f"Warning: {text.en}", f"警告：{text.zh}")), fg="yellow"), err=True)


def say_json(value: Any) -> None:
    """One JSON document to standard output."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def say_title(text: Text | str) -> None:
    """A line that opens a part of the output."""
    click.echo(click.style(visible(text), bold=True))


def say_table(head: Sequence[Text | str], rows: Sequence[Sequence[object]]) -> None:
    """A table; columns of numbers are aligned to the right."""
    texts = [[visible(cell).replace("\n", " ") for cell in row] for row in rows]
    heads = [str(cell) for cell in head]
    widths = [max(cells(row[index]) for row in [heads, *texts]) for index in range(len(heads))]
    to_right = [bool(texts) and all(_is_number(row[index]) for row in texts) for index in range(len(heads))]
    for number, row in enumerate([heads, *texts]):
        line = "  ".join(_pad(*cell) for cell in zip(row, widths, to_right, strict=True)).rstrip()
        click.echo(click.style(line, underline=True, bold=True) if number == 0 else line)


def _pad(text: str, width: int, to_right: bool) -> str:
    space = " " * (width - cells(text))
    return space + text if to_right else text + space


def _is_number(text: str) -> bool:
    number = text.removesuffix("B").rstrip("KMGT ") if text.endswith("B") else text
    return number == "–" or (number[:1] in {*"0123456789+-."} and number[-1:] in {*"0123456789%"})


def as_argument(path: Path) -> str:
    """A path as one writes it on a command line."""
    return f'"{path}"' if any(sign.isspace() for sign in str(path)) else str(path)


def keep_existing(out: Path, overwrite: bool) -> None:
    """Raise `UserError` if a file is there that the user didn't ask to replace."""
    if out.exists() and not overwrite:
        raise UserError(
            f"'{out}' is there already: choose another name with -o, or replace it with --overwrite.",
            f"“{out}”已存在：请用 -o 换一个名称，或用 --overwrite 覆盖。",
        )


def progress(text: Text) -> Callable[[int, int], None]:
    """A function to tell (done, total): a line that counts on a terminal, nothing in a pipe, but see `kit.telling`."""
    if tell := teller():
        return tell
    if not sys.stderr.isatty():
        return lambda _done, _total: None

    def show(done: int, total: int) -> None:
        sys.stderr.write(f"\r{text} {done}/{total}" + ("\n" if done >= total else ""))
        sys.stderr.flush()

    return show
