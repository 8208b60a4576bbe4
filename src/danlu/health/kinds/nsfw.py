"""NSFW: a detector finds bare parts of bodies. No detector comes with Danlu: NudeNet's weights are under the AGPL.

The file is given by the user: a detector in YOLOv8's ONNX layout whose metadata name its classes, as NudeNet's
`320n.onnx` and `640m.onnx` do. A picture goes in as RGB from 0 to 1, filled up with black to a square at the right and
below; a score comes out for each class and each of many boxes (1, 4 + classes, boxes).
"""

import ast
import importlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple

from danlu.health.base import Check, Seen, Survey
from danlu.health.findings import Finding, leave_out
from danlu.kit.errors import UserError
from danlu.kit.files import file_sha256
from danlu.kit.language import Text

if TYPE_CHECKING:
    from danlu.health.look import Look

BARE = frozenset(
    {
        *("FEMALE_BREAST_EXPOSED", "FEMALE_GENITALIA_EXPOSED", "MALE_GENITALIA_EXPOSED"),
        *("BUTTOCKS_EXPOSED", "ANUS_EXPOSED"),
    }
)
LIKELY = 0.4
SIDE_PX = 320
"""The side that the smallest of these models was trained at, if the file doesn't say."""


class Nsfw(Check):
    """Pictures that aren't safe for work, if a model is given."""

    kind: Literal["nsfw"] = "nsfw"
    title: ClassVar[Text] = Text("not safe for work", "不适宜公开（NSFW）")

    model: Path | None = None
    """An ONNX detector as NudeNet's.
    中文: NudeNet 格式的 ONNX 检测模型。"""

    @property
    def measures(self) -> bool:
        """Only with a model."""
        return self.model is not None

    @property
    def key(self) -> str:
        """The model's hash. Raises `UserError` if the file can't be read."""
        return _hash(self.model) if self.model else ""

    def measure(self, look: "Look") -> Any:
        """The highest score of each class of bare parts."""
        if self.model is None:
            return None
        session, side, names = _load(self.model)
        (found,) = session.run(None, {session.get_inputs()[0].name: prepare(look, side)})
        best = found[0, 4:].max(axis=1)
        return {name: round(float(best[index]), 3) for index, name in names.items() if name in BARE}

    def judge(self, seen: Seen, survey: Survey) -> Iterable[Finding]:
        """A warning from a score of 0.4 on."""
        scores = seen.measures.get(self.kind) or {}
        name, score = max(scores.items(), key=lambda one: one[1], default=("", 0.0))
        if score >= LIKELY:
            shown = name.replace("_", " ").lower()
            text = Text(f"isn't safe for work: {shown}, score {score:.2f}.", f"不适宜公开：{shown}，得分 {score:.2f}。")
            yield Finding(self.kind, "warning", seen.picture.name, text, score, leave_out())


def prepare(look: "Look", side_px: int) -> Any:
    """The model's view of a picture: (1, 3, side, side), RGB, 0 to 1."""
    import cv2
    import numpy as np

    height, width = look.pixels.shape[:2]
    scale = side_px / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    square = np.zeros((side_px, side_px, 3), np.float32)
    square[: size[1], : size[0]] = cv2.resize(look.pixels, size, interpolation=cv2.INTER_LINEAR)
    return np.ascontiguousarray(square.transpose(2, 0, 1)[None] / 255)


class _Model(NamedTuple):
    session: Any
    side_px: int
    names: dict[int, str]


@cache
def _load(path: Path) -> _Model:
    import onnxruntime

    errors: Any = importlib.import_module("onnxruntime.capi.onnxruntime_pybind11_state")

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # pictures are looked at in several processes
    unreadable: Any = (errors.Fail, errors.InvalidGraph, errors.InvalidProtobuf, errors.InvalidArgument)
    try:
        session: Any = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        told = session.get_modelmeta().custom_metadata_map
        names: dict[int, str] = ast.literal_eval(told.get("names", "{}"))
        (side, *_) = ast.literal_eval(told.get("imgsz", f"[{SIDE_PX}]"))
    except (*unreadable, ValueError, SyntaxError, TypeError) as error:
        raise _unfit(path) from error
    if not BARE & set(names.values()):
        raise _unfit(path)
    return _Model(session, int(side), names)


@cache
def _hash(path: Path) -> str:
    try:
        content_hash = file_sha256(path)
    except OSError as error:
        raise UserError(
            f"The model '{path}' can't be read ({error.strerror}): check the path.",
            f"无法读取模型“{path}”（{error.strerror}）：请检查路径。",
        ) from error
    _load(path)  # so that an unfit one is told before pictures are looked at
    return content_hash


def _unfit(path: Path) -> UserError:
    return UserError(
        f"'{path}' isn't a detector as NudeNet's (YOLOv8 as ONNX, with the classes' names in it): get 320n.onnx again.",
        f"“{path}”不是 NudeNet 格式的检测模型（含类别名的 YOLOv8 ONNX）：请重新获取 320n.onnx。",
    )
