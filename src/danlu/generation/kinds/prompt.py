"""A part of the prompt along a side: searched and replaced, as "Prompt S/R" of A1111's X/Y/Z plot."""

from dataclasses import replace
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from danlu.generation.axis import MOST_VALUES, Axis, Cell
from danlu.generation.prompts import LONGEST_TEXT
from danlu.kit.errors import UserError
from danlu.kit.language import Text


class PromptAxis(Axis):
    """A part of the prompt, or of the negative one, replaced by others.
    中文: 把提示词（或反向提示词）中的一段替换成别的内容，即 A1111 的 Prompt S/R。
    """

    kind: Literal["prompt"] = "prompt"
    search: str = Field(min_length=1, max_length=LONGEST_TEXT)
    """The part that is replaced, everywhere.
    中文: 要替换的部分（全部出现处）。"""
    values: tuple[Annotated[str, Field(max_length=LONGEST_TEXT)], ...] = Field(min_length=1, max_length=MOST_VALUES)
    """What stands in its place; the part itself keeps it, empty leaves it out.
    中文: 替换成的内容；写原文即保持不变，留空即删去。"""
    title: ClassVar[Text] = Text("Prompt", "提示词")

    @property
    def labels(self) -> tuple[Text, ...]:
        """The replacements."""
        return tuple(Text(value, value) if value.strip() else Text("(nothing)", "（无）") for value in self.values)

    @property
    def subject(self) -> str:
        """Several axes may each replace another part."""
        return f"prompt {self.search}"

    def change(self, cell: Cell, place: int) -> Cell:
        """With another text in place of what is searched for."""
        prompt, value = cell.prompt, self.values[place]
        if self.search not in prompt.text and self.search not in prompt.negative:
            raise UserError(
                f"'{self.search}' isn't in the prompt: search for a part of it, letter by letter.",
                f"提示词中没有“{self.search}”：请填写提示词中的原文。",
                field="search",
            )
        changed = (text.replace(self.search, value) for text in (prompt.text, prompt.negative))
        text, negative = changed
        return replace(cell, prompt=replace(prompt, text=text, negative=negative))
