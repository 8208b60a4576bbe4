"""Making an adapter smaller."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from danlu.jobs.base import Order, Workplace
from danlu.jobs.kinds.merge import Rank

Share = Annotated[float, Field(gt=0, le=1)]


class ResizeOrder(Order):
    """Cut an adapter to a lower rank: the nearest LoRA of that rank.
    中文: 把 LoRA 缩小到更低的 rank（最佳近似）。
    """

    kind: Literal["resize"] = "resize"
    stem: str
    """What the file is called, without its ending."""
    path: str
    base_path: str | None = None
    rank: Rank
    """At most so much in each layer."""
    keep: Share | None = None
    """The lowest rank that keeps this share of each layer's change."""

    def command(self, place: Workplace) -> list[str]:
        """`danlu resize`."""
        return [
            "resize",
            self.path,
            "--rank",
            str(self.rank),
            *(["--keep", f"{self.keep:g}"] if self.keep is not None else []),
            *(["--base", self.base_path] if self.base_path is not None else []),
            "-o",
            place.result(f"{self.stem}.safetensors"),
            "--overwrite",
        ]

    @property
    def title(self) -> str:
        """What is made smaller, and how small."""
        return f"{Path(self.path).stem} → {self.rank}"
