"""What a detector is: a picture goes in, boxes around faces, heads, persons or whatever stands out come out.

One file in `kinds/` for each way of looking. A detector that can't be used here (its package or file isn't there) is
passed over when nobody asked for it, and told when somebody did. Which boxes matter is the business of `focus`.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal, NamedTuple

from danlu.datasets.pictures import Box
from danlu.kit.errors import UserError, nearest
from danlu.kit.language import Text
from danlu.kit.variants import Variant, kinds_of

if TYPE_CHECKING:
    from PIL.Image import Image

Label = Literal["face", "head", "person", "subject"]
"""A face from brow to chin, a head with its hair, a whole figure, or what stands out whatever it is."""


class Detection(NamedTuple):
    """One thing that was found."""

    box: Box
    label: Label
    score: float
    """How sure the detector is, 0 to 1."""


class Detector(Variant, ABC):
    """One way of finding what a picture is about."""

    takes_file: ClassVar[bool] = False
    """Whether it needs a file that the user has to give."""
    path: Path | None = None
    """The detector's file, if it is one that needs a file.
    中文: 检测器所需的文件（仅部分检测器需要）。"""

    def missing(self) -> Text | None:
        """Why it can't be used here and what to do; None if it can."""
        return None

    @abstractmethod
    def detect(self, image: "Image") -> list[Detection]:
        """What is found in an upright RGB picture, in its pixels and within it."""


def find_detectors(names: Sequence[str] = ()) -> list[Detector]:
    """The detectors of these names ("saliency", "yunet=FILE"); of none, all that can be used here without a file.

    Raises `UserError` for an unknown name, a file too many or too few, and a detector that can't be used here.
    """
    if not names:
        every = [kind.model_validate({}) for kind in kinds_of(Detector).values() if not kind.takes_file]
        return [detector for detector in every if detector.missing() is None]
    return [_find(name) for name in dict.fromkeys(names)]


def _find(given: str) -> Detector:
    name, _, path = given.partition("=")
    kinds = kinds_of(Detector)
    if name not in kinds:
        hint = nearest(name, kinds)
        raise UserError(f"There is no detector '{name}'; {hint.en}", f"没有检测器“{name}”；{hint.zh}")
    if path and not kinds[name].takes_file:
        raise UserError(
            f"The detector '{name}' takes no file: write --detector {name}.",
            f"检测器“{name}”不需要文件：请写 --detector {name}。",
        )
    detector = kinds[name].model_validate({"path": Path(path).expanduser()} if path else {})
    missing = detector.missing()
    if missing:
        raise UserError(missing.en, missing.zh)
    return detector
