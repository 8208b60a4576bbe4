"""Drawing pictures for the workbench."""

from typing import Literal

from danlu.generation.drawing import Drawing, with_files
from danlu.jobs.base import Order, Workplace
from danlu.kit.files import write_atomically

PICTURES = "pictures"
"""The folder of the pictures, in the job's."""
_FILE = "drawing.json"
_LONGEST_TITLE = 200


class DrawOrder(Order):
    """Draw pictures with a base and adapters.
    中文: 用底模和 LoRA 出图。
    """

    kind: Literal["draw"] = "draw"
    drawing: Drawing
    """As it was asked for: the base and the adapter files by their ids."""
    base_path: str
    files: dict[str, str]
    """Where each adapter file lies."""

    def command(self, place: Workplace) -> list[str]:
        """`danlu grid`, which draws what isn't there yet."""
        drawing = with_files(self.drawing, lambda file, _: self.files[file])
        asked = drawing.model_copy(update={"base": self.base_path})
        write_atomically(place.folder / _FILE, asked.model_dump_json(exclude_none=True))
        return ["grid", str(place.folder / _FILE), "-o", str(place.folder / PICTURES)]

    def expected(self) -> float | None:
        """Not known before the first picture."""
        return None

    @property
    def title(self) -> str:
        """The prompt."""
        return self.drawing.prompt[:_LONGEST_TITLE]
