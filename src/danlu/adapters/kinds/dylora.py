"""DyLoRA: a LoRA whose first rows are good by themselves, so that it can be cut to a lower rank later (Valipour et al.,
2023; in blocks as kohya trains it).

Each picture of each step draws u from {0, b, 2b, …, r - b}: rows before u are used but not trained, rows u … u + b - 1
are trained, the rest is left out; the output is scaled by (α/r) · √(r / (u + b)). Used and saved whole, it is a LoRA.
"""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, Literal, Self

from pydantic import Field, model_validator

from danlu.adapters.base import Network
from danlu.adapters.ranked import Ranked, factor_shapes

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

    from danlu.adapters.chance import Chance


class DyLoRA(Ranked):
    """A LoRA that can be cut to a lower rank afterwards without training again; learns more slowly.

    中文: 训练后可直接截取为更低 rank 的 LoRA，无需重新训练；学习较慢。
    """

    kind: Literal["dylora"] = "dylora"
    unit: int = Field(default=4, ge=1)
    """The ranks that it can be cut to are multiples of this; it must divide the rank.
    中文: 可截取的 rank 为该值的倍数；rank 必须能被它整除。
    Label: Rank step / 维度步进"""
    suffixes: ClassVar[Mapping[str, str]] = {"down": "lora_down.weight", "up": "lora_up.weight"}
    up_side: ClassVar[frozenset[str]] = frozenset({"up"})

    @model_validator(mode="after")
    def _units_fill_the_rank(self) -> "DyLoRA":
        for rank in (self.rank, *self.ranks.values()):
            if rank % self.unit:
                raise ValueError(
                    f"rank {rank} isn't a multiple of unit {self.unit}: choose another of them.|"
                    f"rank {rank} 不是 unit {self.unit} 的倍数：请修改其中之一。"
                )
        return self

    @property
    def is_random(self) -> bool:
        """Always: every step draws its rows."""
        return True

    def start(self, weight: "Tensor", generator: "torch.Generator") -> "dict[str, Tensor]":
        """A: Kaiming-uniform with a = √5; B: zero."""
        from danlu.adapters.lowrank import fresh_factors

        return fresh_factors(factor_shapes(weight.shape, self.rank), generator)

    def delta(self, tensors: "Mapping[str, Tensor]", weight: "Tensor") -> "Tensor":
        """(α/r) · B A with all rows."""
        from danlu.adapters.lowrank import product

        return product(tensors, self.scale, weight.shape)

    def output(
        self, tensors: "Mapping[str, Tensor]", inputs: "Tensor", layer: "nn.Module", chance: "Chance | None" = None
    ) -> "Tensor":
        """(α/r) · B (A x); while training, of the rows that were drawn."""
        import torch

        from danlu.adapters.lowrank import bypass

        if chance is None:
            return bypass(tensors, inputs, layer, self.scale)
        block = (chance.uniform("rows", (inputs.shape[0], 1)) * (self.rank // self.unit)).long()
        place = torch.arange(self.rank, device=block.device) // self.unit
        root = (self.rank / ((block + 1) * self.unit)) ** 0.5
        frozen = {name: tensor.detach() for name, tensor in tensors.items()}

        def part(of: "Mapping[str, Tensor]", rows: "Tensor") -> "Tensor":
            mask = (rows * root).to(inputs.dtype)
            between = (1 for _ in inputs.shape[2:])
            shaped = mask[:, :, None, None] if inputs.ndim == 4 else mask.view(len(mask), *between, self.rank)
            return bypass(of, inputs, layer, self.scale, narrowed=lambda thin: self.drop_out(thin, chance) * shaped)

        return part(tensors, place == block) + part(frozen, place < block)

    def count(self, weight_shape: Sequence[int]) -> int:
        """r · (in · kernel + out)."""
        return sum(map(math.prod, factor_shapes(weight_shape, self.rank).values()))

    @classmethod
    def from_file(cls, found: "Mapping[str, Tensor]") -> Self | None:  # noqa: ARG003 - nothing is a DyLoRA's alone
        """None: its file is that of a LoRA."""
        return None

    def network(self) -> Network:
        """kohya's module for it, LyCORIS' where norms are trained."""
        network = super().network()
        if self.norms:
            return network.having({"algo": "dylora", "block_size": self.unit})
        return network.having({"unit": self.unit}, "networks.dylora")
