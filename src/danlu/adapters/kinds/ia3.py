"""(IA)³: each channel of a layer is made stronger or weaker by one trained number (Liu et al., 2022).

W' = W · (1 + w), with w [out] for rows or, on inputs, [in] for columns; of convolutions [1, channels, 1, 1]. w starts
at zero. It has neither rank nor alpha. Files as LyCORIS writes them: `weight` and `on_input`.
"""

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, ClassVar, Literal, Self

from danlu.adapters.base import Adapter, Network

if TYPE_CHECKING:
    import torch
    from torch import Tensor


class IA3(Adapter):
    """The tiniest files: one number for each channel. Shifts what the base already knows; wants high rates (5e-3).

    中文: 文件极小：每个通道仅一个数。只调整底模已有的知识；需要较高的学习率（5e-3）。
    """

    kind: Literal["ia3"] = "ia3"
    include: tuple[str, ...] = ("*_to_k", "*_to_v", "*_ff_net_2", "*_k_proj", "*_v_proj", "*_mlp_fc2", "*norm*")
    """Only layers whose name in the adapter file matches one of the patterns: by default the keys and values of
    attention and the second layers of MLPs, as in the paper, and the norms where they are trained; empty means all
    of `targets`.
    中文: 只保留名称符合其中某个通配符的层：默认如论文所述，为注意力的 K、V 与 MLP 的第二层，以及要训练的归一化层；
    留空表示 `targets` 的全部层。
    Label: Only these layers / 仅限这些层"""
    on_input: tuple[str, ...] = ("*_ff_net_2", "*_mlp_fc2")
    """Layers that are scaled by their input channels instead of their output channels, by patterns.
    中文: 按输入通道（而不是输出通道）缩放的层，用通配符表示。
    Label: Scaled by input / 按输入缩放的层"""
    suffixes: ClassVar[Mapping[str, str]] = {"factors": "weight"}

    def for_layer(self, name: str, shape: Sequence[int], *, has_bias: bool = True) -> Self | None:
        """With the axis decided."""
        scaled = any(fnmatchcase(name, pattern) for pattern in self.on_input)
        return self.model_copy(update={"on_input": ("*",) if scaled else ()})

    def start(self, weight: "Tensor", generator: "torch.Generator") -> "dict[str, Tensor]":
        """Zeros."""
        import torch

        channels = weight.shape[1 if self.on_input else 0]
        return {"factors": torch.zeros(channels if weight.ndim == 2 else (1, channels, *(1 for _ in weight.shape[2:])))}

    def delta(self, tensors: "Mapping[str, Tensor]", weight: "Tensor") -> "Tensor":
        """W · w."""
        factors = tensors["factors"].flatten()
        sides = (1, -1) if self.on_input else (-1, 1)
        return weight.detach().to(factors.dtype) * factors.view(*sides, *(1 for _ in weight.shape[2:]))

    def count(self, weight_shape: Sequence[int]) -> int:
        """One for each channel."""
        return weight_shape[1 if self.on_input else 0]

    def to_file(self, tensors: "Mapping[str, Tensor]", dtype: "torch.dtype") -> "dict[str, Tensor]":
        """The factors and on which axis they are."""
        import torch

        return {**super().to_file(tensors, dtype), "on_input": torch.tensor(int(bool(self.on_input)))}

    @classmethod
    def from_file(cls, found: "Mapping[str, Tensor]") -> Self | None:
        """The axis from `on_input`."""
        if set(found) != {"weight", "on_input"}:
            return None
        return cls.model_construct(on_input=("*",) if int(found["on_input"]) else ())

    def network(self) -> Network:
        """LyCORIS."""
        return Network("lycoris.kohya", {"algo": "ia3", **self.set_values("module_dropout"), **self.norm_arguments()})
