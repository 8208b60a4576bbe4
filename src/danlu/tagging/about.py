"""What a tagger's folder says of the tagger in `about.json`: what it knows, and how to tell what it doesn't know.

    {"knows": {"en": "…", "zh": "…"}, "strangeness": {…}}

Both are data of the model, as its tag list is; without the file, what is true of its kind holds.
"""

from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from danlu.kit.errors import UserError
from danlu.kit.language import Text
from danlu.kit.parsing import parse_json

FILE = "about.json"


class Strangeness(BaseModel):
    """How strange a picture is to a tagger of few tags, as a sum of doubts; `familiarity` computes it.

    Measured by `bench/unknown_pictures.py`: the pictures of the tagger's own world stay below 2.45 each and 1.42 on
    median.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    entropy: float
    """Mean entropy of the scores that counts as one."""
    churn: float
    """Sum of changes of the scores under a small shift that counts as one."""
    flat: tuple[float, float]
    """Share of flat areas below which a picture gets stranger, and by how much for all of it."""
    palette: tuple[float, float]
    """The same for the share of pixels that eight colours cover."""
    picture: float
    """From which sum on a picture is plainly unknown."""
    dataset: float
    """From which median on the tagger is unsure of a dataset."""


class About(BaseModel):
    """What is said of a tagger."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    knows: Text
    """What it knows, as the end of a sentence."""
    strangeness: Strangeness | None = None
    """None for taggers of thousands of tags, whose scores tell by themselves."""


def read_about(folder: Path, scope: Text) -> About:
    """What the folder says, else that the tagger knows `scope`. Raises `UserError` for a file of another form."""
    path = folder / FILE
    if not path.is_file():
        return About(knows=scope)
    return _read(path, path.stat().st_mtime_ns)


@cache
def _read(path: Path, _stamp: int) -> About:
    try:
        values: dict[str, Any] = parse_json(path.read_text("utf-8"))
        return About.model_validate({**values, "knows": (values["knows"]["en"], values["knows"]["zh"])})
    except (OSError, ValueError, KeyError, TypeError, ValidationError) as error:
        raise UserError(
            f"'{path}' doesn't say what the tagger knows ({error}): mend or delete it.",
            f"“{path}”的内容无法读取（{error}）：请修正或删除。",
        ) from error
