"""Quantities that carry their unit: how long something lasts, and how often something happens.

Written as text in a recipe: "10 epochs", "800 steps", "1 epoch", "never"; parts of a run as "100 steps" or "10%".
"""

import re
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

Unit = Literal["epochs", "steps", "never"]


@dataclass(frozen=True)
class Length:
    """A number of epochs or of optimizer steps; 0 with the unit "never"."""

    count: int
    unit: Unit

    @classmethod
    def parse(cls, text: Any) -> "Length":
        """Read "10 epochs", "1 step" or "never"; raises ValueError (shown as a recipe mistake) otherwise."""
        if isinstance(text, Length):
            return text
        if text == "never":
            return cls(0, "never")
        match = re.fullmatch(r"\s*(\d+)\s*(epoch|step)s?\s*", str(text))
        if not match or int(match[1]) < 1:
            raise ValueError(
                'write a number and its unit, as in "10 epochs" or "800 steps"|'
                '请写数字和单位，如 "10 epochs" 或 "800 steps"'
            )
        return cls(int(match[1]), "epochs" if match[2] == "epoch" else "steps")

    def __str__(self) -> str:
        if self.unit == "never":
            return "never"
        return f"{self.count} {self.unit if self.count != 1 else self.unit[:-1]}"

    def is_due(self, *, step: int, epoch_ended: int | None) -> bool:
        """Whether something that happens this often is due after optimizer step `step` (counted from 1).

        `epoch_ended` is the number (from 1) of the epoch that this step completes, if it completes one.
        """
        if self.unit == "steps":
            return step % self.count == 0
        return self.unit == "epochs" and epoch_ended is not None and epoch_ended % self.count == 0

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls.parse, serialization=core_schema.plain_serializer_function_ser_schema(str)
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"type": "string", "format": "length", "pattern": r"^(never|\d+ (epochs?|steps?))$"}


def read_span(value: Any, *, most_percent: int = 100) -> str:
    """A part of a run as text: a number of steps ("100 steps", "100") or a share ("10%"). Raises ValueError (shown as a
    recipe mistake) for anything else, and for more than `most_percent`.
    """
    text = str(value).strip()
    if re.fullmatch(r"\d+(\.\d+)?%", text) and float(text[:-1]) <= most_percent:
        return text
    if steps := re.fullmatch(r"(\d+)( steps?)?", text):
        return f"{int(steps[1])} {'step' if int(steps[1]) == 1 else 'steps'}"
    raise ValueError(
        f'write a share up to {most_percent}%, as in "10%", or a number of steps, as in "100 steps"'
        f'|请写不超过 {most_percent}% 的比例，例如 "10%"，或步数，例如 "100 steps"'
    )


def span_steps(span: str, total_steps: int) -> int:
    """The steps of a part of a run of `total_steps`; never more than those."""
    if span.endswith("%"):
        return int(total_steps * float(span[:-1]) / 100)
    return min(int(span.partition(" ")[0]), total_steps)
