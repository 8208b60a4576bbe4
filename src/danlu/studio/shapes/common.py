"""What all answers share: texts in both languages, and problems."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from danlu.kit.forms import form
from danlu.kit.language import Text

Name = Annotated[
    str,
    Field(
        min_length=1,
        max_length=100,
        pattern=form(r"^[^\x00-\x1f\x7f]*[^\x00-\x20\x7f][^\x00-\x1f\x7f]*$", "a name in one line", "是单行的名称"),
    ),
]
"""What people call a thing."""


class Shape(BaseModel):
    """Base of everything that is sent or received; what isn't known is refused."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class Said(Shape):
    """One text in both languages."""

    en: str
    zh: str


class Problem(Shape):
    """What went wrong (RFC 9457, application/problem+json)."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    """The sentence in the language that the request prefers."""
    text: Said
    """The sentence in both languages."""
    field: str | None = None
    """What it is about, as `optimizer.lr` or `name`; null if it is about no single field."""
    code: Literal["invalid", "missing", "outdated", "busy", "refused", "too_large", "conflict", "failed"]
    """`outdated`: the dataset was changed since; `busy`: a job is at work on it."""
    version: int | None = None
    """With `outdated`: the dataset's version now."""


class ProgressShape(Shape):
    """How far something is."""

    done: int
    total: int


class Page(Shape):
    """Which part of a longer list an answer holds."""

    total: int
    offset: int


def said(text: Text) -> Said:
    """A text as it is sent."""
    return Said(en=text.en, zh=text.zh)
