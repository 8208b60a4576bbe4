"""Numbers are written one way, and nowhere by hand."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import danlu
from danlu.kit import quantities
from danlu.kit.language import Text
from danlu.kit.quantities import figure, format_bytes, format_seconds, percent

SOURCES = Path(danlu.__file__).parent
# Units behind the name of a progress line, which counts in them.
COUNTED = {"Loading the base, MB", "加载底模，MB", "Uploading, MB", "上传中，MB", ", MB", "，MB"}
NOMINAL = {"cli/plans.py", "weights/suitable.py"}
"""Where sizes are names or rough: a card of 8 GB, about 7 GB to download."""
UNIT = re.compile(r"\b[KMGT]i?B\b")
UNITS = {"2 ** 20", "2 ** 30", "1024", "1024 ** 2", "1024 ** 3", "1000000.0", "1000000000.0"}


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 KB"),
        (39_200_000, "37.4 MB"),
        (8 * 1024**3, "8.0 GB"),
        (2**50, "1024 TB"),
    ],
)
def test_sizes(count: int, said: str) -> None:
    assert format_bytes(count) == said


def test_shares_and_figures_have_no_negative_nought() -> None:
    assert (percent(0.944), percent(-0.001), percent(1.08), percent(0.123, 1)) == ("94%", "0%", "108%", "12.3%")
    assert (figure(0.944), figure(-0.001)) == ("0.94", "0.00")


def test_spans_of_time() -> None:
    assert [format_seconds(one).en for one in (8, 272, 1468, 3900)] == ["8 s", "4 min 32 s", "24 min", "1 h 5 min"]
    assert format_seconds(272) == Text("4 min 32 s", "4 分 32 秒")


def test_nobody_writes_them_by_hand() -> None:
    own = Path(quantities.__file__)
    paths = [path for path in SOURCES.rglob("*.py") if path != own]
    named = [(path.relative_to(SOURCES).as_posix(), path.read_text("utf-8")) for path in paths]
    found = [f"{name}: {one}" for name, source in named for one in _by_hand(source)]
    assert [one for one in found if not (one.partition(":")[0] in NOMINAL and " GB" in one)] == []


def test_the_hand_made_ways_are_seen() -> None:
    for line in ('f"{size / 2**20:.1f}"', 'f"{share:.0%}"', 'f"{n} MiB"', "size / 1e9"):
        assert list(_by_hand(line)), line


def _by_hand(source: str) -> Iterator[str]:
    if not re.search(r"%\}|[KMGT]i?B\b|2 ?\*\* ?[23]0|1024|1e[69]", source):
        return
    tree = ast.parse(source)
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        match node:
            case ast.FormattedValue(format_spec=ast.JoinedStr(values=[ast.Constant(value=str(spec))])) if "%" in spec:
                yield ast.unparse(node)
            case ast.BinOp(op=ast.Div(), right=right) if ast.unparse(right) in UNITS:
                yield ast.unparse(node)
            case ast.Constant(value=str(text)) if id(node) not in docstrings and text not in COUNTED:
                if UNIT.search(text):
                    yield text
            case _:
                pass
