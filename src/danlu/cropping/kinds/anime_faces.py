"""Anime faces: by the package `animeface` (Apache-2.0), which brings its own library; an optional extra."""

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Literal

from danlu.cropping.base import Detection, Detector
from danlu.datasets.pictures import Box
from danlu.kit.language import Text

if TYPE_CHECKING:
    from PIL.Image import Image

LARGEST_PX = 640
"""Faces are sought in a picture scaled down to this long side: larger ones take seconds."""


class AnimeFaces(Detector):
    """Faces in anime drawings; needs `pip install "danlu[anime]"`.
    中文: 动漫人脸；需要 `pip install "danlu[anime]"`。
    """

    kind: Literal["anime_faces"] = "anime_faces"

    def missing(self) -> Text | None:
        """Whether the package is there."""
        if find_spec("animeface"):
            return None
        return Text(
            "The detector 'anime_faces' needs the package animeface: pip install \"danlu[anime]\".",
            '检测器“anime_faces”需要 animeface 包：pip install "danlu[anime]"。',
        )

    def detect(self, image: "Image") -> list[Detection]:
        """The faces that are more likely than not."""
        import animeface  # pyright: ignore[reportMissingImports]

        from danlu.cropping.network import box_within

        scale = min(1.0, LARGEST_PX / max(image.size))
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        faces: list[Any] = animeface.detect(image.resize(size))
        found: list[Detection] = []
        for face in faces:
            place = face.face.pos
            edges = (place.x, place.y, place.x + place.width, place.y + place.height)
            box: Box | None = box_within([edge / scale for edge in edges], image)
            if box:
                found.append(Detection(box, "face", min(1.0, float(face.likelihood))))
        return found
