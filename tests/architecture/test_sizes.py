"""Size budgets: a file fits on a few screens, a function on one."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("src", "tests", "bench", "docs", "embedded", "web")
LONGEST_FILE = 300
LONGEST_FUNCTION = 50
MODULES = [
    path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py")) if "node_modules" not in path.parts
]


WEB = [*(ROOT / "web" / "src").rglob("*.ts"), *(ROOT / "web" / "src").rglob("*.tsx")]
GENERATED = "schema.ts"


def test_files_of_the_web_app_are_short() -> None:
    long = [path.name for path in WEB if path.name != GENERATED and path.read_text("utf-8").count("\n") > LONGEST_FILE]
    assert WEB
    assert not long, "split these by what they show"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_files_and_functions_are_short(path: Path) -> None:
    source = path.read_text("utf-8")
    assert source.count("\n") <= LONGEST_FILE, "split this file by what it does"
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            # Decorators (the options of a command) and the docstring are declarations, not steps to follow.
            body = node.body[1:] if ast.get_docstring(node) and len(node.body) > 1 else node.body
            lines = (node.end_lineno or 0) - body[0].lineno + 1
            assert lines <= LONGEST_FUNCTION, f"{node.name} has {lines} lines: split it"


def test_packages_export_nothing() -> None:
    for path in (ROOT / "src").rglob("__init__.py"):
        assert not path.read_text("utf-8").strip(), f"{path}: what a module offers is imported from the module"
