"""What is wrong with a dataset, as it is sent and received."""

from typing import Annotated, Literal

from pydantic import Field

from danlu.studio.shapes.common import Said, Shape
from danlu.studio.shapes.datasets import PictureName, Version


class FindingShape(Shape):
    """Something that a check has to say."""

    check: str
    severity: Literal["problem", "warning", "note"]
    picture: str | None
    text: Said
    fix: Said | None
    """What would mend it; null if nothing here would."""
    safe: bool
    """Whether it is mended without being asked for by name."""
    other: str | None
    """The picture that it is compared with, of a pair: the one of the two that would stay."""


class CheckShape(Shape):
    """A kind of check."""

    check: str
    title: Said


class HealthShape(Shape):
    """What is wrong with a dataset."""

    version: int
    summary: Said
    checks: list[CheckShape]
    """Those that found something, the worst first."""
    findings: list[FindingShape]
    notices: list[Said]


class HealthFix(Shape):
    """Findings to mend: those of the named checks, or all that are safe; of the named pictures, or all."""

    version: Version
    base: str | None = None
    """Id of the base to judge by; null is the embedded one."""
    checks: Annotated[list[str], Field(default_factory=list, max_length=100)]
    pictures: Annotated[list[PictureName], Field(default_factory=list, max_length=1000)]
    dry_run: bool = False


class FixedShape(Shape):
    """What was mended, or would be."""

    version: int
    fixed: list[FindingShape]
    differences: str
    """A unified diff of the dataset's text files."""
    applied: bool
