"""What a tagger is: pictures go in, a score for each of its tags comes out.

One file in `kinds/` for each layout of files; thresholds, spelling and captions are the business of `wording` and
`tag`.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal, NamedTuple

from danlu.kit.errors import UserError
from danlu.kit.language import Text
from danlu.kit.places import EMBEDDED_TAGGER, data_folder
from danlu.kit.variants import Variant, kinds_of
from danlu.tagging.about import About, read_about
from danlu.weights.hub_files import is_hub_name

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

Category = Literal["general", "character", "copyright", "artist", "meta", "model", "quality", "rating"]
"""What a tag speaks of, as Danbooru sorts tags; `quality` and `rating` are scales, of which one tag is true."""


AT_ONCE = 16
"""How many pictures are kept prepared."""


class TagInfo(NamedTuple):
    """One tag that a tagger knows."""

    name: str
    """As captions spell it by default."""
    category: Category
    spelled: str = ""
    """As the tagger's own list spells it, mostly with underscores; empty if that's the same."""


class Usual(NamedTuple):
    """From which score on a tag of such a tagger is usually taken to be true."""

    general: float
    character: float
    """Higher where a wrong name is worse than none."""


class Tagger(Variant, ABC):
    """A model that says which tags are true of a picture."""

    usual: ClassVar[Usual] = Usual(0.35, 0.35)
    scope: ClassVar[Text] = Text("Danbooru tags of anime drawings", "动漫插画的 Danbooru 标签")
    """What models of this kind know, if their folder doesn't say."""

    path: Path | None = None
    """Folder of the tagger's files; empty means the embedded one.
    中文: 打标模型所在文件夹；留空表示使用内置模型。"""

    @property
    def folder(self) -> Path:
        """Where the tagger's files lie."""
        return self.path or data_folder() / EMBEDDED_TAGGER

    @property
    def name(self) -> str:
        """What it is called: the folder's name."""
        return self.folder.name

    @property
    def about(self) -> About:
        """What its folder says of it, else what is true of its kind. Raises `UserError` for a broken file."""
        return read_about(self.folder, self.scope)

    @classmethod
    @abstractmethod
    def recognises(cls, path: Path) -> bool:
        """Whether the folder holds a tagger of this kind."""

    @property
    @abstractmethod
    def key(self) -> str:
        """Identifies the model: changes when any of its files changes. Known without loading it."""

    @property
    @abstractmethod
    def tags(self) -> tuple[TagInfo, ...]:
        """The tags in the order of the scores."""

    @property
    @abstractmethod
    def groups(self) -> Mapping[str, tuple[str, ...]]:
        """Tags that exclude each other by what they describe, in the order for captions; empty if not known."""

    @abstractmethod
    def prepare(self, image: "Image") -> "NDArray[np.float32]":
        """What the model sees of one picture of any size. May be called from several threads."""

    @abstractmethod
    def run(self, prepared: "Sequence[NDArray[np.float32]]") -> "NDArray[np.float32]":
        """Probabilities (N, tags) between 0 and 1 for N prepared pictures; one at a time."""

    def scores(self, images: "Sequence[Image]") -> "NDArray[np.float32]":
        """Probabilities (N, tags) between 0 and 1 for N pictures of any size."""
        import numpy as np

        starts = range(0, len(images), AT_ONCE) or (0,)
        batches = (images[start : start + AT_ONCE] for start in starts)
        return np.concatenate([self.run([self.prepare(image) for image in batch]) for batch in batches])


def find_tagger(name_or_path: str = EMBEDDED_TAGGER) -> Tagger:
    """The tagger of a folder, or the embedded one by its name. Raises `UserError` if it is missing or unknown."""
    path = data_folder() / EMBEDDED_TAGGER if name_or_path == EMBEDDED_TAGGER else Path(name_or_path).expanduser()
    if not path.is_dir():
        raise _missing(name_or_path)
    for kind in kinds_of(Tagger).values():
        if kind.recognises(path):
            return kind.model_validate({"path": path})
    raise UserError(
        f"'{path}' is no tagger that Danlu knows: the folder needs model.onnx and selected_tags.csv (WD14), "
        "tag_mapping.json (cl_tagger) or classes.json (ML-Danbooru).",
        f"“{path}”不是可用的打标模型：文件夹中需要 model.onnx，以及 selected_tags.csv（WD14）、"
        "tag_mapping.json（cl_tagger）或 classes.json（ML-Danbooru）。",
    )


def _missing(name: str) -> UserError:
    """A tagger that isn't there: if it is called as the hub calls models, the command that gets it."""
    if is_hub_name(name) and not Path(name).parent.exists():
        folder = f"models/{name.rpartition('/')[2]}"
        return UserError(
            f"tagger '{name}' isn't on this machine: `danlu download {name}` gets it, then give its folder, {folder}.",
            f"本机没有打标模型“{name}”：先用 `danlu download {name}` 下载，然后给出其文件夹 {folder}。",
        )
    return UserError(
        f"tagger '{name}' doesn't exist: give the folder that holds its .onnx file and its list of tags, "
        f"or '{EMBEDDED_TAGGER}'.",
        f"打标模型“{name}”不存在：请给出包含 .onnx 文件和标签列表的文件夹，或“{EMBEDDED_TAGGER}”。",
    )
