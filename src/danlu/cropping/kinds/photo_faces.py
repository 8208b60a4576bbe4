"""Photographed faces: BlazeFace, short range (Bazarevsky et al., 2019), as MediaPipe ships it under Apache-2.0.

`embedded/blazeface.py` takes it over. The network sees 128 × 128 and faces of a seventh of that or more, so a picture
is looked at as a whole and in squares of its shorter side; if no face was found, in squares of half of it too.
"""

from typing import TYPE_CHECKING, Literal

from danlu.cropping.base import Detection, Detector
from danlu.datasets.pictures import Box
from danlu.kit.places import data_folder

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

SIDE = 128
GRIDS = ((8, 2), (16, 6))
"""Distance of the cells in pixels, and anchors in each; the coarse grid follows the fine one."""
LEAST_SCORE = 0.65
LEAST_SCORE_IN_PARTS = 0.85
"""Of a face in a square of half the shorter side: many squares, many chances of being wrong."""


class PhotoFaces(Detector):
    """Faces in photographs; always there.
    中文: 照片中的人脸；始终可用。
    """

    kind: Literal["photo_faces"] = "photo_faces"

    def detect(self, image: "Image") -> list[Detection]:
        """The faces, from brow to chin."""
        from danlu.cropping.network import squares, strongest

        short = min(image.size)
        whole = Box(0, 0, image.width, image.height)
        found = strongest(_look_at(image, [whole, *squares(whole.size, short)], LEAST_SCORE))
        if found or short < 2 * SIDE:
            return found
        return strongest(_look_at(image, squares(whole.size, short // 2), LEAST_SCORE_IN_PARTS))


def _look_at(image: "Image", parts: list[Box], least_score: float) -> list[Detection]:
    """The faces in parts of a picture, each seen at 128 × 128; boxes may overlap."""
    import numpy as np

    from danlu.cropping.network import box_within, run_network, squared

    seen = [squared(image.crop(part), SIDE, 0) for part in parts]
    pixels = np.stack([each for each, _ in seen]) / np.float32(127.5) - np.float32(1)
    regressors, logits = run_network(data_folder() / "blazeface" / "model.onnx", pixels)
    scores = 1 / (1 + np.exp(-logits[..., 0].clip(-60, 60)))
    anchors = np.concatenate([_anchors(*grid) for grid in GRIDS])
    found: list[Detection] = []
    for index, place in np.argwhere(scores >= least_score):
        part, scale = parts[index], seen[index][1]
        middle, size = anchors[place] + regressors[index, place, :2], regressors[index, place, 2:4]
        edges = np.concatenate([middle - size / 2, middle + size / 2]) / scale + np.array([*part[:2], *part[:2]])
        if box := box_within(edges.tolist(), image):
            found.append(Detection(box, "face", float(scores[index, place])))
    return found


def _anchors(step: int, each: int) -> "NDArray[np.float32]":
    """The middles of a grid's cells, row by row, each as often as there are anchors: (n, 2), x and y in pixels."""
    import numpy as np

    places = np.arange(step / 2, SIDE, step, dtype=np.float32)
    x, y = np.meshgrid(places, places)
    return np.repeat(np.stack([x.ravel(), y.ravel()], axis=1), each, axis=0)
