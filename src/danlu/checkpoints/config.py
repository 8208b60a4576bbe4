"""The settings of checkpoints."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from danlu.kit.lengths import Length


class CheckpointConfig(BaseModel):
    """When the adapter is saved on the way, and in which precision.
    中文: 保存：何时保存、以何种精度。
    """

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    every: Length = Length(1, "epochs")
    """How often the adapter and the state to resume from are saved: "1 epoch", "200 steps" or "never". The end is
    always saved.
    中文: 保存间隔："1 epoch"、"200 steps" 或 "never"。训练结束时总会保存。
    Label: Save every / 保存频率"""
    precision: Literal["fp16", "bf16", "fp32"] = "fp16"
    """Number format of the saved adapter; fp16 is what other programs expect.
    中文: 保存精度；其他软件通常使用 fp16。
    Label: Saved precision / 保存精度"""
