"""Drawn faces: heads and whole figures in flat drawings, by a small network that was trained on the embedded world.

`embedded/train_faces.py` makes it. It sees 192 × 192 and gives, for each cell of a 24 × 24 grid, how likely a head has
its centre there, and how far the edges of the head and of the whole figure are. A picture is looked at as a whole and
in squares of its shorter side; if nobody was found, in squares of half of it too.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

from danlu.cropping.base import Detection, Detector
from danlu.datasets.pictures import Box, Size
from danlu.kit.places import data_folder

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

SIDE, GROUND = 192, 128
LEAST_SCORE = 0.3
SURE = 0.5
"""Nobody below this ends the search."""
SAME_HEAD = 0.3
"""Heads that overlap by more (intersection over union) are one head, seen in two parts of the picture."""


class _Figure(NamedTuple):
    head: Box
    person: Box
    score: float


class DrawnFaces(Detector):
    """Heads and figures in flat drawings; always there.
    中文: 手绘头像：平涂风格绘画中的头部与整个人物；始终可用。
    """

    kind: Literal["drawn_faces"] = "drawn_faces"

    def detect(self, image: "Image") -> list[Detection]:
        """A head and a person for each figure."""
        from danlu.cropping.network import squares

        size, short = Size(image.width, image.height), min(image.size)
        found = _look_at(image, [Box(0, 0, *size), *squares(size, short)])
        if short >= SIDE and all(figure.score < SURE for figure in found):
            found += _look_at(image, squares(size, short // 2))
        figures = _merged(found)
        heads = [Detection(figure.head, "head", figure.score) for figure in figures]
        return heads + [Detection(figure.person, "person", figure.score) for figure in figures]


def _merged(found: Sequence[_Figure]) -> list[_Figure]:
    """Each figure once: the head that is surest, and all that any nearly as sure look took for its body."""
    from danlu.cropping.boxes import around
    from danlu.cropping.network import overlap

    left = sorted(found, key=lambda figure: -figure.score)
    merged: list[_Figure] = []
    while left:
        best = left[0]
        same = [figure for figure in left if overlap(figure.head, best.head) > SAME_HEAD]
        left = [figure for figure in left if figure not in same]
        persons = [figure.person for figure in same if figure.score >= 0.7 * best.score]
        merged.append(best._replace(person=around(persons)))
    return merged


def _look_at(image: "Image", parts: Sequence[Box]) -> list[_Figure]:
    """The figures in parts of a picture, each part seen at 192 × 192."""
    import numpy as np

    from danlu.cropping.network import run_network, squared

    if not parts:
        return []
    seen = [squared(image.crop(part), SIDE, GROUND) for part in parts]
    (output,) = run_network(data_folder() / "danlu-mini-faces" / "model.onnx", np.stack([each for each, _ in seen]))
    found: list[_Figure] = []
    for index, row, column in np.argwhere(output[:, 0] > LEAST_SCORE):
        scores, part, scale = output[index, 0], parts[index], seen[index][1]
        score = float(scores[row, column])
        if score < scores[max(0, row - 1) : row + 2, max(0, column - 1) : column + 2].max():
            continue
        x, y = ((place + 0.5) * SIDE / len(scores) for place in (column, row))
        edges = [
            np.array([x - d[0], y - d[1], x + d[2], y + d[3]]) / scale + np.array([*part[:2], *part[:2]])
            for d in output[index, 1:, row, column].reshape(2, 4) * SIDE
        ]
        figure = _figure(edges, part, image, score)
        found += [figure] if figure else []
    return found


def _figure(edges: Sequence["NDArray[np.float32]"], part: Box, image: "Image", score: float) -> _Figure | None:
    """Head and person within the picture; None for a head at the inner edge of a part, which another part holds."""
    from danlu.cropping.network import box_within

    head, person = (box_within(each.tolist(), image) for each in edges)
    if head is None or person is None:
        return None
    near = 0.02 * part.size.width
    whole = Box(0, 0, image.width, image.height)
    for edge, of_part, of_whole, sign in zip(head, part, whole, (1, 1, -1, -1), strict=True):
        if of_part != of_whole and sign * (edge - of_part) < near:
            return None
    return _Figure(head, person, score)
