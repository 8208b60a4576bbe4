"""What a dataset is to the rest of Danlu: pictures, the concepts they teach, and what is wrong with some of them.

Plain values without any library behind them: `scan` makes them from a folder, everything downstream reads them.
A picture is never modified on disk; crop, repeats and caption are facts about it.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple

from danlu.kit.language import Text


def _alike(one: str, two: str) -> bool:
    """Whether two names are one on some disk: accents written in one way, case as it may be."""
    return unicodedata.normalize("NFC", one).casefold() == unicodedata.normalize("NFC", two).casefold()


class Size(NamedTuple):
    """Width and height in pixels."""

    width: int
    height: int

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"


class Box(NamedTuple):
    """A rectangle in pixels of the upright picture; `right` and `bottom` lie just outside it."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def size(self) -> Size:
        """Width and height of the rectangle."""
        return Size(self.right - self.left, self.bottom - self.top)

    def lies_within(self, size: Size) -> bool:
        """Whether the rectangle has an area and no part of it is outside a picture of this size."""
        return 0 <= self.left < self.right <= size.width and 0 <= self.top < self.bottom <= size.height

    def meets(self, size: Size) -> bool:
        """Whether a part of the rectangle lies within a picture of this size."""
        across = min(self.right, size.width) - max(self.left, 0)
        return across > 0 and min(self.bottom, size.height) - max(self.top, 0) > 0


Mirror = Literal[True, False, "always"]
"""From which side a picture is shown: now as it is and now mirrored, never mirrored, or only mirrored."""


class Mask(NamedTuple):
    """Where to read which parts of a picture count."""

    path: Path
    is_alpha: bool
    """Whether it is the file's transparency, instead of its brightness."""


@dataclass(frozen=True)
class Picture:
    """One image file of a dataset, or a further view of it, and the facts about it."""

    path: Path
    name: str
    """POSIX path relative to the dataset's root; of a view with the view's name behind it: `a.png#face`."""
    concept: int
    """Index into `Dataset.concepts`."""
    size: Size
    """After the EXIF orientation was applied."""
    repeats: int
    caption: str | None
    """What its caption file says; None without one."""
    crop: Box | None
    mask: Mask | None = None
    """Which parts of it count; None: all of it."""
    mirror: Mirror | None = None
    """From which side it is shown; None: as the recipe says."""
    view: str | None = None
    """The name of the view; None: the picture itself."""
    held_out: bool = False
    """Never trained on, but measured."""
    extend: str | None = None
    """How the crop box is filled where it lies outside: "edge", "blur" or a colour as "#rrggbb" (see `extension`)."""
    caption_file: Path | None = None
    """Where `caption` was read; a view's is its picture's if it has none of its own. Its suffix may be in capitals, and
    its name may write accents in another way than the picture's."""

    @property
    def file_name(self) -> str:
        """POSIX path of the image file relative to the dataset's root, the same for all views of a picture."""
        return self.name.removesuffix(f"#{self.view}")

    @property
    def own_caption(self) -> Path:
        """The caption file that is this picture's alone: `a.txt`, or `a.face.txt` of a view, whether it exists or not.
        A view without one has the caption of its picture.
        """
        stem = self.path.stem if self.view is None else f"{self.path.stem}.{self.view}"
        there = self.caption_file
        if there is not None and there.suffix.lower() == ".txt" and _alike(there.stem, stem):
            return there
        return self.path.with_name(f"{stem}.txt")

    @property
    def has_own_caption(self) -> bool:
        """Whether its caption comes from a file that is this picture's alone."""
        stem = self.path.stem if self.view is None else f"{self.path.stem}.{self.view}"
        return self.caption_file is not None and _alike(self.caption_file.stem, stem)

    @property
    def is_mirrored(self) -> bool:
        """Whether it is shown mirrored only."""
        return self.mirror == "always"

    @property
    def frame_key(self) -> str:
        """Says all that the framed part of the file depends on, for the names of what is cached."""
        leaves = self.crop is not None and not self.crop.lies_within(self.size)
        return f"{self.crop} {self.extend}" if leaves else str(self.crop)

    @property
    def framed_size(self) -> Size:
        """The size of the part that is used: the crop box, or the whole picture."""
        return self.crop.size if self.crop else self.size


@dataclass(frozen=True)
class Concept:
    """A group of pictures that teach one thing."""

    name: str
    repeats: int
    trigger: str | None
    regularization: bool
    traits: tuple[str, ...]
    """Tags that are true of the concept in every picture, left out of its captions."""


@dataclass(frozen=True)
class Problem:
    """A picture that can't be used, and why."""

    name: str
    text: Text


@dataclass(frozen=True)
class Dataset:
    """Everything that a folder of pictures holds, in the order of the pictures' names."""

    root: Path
    concepts: tuple[Concept, ...]
    pictures: tuple[Picture, ...]
    problems: tuple[Problem, ...]
    """Pictures that were left out because they can't be used."""
    notices: tuple[Text, ...] = ()
    """What the user should know though nothing is wrong: re-encoded captions, files that were passed over."""
    masks: Mapping[str, Path] = field(default_factory=dict[str, Path])
    """Masks that lie beside the pictures, by their picture's `file_kinds.stem_key` (see `masks`)."""

    @property
    def files(self) -> tuple[Picture, ...]:
        """The pictures themselves, without further views of them."""
        return tuple(picture for picture in self.pictures if picture.view is None)

    def of_concept(self, concept: int) -> tuple[int, ...]:
        """Indexes of the pictures of one concept."""
        return tuple(index for index, picture in enumerate(self.pictures) if picture.concept == concept)
