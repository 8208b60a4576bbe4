"""Scores of a dataset's pictures, each computed once (see `stored`): thresholds move without the model."""

from collections.abc import Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any

from danlu.datasets.pictures import Picture
from danlu.kit.variants import kind_name
from danlu.tagging.base import Tagger
from danlu.tagging.stored import Found, OnPicture, Reader, find_out, missing_values

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

    Scores = NDArray[np.float32]

BATCH = 8


def score_pictures(tagger: Tagger, pictures: Sequence[Picture], on_picture: OnPicture | None = None) -> "Found[Scores]":
    """Scores (tags,) of each picture as it is cropped, from the cache or by running the tagger; stored as it goes."""
    return find_out(_ByTagger(tagger), pictures, on_picture)


def unscored(tagger: Tagger, pictures: Sequence[Picture]) -> list[str]:
    """The pictures of which no score is stored, by name: the model would have to look at them."""
    return missing_values(_ByTagger(tagger), pictures)


class _ByTagger(Reader["Scores"]):
    batch, suffix = BATCH, ".npy"

    def __init__(self, tagger: Tagger) -> None:
        self.tagger = tagger
        self.place = f"tags/{kind_name(type(tagger))}-{tagger.key[:16]}"

    def prepare(self, image: "Image") -> "Scores":
        return self.tagger.prepare(image)

    def run(self, prepared: Sequence[Any]) -> "Sequence[Scores]":
        return list(self.tagger.run(prepared))

    def from_bytes(self, content: bytes) -> "Scores":
        import numpy as np

        scores = np.load(BytesIO(content))
        if scores.shape != (len(self.tagger.tags),):
            raise ValueError("another list of tags")
        return scores

    def to_bytes(self, value: "Scores") -> bytes:
        import numpy as np

        content = BytesIO()
        np.save(content, value)
        return content.getvalue()
