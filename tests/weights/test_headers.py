"""Headers of safetensors files: what the format forbids is refused in a sentence, before anything is loaded."""

import json
import struct
from pathlib import Path
from typing import Any

import pytest

from danlu.kit.errors import UserError
from danlu.weights import headers
from danlu.weights.headers import read_header

ONE = {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}


def written(folder: Path, header: Any, body: bytes = b"1234") -> Path:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path = folder / "x.safetensors"
    path.write_bytes(struct.pack("<Q", len(text)) + text + body)
    return path


@pytest.mark.parametrize(
    "header",
    [
        b"[" * 100_000,
        b"[]",
        b"1",
        b"null",
        b'{"a":' + b"9" * 5000 + b"}",
        b'{"\xff": 1}',
        {"__metadata__": [], "a": ONE, "b": 1},
        {"__metadata__": "x", "a": ONE},
        {"a": None},
        {"a": [ONE]},
        {"a": {**ONE, "data_offsets": [0]}},
        {"a": {**ONE, "data_offsets": [-4, 0]}},
        {"a": {**ONE, "data_offsets": [4, 0]}},
        {"a": {**ONE, "data_offsets": ["0", "4"]}},
        {"a": {**ONE, "data_offsets": [0.0, 4.0]}},
        {"a": {**ONE, "data_offsets": [4, 8]}},
        {"a": {**ONE, "shape": [-1, -1]}},
        {"a": {**ONE, "shape": [1e400]}},
        {"a": {**ONE, "shape": [True]}},
        {"a": {**ONE, "shape": [1 << 62, 1 << 62]}},
        {"a": {**ONE, "shape": "1"}},
        {"a": {**ONE, "shape": {"1": 1}}},
        {"a": {**ONE, "dtype": "Q4"}},
        {"a": {**ONE, "dtype": ["F32"]}},
        {"a": ONE, "b": ONE},
        {"a": ONE, "b": {**ONE, "data_offsets": [2, 6]}},
        {"a": ONE, "b": {**ONE, "data_offsets": [8, 12]}},
    ],
)
def test_what_the_format_forbids_is_refused(header: Any, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="header can't be read") as told:
        read_header(written(tmp_path, header))
    assert "无法读取文件头" in told.value.text.zh


@pytest.mark.parametrize("body", [b"", b"123", b"12345"])
def test_a_file_is_as_long_as_its_tensors(body: bytes, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="isn't whole"):
        read_header(written(tmp_path, {"a": ONE}, body))


def test_a_length_beyond_the_file_reads_nothing(tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    for length in (1 << 63, headers.LARGEST_HEADER, 100):
        path.write_bytes(struct.pack("<Q", length) + b"{}")
        with pytest.raises(UserError, match="header can't be read"):
            read_header(path)


def test_more_tensors_than_any_model_has_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(headers, "MOST_TENSORS", 2)
    none = {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}
    assert len(read_header(written(tmp_path, {"a": ONE, "b": none})).entries) == 2
    with pytest.raises(UserError, match="header can't be read"):
        read_header(written(tmp_path, {"a": ONE, "b": none, "c": none}))


def test_the_order_of_names_is_nobodys_business(tmp_path: Path) -> None:
    later = {"dtype": "F8_E4M3", "shape": [2, 2], "data_offsets": [4, 8]}
    found = read_header(written(tmp_path, {"b": later, "a": ONE}, b"12345678"))
    assert found.read_bytes("b") == b"5678"
