"""OFT: the outputs of a layer are rotated in blocks, which keeps the angles between them (Qiu et al., 2023).

W'_k = R_kᵀ W_k for the n blocks of s output channels, R = (I + Q)(I - Q)⁻¹ (Cayley), Q = X - Xᵀ; X starts at zero.
With `constraint` c, ‖Q‖ over all blocks is at most c · out. The format is that of kohya's `networks.oft` and LyCORIS'
diag-oft: `oft_blocks` [n, s, s] holds X, `alpha` the constraint, and optionally `rescale` [out, 1(, 1, 1)].

Readers disagree about `alpha`: of 0, some make "no limit" and others "no rotation"; some multiply it by out, others
don't. So the limit is worked into X when a file is written, and its alpha is one that limits nothing anywhere.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, Literal, Self

from pydantic import Field

from danlu.adapters.base import Adapter, Network
from danlu.adapters.factors import split_width

if TYPE_CHECKING:
    import torch
    from torch import Tensor

UNLIMITED = 1e4


class OFT(Adapter):
    """Rotates what the base knows instead of adding to it: keeps its style and composition best.

    中文: 对底模已有的知识做旋转而不是叠加：最能保持其画风与构图。
    """

    kind: Literal["oft"] = "oft"
    block_size: int = Field(default=8, ge=2)
    """How many output channels are rotated together: the nearest divisor of a layer's width up to this. Larger changes
    more and makes larger files.
    中文: 每个旋转块的输出通道数：取层宽度中不超过该值的最大因数。越大改变越多，文件也越大。
    Label: Block size / 分块大小"""
    constraint: float = Field(default=0.0, ge=0)
    """How far the rotation may go: the norm of all of a layer's angles is at most this times its width; 0 sets no
    limit.
    中文: 旋转幅度的上限：每层所有角度的范数不超过该值乘以层宽；0 表示不限制。
    Label: Constraint / 约束强度"""
    rescale: bool = False
    """Train the length of each output channel too.
    中文: 同时训练每个输出通道的长度。
    Label: Train channel scales / 训练通道缩放"""
    suffixes: ClassVar[Mapping[str, str]] = {"blocks": "oft_blocks", "rescale": "rescale"}

    def start(self, weight: "Tensor", generator: "torch.Generator") -> "dict[str, Tensor]":
        """X = 0; lengths 1."""
        import torch

        size, number = split_width(weight.shape[0], self.block_size)
        lengths = {"rescale": torch.ones(weight.shape[0], *(1 for _ in weight.shape[1:]))} if self.rescale else {}
        return {"blocks": torch.zeros(number, size, size), **lengths}

    def delta(self, tensors: "Mapping[str, Tensor]", weight: "Tensor") -> "Tensor":
        """(Rᵀ - I) W, with R - I = 2 Q (I - Q)⁻¹, which is exactly zero for Q = 0; then W' is rescaled."""
        import torch

        blocks = self._limited(tensors["blocks"], weight.shape[0])
        weight = weight.detach().to(blocks.dtype)
        skew = blocks - blocks.mT
        turn = torch.linalg.solve(torch.eye(skew.shape[-1], dtype=skew.dtype, device=skew.device) - skew, 2 * skew)
        parts = weight.reshape(*blocks.shape[:2], -1)
        change = torch.einsum("bnm,bni->bmi", turn, parts).reshape(weight.shape)
        if "rescale" not in tensors:
            return change
        return tensors["rescale"] * change + (tensors["rescale"] - 1) * weight

    def count(self, weight_shape: Sequence[int]) -> int:
        """s · out, and with `rescale` another out."""
        size, number = split_width(weight_shape[0], self.block_size)
        return number * size * size + self.rescale * weight_shape[0]

    def to_file(self, tensors: "Mapping[str, Tensor]", dtype: "torch.dtype") -> "dict[str, Tensor]":
        """X within its limit, so that no reader need know it."""
        import torch

        blocks = tensors["blocks"].detach()
        limited = {**tensors, "blocks": self._limited(blocks, blocks.shape[0] * blocks.shape[1])}
        return {**super().to_file(limited, dtype), "alpha": torch.tensor(UNLIMITED)}

    @classmethod
    def from_file(cls, found: "Mapping[str, Tensor]") -> Self | None:
        """Block size from X; alpha is the constraint."""
        if not cls.is_all_of(found, "oft_blocks") or found["oft_blocks"].ndim != 3:
            return None
        return cls.model_construct(
            block_size=found["oft_blocks"].shape[-1],
            constraint=float(found["alpha"]) if "alpha" in found else 0.0,
            rescale="rescale" in found,
        )

    def network(self) -> Network:
        """LyCORIS."""
        args = {"algo": "diag-oft", **self.set_values("constraint", "module_dropout"), **self.norm_arguments()}
        return Network("lycoris.kohya", args | ({"rescaled": True} if self.rescale else {}), self.block_size)

    def _limited(self, blocks: "Tensor", outputs: int) -> "Tensor":
        """X with ‖X - Xᵀ‖ at most constraint · out."""
        if not self.constraint:
            return blocks
        import torch

        size = torch.linalg.vector_norm(blocks - blocks.mT)
        limit = self.constraint * outputs
        return blocks * (limit / size.clamp_min(limit))
