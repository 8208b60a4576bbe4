"""JSON and TOML that would take a parser down are refused like any that aren't valid, wherever files are read."""

from collections.abc import Callable
from pathlib import Path

import pytest

from danlu.datasets.manifest import read_manifest
from danlu.editing.rules import OWN_RULES, read_rules
from danlu.generation.drawing import read_drawing
from danlu.interop.kohya.incoming.files import read_settings
from danlu.kit.errors import UserError
from danlu.kit.parsing import parse_json, parse_toml
from danlu.recipe import load_recipe

DEEP = {
    "arrays": "a = " + "[" * 100_000,
    "tables": "a = " + "{a=" * 20_000,
    "dots": ".".join(["a"] * 20_000) + " = 1",
    "header": "[" + " . ".join(["a"] * 20_000) + "]",
    "quoted": "x = {" + ".".join(['"a"'] * 20_000) + " = 1}",
    "digits": "a = " + "9" * 5000,
}
DEEP_JSON = {
    "arrays": "[" * 100_000,
    "objects": '{"a":' * 100_000,
    "whole": "[" * 100_000 + "]" * 100_000,
    "digits": "9" * 5000,
}


@pytest.mark.parametrize("text", DEEP.values(), ids=DEEP)
def test_toml_that_takes_a_parser_down_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"deep|parts|digits|delimiter|value"):
        parse_toml(text)


def test_ordinary_toml_is_taken_whatever_its_texts_hold() -> None:
    words = "v1.2.3. " * 200 + "www.a.b"
    assert parse_toml(f'a.b."c d".e = "{words}"\nlong = "{"x" * 300_000}"')["a"]["b"]["c d"]["e"] == words


@pytest.mark.parametrize("text", DEEP_JSON.values(), ids=DEEP_JSON)
def test_json_that_takes_a_parser_down_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"deep|parts|digits|delimiter|value"):
        parse_json(text)


READERS: dict[str, Callable[[Path], object]] = {
    "recipe.toml": load_recipe,
    "danlu.toml": lambda path: read_manifest(path.parent),
    OWN_RULES: lambda path: read_rules(path.parent),
    "drawing.toml": read_drawing,
    "kohya.toml": lambda path: read_settings([path]),
}


@pytest.mark.parametrize("name", READERS)
def test_every_file_of_toml_is_refused_in_a_sentence(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    for text in DEEP.values():
        path.write_text(text)
        with pytest.raises(UserError, match=name):
            READERS[name](path)


@pytest.mark.parametrize("name", ["drawing.json", "kohya.json"])
def test_every_file_of_json_is_refused_in_a_sentence(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    for text in DEEP_JSON.values():
        path.write_text(text)
        with pytest.raises(UserError, match=name):
            read_drawing(path) if name.startswith("drawing") else read_settings([path])
