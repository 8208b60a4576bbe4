"""A LoRA from the difference between two bases."""

from pathlib import Path
from typing import Literal

from danlu.jobs.base import Order, Workplace
from danlu.jobs.kinds.merge import Rank


class ExtractOrder(Order):
    """Make a LoRA of what a fine-tuned base learnt.
    中文: 把微调过的底模与原底模之差提取成 LoRA。
    """

    kind: Literal["extract"] = "extract"
    stem: str
    """What the file is called, without its ending."""
    tuned_path: str
    base_path: str
    rank: Rank
    """At most so much in each layer."""
    targets: Literal["attention", "attention+mlp", "full", "all"] = "attention+mlp"
    """Which layers."""

    def command(self, place: Workplace) -> list[str]:
        """`danlu extract`."""
        return [
            "extract",
            self.tuned_path,
            "--base",
            self.base_path,
            "--rank",
            str(self.rank),
            "--targets",
            self.targets,
            "-o",
            place.result(f"{self.stem}.safetensors"),
            "--overwrite",
        ]

    def expected(self) -> float | None:
        """It depends on the size of the bases."""
        return None

    @property
    def title(self) -> str:
        """Which base is looked at, and beside which."""
        return f"{Path(self.tuned_path).stem} - {Path(self.base_path).stem}"
