"""Drawn faces: heads and whole figures in flat drawings, by a small network that was trained on the embedded world.

`embedded/train_faces.py` makes it. A picture is seen at 192 × 192; for each cell of a 24 × 24 grid the network gives
how likely a head has its centre there, and how far the edges of the head and of the whole figure are.
"""

from typing import TYPE_CHECKING, Literal

from danlu.cropping.base import Detection, Detector
from danlu.kit.places import data_folder

if TYPE_CHECKING:
    from PIL.Image import Image

SIDE, GROUND = 192, 128
LEAST_SCORE = 0.3


class DrawnFaces(Detector):
    """Heads and figures in flat drawings; always there.
    中文: 手绘头像：平涂风格绘画中的头部与整个人物；始终可用。
    """

    kind: Literal["drawn_faces"] = "drawn_faces"

    def detect(self, image: "Image") -> list[Detection]:
        """A head and a person for each figure."""
        import numpy as np

        from danlu.cropping.network import box_within, run_network, squared, strongest

        pixels, scale = squared(image, SIDE, GROUND)
        (output,) = run_network(data_folder() / "danlu-mini-faces" / "model.onnx", pixels[None])
        scores, distances = output[0, 0], output[0, 1:] * SIDE
        heads: list[Detection] = []
        persons: dict[Detection, Detection] = {}
        for row, column in np.argwhere(scores > LEAST_SCORE):
            score = float(scores[row, column])
            if score < scores[max(0, row - 1) : row + 2, max(0, column - 1) : column + 2].max():
                continue
            x, y = (column + 0.5) * SIDE / scores.shape[1], (row + 0.5) * SIDE / scores.shape[0]
            edges = [np.array([x - d[0], y - d[1], x + d[2], y + d[3]]) / scale
                     for d in distances[:, row, column].reshape(2, 4)]  # fmt: skip
            head, person = box_within(edges[0], image), box_within(edges[1], image)
            if head and person:
                heads.append(Detection(head, "head", score))
                persons[heads[-1]] = Detection(person, "person", score)
        kept = strongest(heads)
        return [*kept, *(persons[head] for head in kept)]
