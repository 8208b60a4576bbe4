"""ML-Danbooru (7eu7d7's, as deepghs' ONNX files): a model of any name and `classes.json`, a list of tags.

A picture becomes: white behind transparency, stretched to the model's side (bilinear), RGB, from 0 to 1, NCHW. The
model gives logits. All its tags are general ones.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from danlu.kit.parsing import parse_json
from danlu.tagging.base import TagInfo, Usual
from danlu.tagging.onnx_folder import OnnxTagger, sigmoid, unreadable
from danlu.tagging.pixels import over_white
from danlu.tagging.words import shown

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image


class MLDanbooru(OnnxTagger):
    """A tagger in ML-Danbooru's format."""

    usual: ClassVar[Usual] = Usual(0.7, 0.7)
    tag_list: ClassVar[str] = "classes.json"

    kind: Literal["ml_danbooru"] = "ml_danbooru"

    @staticmethod
    def read_tags(path: Path) -> tuple[TagInfo, ...]:
        """The tags as listed, or by their number."""
        try:
            names: Any = parse_json(path.read_text(encoding="utf-8"))
            listed = [names[str(number)] for number in range(len(names))] if isinstance(names, dict) else list(names)
        except (ValueError, KeyError, TypeError) as error:
            raise unreadable(path, "[tag, …]", error) from error
        return tuple(TagInfo(shown(str(name)), "general", str(name)) for name in listed)

    @staticmethod
    def pixels(image: "Image", side_px: int) -> "NDArray[np.float32]":
        """(side, side, 3), RGB, 0 to 1."""
        import numpy as np
        from PIL import Image

        stretched = over_white(image).resize((side_px, side_px), Image.Resampling.BILINEAR)
        return np.asarray(np.asarray(stretched) / 255, np.float32)

    @staticmethod
    def probabilities(outputs: "NDArray[np.float32]") -> "NDArray[np.float32]":
        """The sigmoid of the logits."""
        return sigmoid(outputs)
