"""What an adapter kind is: a change to single layers, as functions over a few named tensors.

A kind says how the tensors of one layer start, what they add to the layer's output, which change of the weight that
amounts to, and under which names they lie in a file. `injection` puts kinds into models, `files` reads and writes them.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from danlu.kit.variants import Variant

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn


class Adapter(Variant, ABC):
    """What is trained. One file in `kinds/` each."""

    rank: int = Field(default=8, ge=1, le=1024)
    """Width of the adapter: 8-32 for simple or drawn subjects, 64-128 for complex or photographic ones. The file grows
    in proportion.
    中文: 网络维度（rank/dim）：简单或二次元 8-32，复杂或写实 64-128。文件大小与之成正比。"""
    alpha: float | None = Field(default=None, gt=0)
    """The adapter's output is scaled by alpha/rank; empty means equal to the rank. About rank/2 is usual.
    中文: 输出按 alpha/rank 缩放；留空表示等于 rank。常用值约为 rank 的一半。"""
    text_encoder: bool = True
    """Train the text encoder too, which helps to learn a new trigger word.
    中文: 是否同时训练文本编码器，有助于学会新的触发词。"""

    suffixes: ClassVar[Mapping[str, str]]
    """Tensor name to the suffix of its name in an adapter file."""

    @abstractmethod
    def start(self, layer: "nn.Module", generator: "torch.Generator") -> "dict[str, Tensor]":
        """Fresh float32 tensors for a layer, by name; they must leave its output unchanged."""

    @abstractmethod
    def output(self, tensors: "Mapping[str, Tensor]", inputs: "Tensor", layer: "nn.Module") -> "Tensor":
        """What the adapter adds to the layer's output for `inputs`, in the inputs' dtype."""

    @abstractmethod
    def delta(self, tensors: "Mapping[str, Tensor]") -> "Tensor":
        """The change of the layer's weight that the adapter amounts to, in the weight's shape, float32."""

    @abstractmethod
    def count(self, weight_shape: "Sequence[int]") -> int:
        """How many numbers the adapter trains for a layer whose weight has this shape."""

    @classmethod
    @abstractmethod
    def read(cls, tensors: "Mapping[str, Tensor]") -> "Adapter | None":
        """The settings of one layer's tensors from a file (by suffix), or None if they aren't of this kind."""

    @property
    def scale(self) -> float:
        """alpha / rank."""
        return (self.alpha if self.alpha is not None else self.rank) / self.rank
