"""What a tagger is: pictures go in, a score for each of its tags comes out.

One file in `kinds/` for each way of running one; thresholds, captions and traits are the business of `tag`.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from danlu.kit.errors import UserError
from danlu.kit.places import EMBEDDED_TAGGER, data_folder
from danlu.kit.variants import Variant, kinds_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

Category = Literal["rating", "general", "character"]


class TagInfo(NamedTuple):
    """One tag that a tagger knows, spelled as in captions."""

    name: str
    category: Category


class Tagger(Variant, ABC):
    """A model that says which tags are true of a picture."""

    path: Path | None = None
    """Folder of the tagger's files; empty means the embedded one.
    中文: 打标模型所在文件夹；留空表示使用内置模型。"""

    @property
    def folder(self) -> Path:
        """Where the tagger's files lie."""
        return self.path or data_folder() / EMBEDDED_TAGGER

    @classmethod
    @abstractmethod
    def recognises(cls, path: Path) -> bool:
        """Whether the folder holds a tagger of this kind."""

    @property
    @abstractmethod
    def key(self) -> str:
        """Identifies the model: changes when any of its files changes."""

    @property
    @abstractmethod
    def tags(self) -> tuple[TagInfo, ...]:
        """The tags in the order of the scores."""

    @property
    @abstractmethod
    def groups(self) -> Mapping[str, tuple[str, ...]]:
        """Tags that exclude each other by what they describe, in the order for captions; empty if not known."""

    @abstractmethod
    def scores(self, images: "Sequence[Image]") -> "NDArray[np.float32]":
        """Probabilities (N, tags) between 0 and 1 for N pictures of any size."""


def find_tagger(name_or_path: str = EMBEDDED_TAGGER) -> Tagger:
    """The tagger of a folder, or the embedded one by its name. Raises `UserError` if it is missing or unknown."""
    path = data_folder() / EMBEDDED_TAGGER if name_or_path == EMBEDDED_TAGGER else Path(name_or_path).expanduser()
    if not path.is_dir():
        raise UserError(
            f"tagger '{name_or_path}' doesn't exist: give the folder that holds model.onnx and selected_tags.csv, or "
            f"'{EMBEDDED_TAGGER}'.",
            f"打标模型“{name_or_path}”不存在：请给出包含 model.onnx 和 selected_tags.csv 的文件夹，"
            f"或“{EMBEDDED_TAGGER}”。",
        )
    for kind in kinds_of(Tagger).values():
        if kind.recognises(path):
            return kind.model_validate({"path": path})
    raise UserError(
        f"'{path}' is no tagger that Danlu knows: the folder needs model.onnx and selected_tags.csv.",
        f"“{path}”不是可用的打标模型：文件夹中需要 model.onnx 和 selected_tags.csv。",
    )
