"""Lines for people: what names and captions bring along never steers the terminal."""

import click
import pytest

from danlu.cli.main import run
from danlu.cli.output import note, say, say_table, visible


@pytest.mark.parametrize(
    "sign",
    ["\x1b[2J", "\x1b]0;title\x07", "\x1b[1;1H", "\x07", "\r", "\b", "\x7f", "\x9b2J", "\u202e", "\u2066", "\u2028"],
)
def test_what_steers_a_terminal_is_a_sign(sign: str, capsys: pytest.CaptureFixture[str]) -> None:
    for told in (say, note):
        told(f"a{sign}b")
    say_table(["name"], [[f"a{sign}b"]])
    heard = "".join(capsys.readouterr())
    assert sign[0] not in heard and heard.count("a\N{REPLACEMENT CHARACTER}") == 3


def test_a_mistake_names_it_harmlessly(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["inspect", "no\x1b]0;x\x07file"]) == 2
    assert "no\N{REPLACEMENT CHARACTER}]0;x" in capsys.readouterr().err


def test_a_row_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    say_table(["name"], [["a\nb"]])
    assert capsys.readouterr().out.splitlines()[1:] == ["a b"]


def test_colours_lines_and_letters_stay() -> None:
    text = click.style("红 é 👩‍🎨", fg="red") + "\n\t-"
    assert visible(text) == text
