"""Commands that the documents show are commands that the program takes."""

import re
import shlex
from pathlib import Path

import click
import pytest

from danlu.cli.main import make_program

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", ROOT / "README.zh.md", *sorted((ROOT / "docs").glob("quickstart*.md"))]


def commands_of(path: Path) -> list[str]:
    blocks = re.findall(r"```\n(.*?)```", path.read_text("utf-8"), re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line.startswith("danlu ")]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_command_line_is_understood(path: Path) -> None:
    program = make_program()
    found = commands_of(path)
    assert found
    for line in found:
        _, name, *arguments = shlex.split(line, comments=True)
        command = program.commands[name]
        with click.Context(program, info_name="danlu") as parent:
            # Raises for an unknown option or a value that isn't one; nothing is run.
            command.make_context(name, list(arguments), parent=parent)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)", path.read_text("utf-8"))
    assert links
    missing = [link for link in links if "://" not in link and not (path.parent / link).exists()]
    assert missing == []


def test_examples_of_the_help_pages_are_understood() -> None:
    program = make_program()
    for command in program.commands.values():
        for line, _ in command.examples:
            _, name, *arguments = shlex.split(line)
            with click.Context(program, info_name="danlu") as parent:
                program.commands[name].make_context(name, list(arguments), parent=parent)
