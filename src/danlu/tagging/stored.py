"""What a model says of each picture of a dataset, found out once and kept in the user's cache.

Where a value lies follows from the picture file's bytes, the part that is shown and the model; so options that are
applied to values later cost nothing. What is missing is computed in batches and stored as it comes: an interruption
loses at most a batch. Threads decode and prepare the next pictures while the model is busy with those before.
"""

import hashlib
import warnings
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from danlu.datasets.augmentation import shown_key, shown_part
from danlu.datasets.pictures import Picture, Problem
from danlu.kit.cache_files import keep, read_kept
from danlu.kit.errors import UserError
from danlu.kit.places import cache_folder

if TYPE_CHECKING:
    from PIL.Image import Image

THREADS = 2
AHEAD = 2
"""Batches that are prepared while one is with the model."""
OnPicture = Callable[[int, int], None]
"""Told how many of how many pictures are done."""
V = TypeVar("V")


class Reader(ABC, Generic[V]):
    """A model that says something of pictures, and how that is kept on disk."""

    batch: int
    """How many pictures it is given at once."""
    place: str
    """A folder of the cache for what this very model says."""
    suffix: str
    """The ending of the files in it."""

    @abstractmethod
    def prepare(self, image: "Image") -> Any:
        """What the model wants to see of a picture; called from several threads."""

    @abstractmethod
    def run(self, prepared: Sequence[Any]) -> Sequence[V]:
        """A value for each prepared picture."""

    @abstractmethod
    def from_bytes(self, content: bytes) -> V:
        """A value as it was kept. May raise ValueError or EOFError for a damaged one."""

    @abstractmethod
    def to_bytes(self, value: V) -> bytes:
        """A value as it is kept."""


@dataclass(frozen=True)
class Found(Generic[V]):
    """Values by picture name, and what came in the way."""

    values: dict[str, V]
    computed: int
    """How many of them were not in the cache."""
    problems: tuple[Problem, ...]
    """Pictures that can't be decoded."""


def find_out(reader: Reader[V], pictures: Sequence[Picture], on_picture: OnPicture | None = None) -> Found[V]:
    """A value for each picture as it is cropped, from the cache or by running the model; stored as it goes."""
    values: dict[str, V] = {}
    problems: list[Problem] = []
    missing: list[tuple[Picture, Path]] = []
    for picture in pictures:
        path = _stored_at(reader, picture)
        with suppress(ValueError, EOFError):
            if content := read_kept(path):
                values[picture.name] = reader.from_bytes(content)
                continue
        missing.append((picture, path))
    with closing(_prepared(reader, missing)) as prepared:
        while len(values) + len(problems) < len(pictures):
            if on_picture:
                on_picture(len(values) + len(problems), len(pictures))
            batch = list(islice(prepared, reader.batch))
            problems += [ready for _, _, ready in batch if isinstance(ready, Problem)]
            good = [(picture, path, ready) for picture, path, ready in batch if not isinstance(ready, Problem)]
            found = reader.run([ready for _, _, ready in good]) if good else []
            for (picture, path, _), value in zip(good, found, strict=True):
                keep(path, reader.to_bytes(value))
                values[picture.name] = value
    if on_picture:
        on_picture(len(pictures), len(pictures))
    return Found(values, len(missing) - len(problems), tuple(problems))


def missing_values(reader: Reader[Any], pictures: Sequence[Picture]) -> list[str]:
    """The pictures of which nothing is stored, by name."""
    return [one.name for one in pictures if not _stored_at(reader, one).exists()]


def _prepared(reader: Reader[Any], missing: Sequence[tuple[Picture, Path]]) -> Generator[tuple[Picture, Path, Any]]:
    """Each picture as the model wants it, in order, or the `Problem` with it; a few batches ahead of who takes them."""
    pool = ThreadPoolExecutor(THREADS, thread_name_prefix="prepare")
    coming: deque[tuple[Picture, Path, Future[Any]]] = deque()
    rest = iter(missing)
    try:
        # The decoder silences warnings, each thread for all of them: what they leave is put back here.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            while True:
                for picture, path in islice(rest, (1 + AHEAD) * reader.batch - len(coming)):
                    coming.append((picture, path, pool.submit(_prepare, reader, picture)))
                if not coming:
                    return
                picture, path, future = coming.popleft()
                yield picture, path, future.result()
    finally:
        pool.shutdown(cancel_futures=True)


def _prepare(reader: Reader[Any], picture: Picture) -> Any:
    try:
        image = shown_part(picture)
    except UserError as error:
        return Problem(picture.name, error.text)
    return reader.prepare(image)


def _stored_at(reader: Reader[Any], picture: Picture) -> Path:
    name = hashlib.sha256(shown_key(picture).encode()).hexdigest()
    return cache_folder() / reader.place / name[:2] / f"{name}{reader.suffix}"
