"""WD14 taggers (SmilingWolf's and everything in their format): `model.onnx` and `selected_tags.csv` in one folder.

A picture becomes: white behind transparency, padded with white to a square (the odd pixel right and below), resized to
the model's side (area when shrinking, else cubic), BGR, float32 from 0 to 255, NHWC. The model gives probabilities.
`groups.json` ({group: [tags]}), if it is there, tells which tags belong together.
"""

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from danlu.kit.errors import UserError
from danlu.kit.files import file_sha256
from danlu.tagging.base import Category, Tagger, TagInfo
from danlu.tagging.words import shown

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

MODEL, TAGS, GROUPS = "model.onnx", "selected_tags.csv", "groups.json"
CATEGORIES: dict[str, Category] = {"9": "rating", "4": "character"}
"""WD14's numbers; every other number is a general tag."""
BATCH = 16
Stamp = tuple[int, int]
"""Time and size of a file: what was read from it is read again when they change."""


class WD14(Tagger):
    """A tagger in WD14's format."""

    kind: Literal["wd14"] = "wd14"

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """Whether model and tag list are there."""
        return all((path / name).is_file() for name in (MODEL, TAGS))

    @property
    def key(self) -> str:
        """SHA-256 of the model's bytes; scores don't depend on the tags' names."""
        return _sha256(*_stamped(self.folder, MODEL))

    @property
    def tags(self) -> tuple[TagInfo, ...]:
        """One tag per row of the list."""
        return _read_tags(*_stamped(self.folder, TAGS))

    @property
    def groups(self) -> Mapping[str, tuple[str, ...]]:
        """What `groups.json` says."""
        path = self.folder / GROUPS
        if not path.exists():
            return {}
        try:
            groups = json.loads(path.read_text(encoding="utf-8")).items()
            return {str(group): tuple(shown(str(tag)) for tag in tags) for group, tags in groups}
        except (ValueError, AttributeError, TypeError) as error:
            raise UserError(
                f"'{path}' isn't a JSON object of tag lists ({error}): mend or delete it.",
                f"“{path}”不是“分组: [标签]”形式的 JSON（{error}）：请修正或删除。",
            ) from error

    def scores(self, images: "Sequence[Image]") -> "NDArray[np.float32]":
        """Probabilities (N, tags)."""
        import numpy as np

        model, tags = _load(*_stamped(self.folder, MODEL)), self.tags
        found = [np.zeros((0, len(tags)), np.float32)]
        for batch in _batches(images, model.batch):
            inputs = np.stack([prepare(image, model.side_px) for image in batch])
            (probabilities,) = model.session.run(None, {model.input_name: inputs})
            found.append(np.asarray(probabilities, np.float32))
        if any(scores.shape[1] != len(tags) for scores in found):
            raise UserError(
                f"'{self.folder / TAGS}' lists {len(tags)} tags but the model gives {found[-1].shape[1]} scores: the "
                "two files don't belong together, get them again.",
                f"“{self.folder / TAGS}”有 {len(tags)} 个标签，而模型输出 {found[-1].shape[1]} 个分数："
                "两个文件不配套，请重新获取。",
            )
        return np.concatenate(found)


def prepare(image: "Image", side_px: int) -> "NDArray[np.float32]":
    """The model's view of a picture: (side, side, 3), BGR, 0 to 255."""
    import cv2
    import numpy as np
    from PIL import Image

    if image.has_transparency_data:
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image.convert("RGBA"))
    pixels = np.asarray(image.convert("RGB"))[:, :, ::-1]
    height, width = pixels.shape[:2]
    side = max(height, width)
    square = np.full((side, side, 3), 255, np.uint8)
    top, left = (side - height) // 2, (side - width) // 2
    square[top : top + height, left : left + width] = pixels
    if side != side_px:
        method = cv2.INTER_AREA if side > side_px else cv2.INTER_CUBIC
        square = cv2.resize(square, (side_px, side_px), interpolation=method)
    return np.asarray(square, np.float32)


class _Model(NamedTuple):
    session: Any
    input_name: str
    side_px: int
    batch: int


@cache
def _load(path: Path, _stamp: Stamp) -> _Model:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    # Threads that wait by spinning would take the cores from a training that runs beside.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        session: Any = onnxruntime.InferenceSession(path, options, providers=onnxruntime.get_available_providers())
        entry = session.get_inputs()[0]
        batch, side = entry.shape[0], int(entry.shape[1])
    except Exception as error:
        raise UserError(
            f"'{path}' can't be run as a WD14 tagger ({error}): get the file again.",
            f"“{path}”无法作为 WD14 打标模型运行（{error}）：请重新获取该文件。",
        ) from error
    return _Model(session, entry.name, side, batch if isinstance(batch, int) else BATCH)


def _batches(images: "Sequence[Image]", size: int) -> "Iterator[Sequence[Image]]":
    for start in range(0, len(images), size):
        yield images[start : start + size]


@cache
def _sha256(path: Path, _stamp: Stamp) -> str:
    return file_sha256(path)


@cache
def _read_tags(path: Path, _stamp: Stamp) -> tuple[TagInfo, ...]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    if not rows or not {"name", "category"} <= rows[0].keys():
        raise UserError(
            f"'{path}' has no columns 'name' and 'category': get the tagger's own selected_tags.csv.",
            f"“{path}”缺少 name 和 category 两列：请使用该模型自带的 selected_tags.csv。",
        )
    return tuple(TagInfo(shown(row["name"]), CATEGORIES.get(row["category"], "general")) for row in rows)


def _stamped(folder: Path, name: str) -> tuple[Path, Stamp]:
    path = folder / name
    if not path.is_file():
        raise UserError(
            f"The tagger's folder '{folder}' has no {name}: get it again.",
            f"打标模型文件夹“{folder}”中没有 {name}：请重新获取。",
        )
    status = path.stat()
    return path, (status.st_mtime_ns, status.st_size)
