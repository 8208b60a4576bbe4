"""Quantities that carry their unit: how long something lasts, and how often something happens.

Written as text in a recipe: "10 epochs", "800 steps", "1 epoch", "never".
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
        return {"type": "string", "pattern": r"^(never|\d+ (epochs?|steps?))$"}
