"""What a check is: it measures a picture from one shared decode, and judges what was measured.

*Measuring* is slow, depends on the file's content alone, and is kept in the cache (see `measuring`). *Judging* is
quick: it also knows the caption, the crop box, the base that is trained for, and all other pictures. A check is a file
in `kinds/`; its kind is the name by which the command line calls it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from danlu.datasets.buckets import choose_bucket, enlargement
from danlu.datasets.pictures import Concept, Dataset, Picture, Size
from danlu.health.findings import Finding
from danlu.kit.language import Text
from danlu.kit.variants import Variant, kind_name

if TYPE_CHECKING:
    from danlu.health.look import Look


@dataclass(frozen=True)
class Target:
    """What the pictures are meant for."""

    base: str
    """The base's name, for people."""
    side_px: int
    """Side of the square whose area the sizes have about."""
    sizes: tuple[Size, ...]
    """The sizes that it is trained at."""

    def bucket(self, picture: Picture) -> Size:
        """The size that a picture will be trained at."""
        return choose_bucket(picture.framed_size, self.sizes)

    def scale(self, picture: Picture) -> float:
        """The factor by which a picture is scaled to its bucket; above 1 it is enlarged."""
        return enlargement(picture.framed_size, self.bucket(picture))


@dataclass(frozen=True)
class CaptionFile:
    """The caption file of a picture."""

    name: str
    """POSIX path relative to the dataset's root."""
    content: bytes
    text: str
    """As it is read while training."""
    notice: Text | None
    """What the scan says of it, which a check says better."""


@dataclass(frozen=True)
class Seen:
    """A picture of the dataset, its caption file, and what checks measured of it."""

    picture: Picture
    concept: Concept
    caption: CaptionFile | None
    measures: Mapping[str, Any]
    """By the check's kind; empty if the picture can't be decoded."""
    error: Text | None
    """Why it can't be decoded."""
    thumbnail: str | None
    """A small JPEG in base64."""


@dataclass(frozen=True)
class Survey:
    """All that is known of a dataset when it is judged."""

    dataset: Dataset
    target: Target
    pictures: tuple[Seen, ...]

    @property
    def taught(self) -> tuple[Seen, ...]:
        """The pictures that teach something, without those for regularization."""
        return tuple(seen for seen in self.pictures if not seen.concept.regularization)


class Check(Variant):
    """One thing that can be wrong with pictures; the kinds are the files in `kinds/`."""

    title: ClassVar[Text]
    """What is wrong with the pictures that it finds, in a word or two."""

    @property
    def name(self) -> str:
        """Its kind, by which it is called."""
        return kind_name(type(self))

    def measure(self, look: "Look") -> Any:
        """What is to be known of a picture, as JSON has it; a function of the file's content and of `key`."""
        return None

    @property
    def measures(self) -> bool:
        """Whether the check looks at pixels or headers at all."""
        return type(self).measure is not Check.measure

    @property
    def key(self) -> str:
        """What a measure depends on besides the picture and the code: a model's hash."""
        return ""

    def judge(self, seen: Seen, survey: Survey) -> Iterable[Finding]:
        """What is to be said of one picture."""
        return ()

    def judge_all(self, survey: Survey) -> Iterable[Finding]:
        """What is to be said of the dataset; checks that compare pictures override this."""
        for seen in survey.pictures:
            yield from self.judge(seen, survey)
