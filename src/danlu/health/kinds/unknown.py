"""Unknown: pictures that the embedded base plainly doesn't know, and captions that can't be trusted for the base."""

from collections.abc import Iterable
from typing import ClassVar, Literal

from danlu.health.base import Check, Survey
from danlu.health.findings import Finding
from danlu.kit.language import Text


class Unknown(Check):
    """Photographs and other media for the embedded base; captions of the embedded tagger for any other."""

    kind: Literal["unknown"] = "unknown"
    title: ClassVar[Text] = Text("unknown to the base", "底模不认识")

    def judge_all(self, survey: Survey) -> Iterable[Finding]:
        """A warning for the dataset: what the base can't draw, no fix mends."""
        # The tagger's model costs time that only those should pay who judge.
        from danlu.tagging.cautions import LOOKED_AT, cautions_of

        pictures = [seen.picture for seen in survey.taught if seen.error is None]
        for text in cautions_of(survey.target.base, pictures, most=LOOKED_AT):
            yield Finding(self.kind, "warning", None, text)
