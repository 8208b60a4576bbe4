"""Writing an adapter in another layout."""

from pathlib import Path
from typing import Literal

from danlu.jobs.base import Order, Workplace


class ConvertOrder(Order):
    """Bring a LoRA into the layout of kohya (A1111, Forge, ComfyUI) or of diffusers; no number is changed.
    中文: 在 kohya（A1111、Forge、ComfyUI）与 diffusers 格式之间转换 LoRA，数值不变。
    """

    kind: Literal["convert"] = "convert"
    stem: str
    """What the file is called, without its ending."""
    path: str
    to: Literal["kohya", "diffusers"]

    def command(self, place: Workplace) -> list[str]:
        """`danlu convert`."""
        made = place.result(f"{self.stem}.safetensors")
        return ["convert", self.path, "--to", self.to, "-o", made, "--overwrite"]

    @property
    def title(self) -> str:
        """What is converted, and into what."""
        return f"{Path(self.path).stem} → {self.to}"
