"""Saliency: what differs from a plain background, or else what stands out (see `danlu.cropping.subject`)."""

from typing import TYPE_CHECKING, Literal

from danlu.cropping.base import Detection, Detector

if TYPE_CHECKING:
    from PIL.Image import Image

PLAIN_SCORE, BUSY_SCORE = 0.9, 0.4
"""Told from a plain background it is nearly always right; from a busy one, often."""


class Saliency(Detector):
    """What stands out, whatever it is; always there.
    中文: 显著性：与背景不同、最引人注目的部分；始终可用。
    """

    kind: Literal["saliency"] = "saliency"

    def detect(self, image: "Image") -> list[Detection]:
        """One subject, or none."""
        # Here, because OpenCV costs time that only this function should pay.
        from danlu.cropping.subject import find_subject

        found = find_subject(image)
        return [Detection(found.box, "subject", PLAIN_SCORE if found.is_plain else BUSY_SCORE)] if found else []
