"""Taggers that are an ONNX model in a folder, with a list of its tags beside it.

The kinds say how a picture becomes numbers and how tags are listed; here the model is found, read and run. Its input
tells its layout (N, H, W, 3) or (N, 3, H, W), its side, its type and whether its batch has a fixed size.
"""

import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from danlu.kit.errors import UserError
from danlu.kit.hashes import known_sha256
from danlu.tagging.base import Tagger, TagInfo

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

MODEL = "model.onnx"
BATCH = 8
"""How many pictures a model takes at once if it doesn't say."""
Stamp = tuple[int, int]
"""Time and size of a file: what was read from it is read again when they change."""
_LOADING = threading.Lock()


class OnnxTagger(Tagger, ABC):
    """A tagger that runs in onnxruntime."""

    tag_list: ClassVar[str]
    """The file that lists the tags; it marks the kind."""
    usual_side_px: ClassVar[int] = 448
    """The side of the pictures for a model that takes any."""

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """Whether a model and this kind's tag list are there."""
        return (path / cls.tag_list).is_file() and any(path.glob("*.onnx"))

    @property
    def key(self) -> str:
        """SHA-256 of the model's bytes; scores don't depend on the tags' names."""
        path, _ = stamped(self.folder, self._model_path().name)
        parts = [path, *sorted(path.parent.glob(f"{path.name}[._]data"))]
        return "-".join(known_sha256(part) for part in parts)

    @property
    def tags(self) -> tuple[TagInfo, ...]:
        """The tags of the list."""
        return _read_tags(type(self), *stamped(self.folder, self.tag_list))

    @property
    def groups(self) -> Mapping[str, tuple[str, ...]]:
        """Not known."""
        return {}

    @staticmethod
    @abstractmethod
    def read_tags(path: Path) -> tuple[TagInfo, ...]:
        """The tags that a list names, in the order of the scores. Raises `UserError` if it is of another form."""

    @staticmethod
    @abstractmethod
    def pixels(image: "Image", side_px: int) -> "NDArray[np.float32]":
        """The values (side, side, 3) that the model wants of a picture."""

    @staticmethod
    def probabilities(outputs: "NDArray[np.float32]") -> "NDArray[np.float32]":
        """Scores between 0 and 1 from what the model gives."""
        return outputs

    def prepare(self, image: "Image") -> "NDArray[np.float32]":
        """A picture in the model's size, layout and type."""
        import numpy as np

        model = self._model()
        values = self.pixels(image, model.side_px)
        return np.ascontiguousarray(values.transpose(2, 0, 1) if model.channels_first else values, model.dtype)

    def run(self, prepared: "Sequence[NDArray[np.float32]]") -> "NDArray[np.float32]":
        """Probabilities (N, tags)."""
        import numpy as np

        model, tags = self._model(), self.tags
        size = model.fixed_batch or BATCH
        found = [np.zeros((0, len(tags)), np.float32)]
        for start in range(0, len(prepared), size):
            batch = prepared[start : start + size]
            # A model with a fixed batch gets the last picture again until the batch is full.
            full = [*batch, *[batch[-1]] * ((model.fixed_batch or 0) - len(batch))]
            outputs = model.session.run([model.output_name], {model.input_name: np.stack(full)})[0]
            found.append(self.probabilities(np.asarray(outputs[: len(batch)], np.float32)))
        if any(scores.shape[1] != len(tags) for scores in found):
            raise self._mismatched(len(tags), found[-1].shape[1])
        return np.concatenate(found)

    def _mismatched(self, tags: int, scores: int) -> UserError:
        return UserError(
            f"'{self.folder / self.tag_list}' lists {tags} tags but the model gives {scores} scores: the two files "
            "don't belong together, get them again.",
            f"“{self.folder / self.tag_list}”有 {tags} 个标签，而模型输出 {scores} 个分数："
            "两个文件不配套，请重新获取。",
        )

    def _model_path(self) -> Path:
        """`model.onnx`, or the only model there is."""
        models = sorted(self.folder.glob("*.onnx"))
        if len(models) > 1 and self.folder / MODEL not in models:
            names = ", ".join(path.name for path in models[:4])
            raise UserError(
                f"'{self.folder}' holds several models ({names}): leave one there, or name the right one {MODEL}.",
                f"“{self.folder}”中有多个模型（{names}）：请只保留一个，或把要用的命名为 {MODEL}。",
            )
        return models[0] if len(models) == 1 else self.folder / MODEL

    def _model(self) -> "_Model":
        path = self._model_path()
        with _LOADING:
            return _load(*stamped(path.parent, path.name), self.usual_side_px)


class _Model(NamedTuple):
    session: Any
    input_name: str
    output_name: str
    side_px: int
    channels_first: bool
    dtype: Any
    fixed_batch: int | None


@cache
def _load(path: Path, _stamp: Stamp, usual_side_px: int) -> _Model:
    import numpy as np
    import onnxruntime

    options = onnxruntime.SessionOptions()
    # Threads that wait by spinning would take the cores from a training that runs beside.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # TensorRT, where it is, would build an engine for minutes before the first picture.
    providers = [name for name in onnxruntime.get_available_providers() if "Tensorrt" not in name]
    try:
        session: Any = onnxruntime.InferenceSession(path, options, providers=providers)
        entry, output = session.get_inputs()[0], session.get_outputs()[0]
        batch, *sides = entry.shape
        channels_first = sides[0] == 3
        height, width = sides[1:] if channels_first else sides[:2]
        known = {side for side in (height, width) if isinstance(side, int)}
        if 3 not in (sides[0], sides[2]) or len(known) > 1:
            raise ValueError(f"its input has the shape {entry.shape}")
    except Exception as error:
        raise UserError(
            f"'{path}' can't be run as a tagger ({error}): get the file again.",
            f"“{path}”无法作为打标模型运行（{error}）：请重新获取该文件。",
        ) from error
    return _Model(
        session,
        entry.name,
        output.name,
        next(iter(known), usual_side_px),
        channels_first,
        np.float16 if entry.type == "tensor(float16)" else np.float32,
        batch if isinstance(batch, int) and batch > 0 else None,
    )


@cache
def _read_tags(kind: type[OnnxTagger], path: Path, _stamp: Stamp) -> tuple[TagInfo, ...]:
    return kind.read_tags(path)


def sigmoid(logits: "NDArray[np.float32]") -> "NDArray[np.float32]":
    """Probabilities of models that give logits."""
    import numpy as np

    return np.asarray(1 / (1 + np.exp(-logits.clip(-30, 30))), np.float32)


def stamped(folder: Path, name: str) -> tuple[Path, Stamp]:
    """A file of a tagger's folder, and what changes when it does. Raises `UserError` if it isn't there."""
    path = folder / name
    if not path.is_file():
        raise UserError(
            f"The tagger's folder '{folder}' has no {name}: get it again.",
            f"打标模型文件夹“{folder}”中没有 {name}：请重新获取。",
        )
    status = path.stat()
    return path, (status.st_mtime_ns, status.st_size)


def unreadable(path: Path, wanted: str, error: Exception) -> UserError:
    """A tag list that has another form than its name says."""
    return UserError(
        f"'{path}' isn't {wanted} ({error}): get the tagger's own file again.",
        f"“{path}”不是 {wanted}（{error}）：请重新获取该模型自带的文件。",
    )
