"""cl_tagger (cella110n's): an ONNX model and `tag_mapping.json`.

A picture becomes: white behind transparency, padded with white to a square, resized (bicubic), BGR, from -1 to 1
((x/255 - 0.5) / 0.5), NCHW. The model gives logits. The mapping has one of two forms:
{"0": {"tag": …, "category": "General"}, …} or {"idx_to_tag": {"0": …}, "tag_to_category": {…: "General"}}.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, cast, get_args

from danlu.kit.parsing import parse_json
from danlu.tagging.base import Category, TagInfo, Usual
from danlu.tagging.onnx_folder import OnnxTagger, sigmoid, unreadable
from danlu.tagging.pixels import in_white_square, over_white
from danlu.tagging.words import shown

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image


class ClTagger(OnnxTagger):
    """A tagger in cl_tagger's format."""

    usual: ClassVar[Usual] = Usual(0.55, 0.6)
    tag_list: ClassVar[str] = "tag_mapping.json"

    kind: Literal["cl_tagger"] = "cl_tagger"

    @staticmethod
    def read_tags(path: Path) -> tuple[TagInfo, ...]:
        """The tags by their number."""
        try:
            pairs = _pairs(parse_json(path.read_text(encoding="utf-8")))
            return tuple(TagInfo(shown(tag), _category(category), tag) for tag, category in pairs)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise unreadable(path, "{number: {tag, category}}", error) from error

    @staticmethod
    def pixels(image: "Image", side_px: int) -> "NDArray[np.float32]":
        """(side, side, 3), BGR, -1 to 1."""
        import numpy as np
        from PIL import Image

        square = in_white_square(over_white(image)).resize((side_px, side_px), Image.Resampling.BICUBIC)
        return np.asarray(np.asarray(square)[:, :, ::-1] / 127.5 - 1, np.float32)

    @staticmethod
    def probabilities(outputs: "NDArray[np.float32]") -> "NDArray[np.float32]":
        """The sigmoid of the logits."""
        return sigmoid(outputs)


def _pairs(mapping: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(tag, category) for each number from 0 on; KeyError if one is missing."""
    if "idx_to_tag" in mapping:
        tags, categories = mapping["idx_to_tag"], mapping["tag_to_category"]
        entries = {int(number): (str(tag), str(categories.get(tag, ""))) for number, tag in tags.items()}
    else:
        entries = {int(number): (str(one["tag"]), str(one["category"])) for number, one in mapping.items()}
    return [entries[number] for number in range(len(entries))]


def _category(word: str) -> Category:
    known = get_args(Category)
    return cast(Category, word.lower()) if word.lower() in known else "general"
