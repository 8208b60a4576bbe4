"""Tables of other programs: captions and tags of many pictures in one file.

sd-scripts' `meta_cap.json` and its like (a picture's key is its path, as it was on whichever machine, or its name
without suffix; tags follow the caption, sizes of buckets are passed over), Hugging Face's `metadata.jsonl` and
`metadata.csv` (a column names the file, beside which the table lies), and JSON that maps files to captions.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, cast

from danlu.datasets.encodings import guess_text
from danlu.datasets.file_kinds import is_picture, stem_key
from danlu.intake.sidecars import caption_in
from danlu.kit.parsing import parse_json

_FILE_FIELDS = ("file_name", "filename", "file", "image", "image_path", "image_file", "path", "img", "name", "key")
_LONGEST_CELL = 2**20


@dataclass(frozen=True)
class Metadata:
    """Captions by picture."""

    by_path: Mapping[str, str] = field(default_factory=dict[str, str])
    """By the key as it stands there, below the folder of the table if it is no whole path; without its suffix."""
    by_stem: Mapping[str, str] = field(default_factory=dict[str, str])
    """By the last part of the key, where only one key ends so."""

    def caption_at(self, *paths: str) -> str | None:
        """The caption of a picture, given the paths that it may be known by, the surest first."""
        return next((self.by_path[key] for path in paths if (key := _key(path)) in self.by_path), None)

    def caption_of(self, *paths: str) -> str | None:
        """As `caption_at`, and if the table knows none of these, by the picture's name alone."""
        stems = (PurePosixPath(_key(path)).name for path in paths)
        return self.caption_at(*paths) or next((self.by_stem[stem] for stem in stems if stem in self.by_stem), None)


def read_metadata(name: str, content: bytes) -> Metadata | None:
    """The captions in a file of this name (POSIX path below its source); None if it isn't one of these tables."""
    suffix = PurePosixPath(name).suffix.lower()
    text = _decoded(content)
    if text is None:
        return None
    if suffix in (".csv", ".tsv"):
        return _gathered(name, _csv_rows(text))
    if suffix == ".jsonl":
        rows = [_parsed(line) for line in text.splitlines() if line.strip()]
        return _gathered(name, map(_pair_of, rows))
    document = _parsed(text)
    if isinstance(document, list):
        return _gathered(name, map(_pair_of, cast(list[Any], document)))
    if not isinstance(document, dict):
        return None
    return _gathered(name, _pairs_of(cast(dict[str, Any], document)))


def merged(found: Sequence[Metadata]) -> Metadata:
    """Several files as one; what stands in an earlier one comes first."""
    return Metadata(
        {key: text for one in reversed(found) for key, text in one.by_path.items()},
        {key: text for one in reversed(found) for key, text in one.by_stem.items()},
    )


def _decoded(content: bytes) -> str | None:
    try:
        return content.decode("utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig")
    except UnicodeDecodeError:
        guess = guess_text(content)
        return guess.text if guess else None


def _parsed(text: str) -> Any:
    try:
        return parse_json(text)
    except ValueError:
        return None


def _gathered(name: str, pairs: Iterable[tuple[str, str] | None]) -> Metadata | None:
    """The captions of the rows that name a file and say something; None if a row isn't of that kind, or none is."""
    folder = PurePosixPath(name).parent
    captions: dict[str, str] = {}
    for pair in pairs:
        if pair is None:
            return None
        if pair[1]:
            captions.setdefault(_key(str(folder / pair[0].replace("\\", "/"))), pair[1])
    counts = Counter(PurePosixPath(key).name for key in captions)
    by_stem = {stem: text for key, text in captions.items() if counts[stem := PurePosixPath(key).name] == 1}
    return Metadata(captions, by_stem) if captions else None


def _pairs_of(document: Mapping[str, Any]) -> Iterator[tuple[str, str] | None]:
    """What a mapping says of files: kohya's facts, or captions alone if every key names a picture."""
    for key, about in document.items():
        if isinstance(about, dict):
            yield key, caption_in(cast(dict[str, Any], about))
        else:
            yield (key, about.strip()) if isinstance(about, str) and is_picture(key) else None


def _pair_of(row: Any) -> tuple[str, str] | None:
    """The file of a row and its caption; None if the row isn't about a file."""
    if not isinstance(row, dict):
        return None
    about = {str(key).strip().lower(): value for key, value in cast(dict[Any, Any], row).items()}
    named = (about.get(one) for one in _FILE_FIELDS)
    file = next((one for one in named if isinstance(one, str) and one.strip()), None)
    return (file.strip(), caption_in(about)) if file else None


def _csv_rows(text: str) -> Iterator[tuple[str, str] | None]:
    first = text.partition("\n")[0]
    csv.field_size_limit(_LONGEST_CELL)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=max(",\t;", key=first.count)))
    except csv.Error:
        yield None
        return
    rows = [row for row in rows if any(row)]
    if rows and len(rows[0]) >= 2 and is_picture(rows[0][0]):
        yield from ((row[0], row[1].strip()) for row in rows if len(row) >= 2)
        return
    yield from (_pair_of(dict(zip(rows[0], row, strict=False))) for row in rows[1:])


def _key(path: str) -> str:
    path = path.replace("\\", "/")
    return stem_key(path) if is_picture(path) else stem_key(f"{path}.png")
