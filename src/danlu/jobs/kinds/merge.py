"""Adding adapters up."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from danlu.jobs.base import Order, Workplace

Rank = Annotated[int, Field(ge=1, le=1024)]


class WeightedFile(BaseModel):
    """An adapter file and how much of it is taken."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str
    weight: float


class MergeOrder(Order):
    """Add adapters up into one file, exactly, or cut to a rank.
    中文: 把多个 LoRA 精确合并为一个文件，也可截取到指定 rank。
    """

    kind: Literal["merge"] = "merge"
    stem: str
    """What the file is called, without its ending."""
    adapters: tuple[WeightedFile, ...]
    base_path: str | None = None
    rank: Rank | None = None

    def command(self, place: Workplace) -> list[str]:
        """`danlu merge`."""
        return [
            "merge",
            *(f"{one.path}:{one.weight:g}" for one in self.adapters),
            *(["--rank", str(self.rank)] if self.rank is not None else []),
            *(["--base", self.base_path] if self.base_path is not None else []),
            "-o",
            place.result(f"{self.stem}.safetensors"),
            "--overwrite",
        ]

    @property
    def title(self) -> str:
        """What goes in."""
        return " + ".join(Path(one.path).stem for one in self.adapters)
