"""Checkpoints of one adapter along a side: which epoch is the best?"""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field

from danlu.generation.axis import MOST_VALUES, Axis, Cell
from danlu.kit.language import Text


class CheckpointAxis(Axis):
    """Other files in the place of one adapter: its epochs, or others to compare it with.
    中文: 用不同的文件替换其中一个 LoRA：同一训练的各轮，或用来对比的其他 LoRA。
    """

    kind: Literal["checkpoint"] = "checkpoint"
    adapter: int = Field(default=1, ge=1)
    """Which adapter of the stack, from 1.
    中文: 第几个 LoRA，从 1 开始。"""
    files: tuple[Annotated[str, Field(max_length=4096)], ...] = Field(min_length=1, max_length=MOST_VALUES)
    """The adapter files; an empty text leaves the adapter out.
    中文: LoRA 文件；空文字表示不用这个 LoRA。"""
    title: ClassVar[Text] = Text("LoRA", "LoRA")

    @property
    def labels(self) -> tuple[Text, ...]:
        """The files' names."""
        return tuple(
            Text(Path(file).stem, Path(file).stem) if file else Text("without it", "不使用") for file in self.files
        )

    @property
    def subject(self) -> str:
        """Axes may each change another adapter."""
        return f"checkpoint {self.adapter}"

    def with_files(self, place: Callable[[str], str]) -> Self:
        """With each file as `place` gives it; nothing stays nothing."""
        return self.model_copy(update={"files": tuple(place(file) if file else "" for file in self.files)})

    def change(self, cell: Cell, place: int) -> Cell:
        """With another file."""
        return cell.with_adapter(self.adapter, file=self.files[place])
