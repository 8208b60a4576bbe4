"""Commands that the documents show are commands that the program takes."""

import re
import shlex
from pathlib import Path

import click
import pytest

from danlu.cli.main import _take_language, make_program
from danlu.cli.speech import commands_in

ROOT = Path(__file__).parents[2]
PAGES = [path for name in ("quickstart", "prepare-a-dataset") for path in sorted((ROOT / "docs").glob(f"{name}*.md"))]
DOCUMENTS = [ROOT / "README.md", ROOT / "README.zh.md", *PAGES]


def commands_of(path: Path) -> list[str]:
    blocks = re.findall(r"```\n(.*?)```", path.read_text("utf-8"), re.DOTALL)
    lines = [line.removeprefix("$ ") for block in blocks for line in block.splitlines()]
    return [line for line in lines if line.startswith("danlu ")]


def understand(line: str) -> None:
    """Raises for an unknown command or option or a value that isn't one; nothing is run."""
    _, *arguments = _take_language(shlex.split(line, comments=True))
    command, context = make_program(), None
    while isinstance(command, click.Group):
        name, *arguments = arguments
        context = click.Context(command, parent=context, info_name=command.name)
        command = command.commands[name]
    command.make_context(command.name, arguments, parent=context)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_command_line_is_understood(path: Path) -> None:
    found = commands_of(path)
    assert found
    for line in found:
        understand(line)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)", path.read_text("utf-8"))
    assert links
    missing = [link for link in links if "://" not in link and not (path.parent / link).exists()]
    assert missing == []


def test_examples_of_the_help_pages_are_understood() -> None:
    for _, command in commands_in(make_program()):
        for line, _ in command.examples:
            understand(line)
