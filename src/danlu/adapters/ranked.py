"""Kinds with a rank: the settings that they share, and what rank each layer gets."""

import math
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Self

from pydantic import Field, model_validator

from danlu.adapters.base import CONVOLUTIONAL, Adapter, Network
from danlu.kit.errors import UserError

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

    from danlu.adapters.algebra import Factors
    from danlu.adapters.chance import Chance


class Ranked(Adapter):
    """An adapter whose size is set by a rank, and its strength by alpha."""

    rank: int = Field(default=8, ge=1, le=1024)
    """Width of the adapter: 8-32 for simple or drawn subjects, 64-128 for complex or photographic ones. The file grows
    in proportion.
    中文: 网络维度（rank/dim）：简单或二次元 8-32，复杂或写实 64-128。文件大小与之成正比。
    Label: Rank (dim) / 维度（Dim）"""
    alpha: float | None = Field(default=None, gt=0)
    """The adapter's output is scaled by alpha/rank; empty means equal to the rank. About rank/2 is usual.
    中文: 输出按 alpha/rank 缩放；留空表示等于 rank。常用值约为 rank 的一半。
    Label: Alpha / Alpha（缩放）"""
    rs_lora: bool = False
    """Scale by alpha/√rank instead (rsLoRA), so that high ranks learn as strongly as low ones.
    中文: 改为按 alpha/√rank 缩放（rsLoRA），使高 rank 与低 rank 学习强度一致。
    Label: rsLoRA scaling / rsLoRA 缩放"""
    rank_dropout: float = Field(default=0.0, ge=0, lt=1)
    """How often one of the adapter's channels is left out for a picture while training.
    中文: 训练时对一张图片随机丢弃 LoRA 单个通道的概率。
    Label: Rank dropout / 维度丢弃率（Rank dropout）"""
    ranks: dict[str, int] = Field(default={})
    """Other ranks for layers whose name in the adapter file matches a pattern, such as {"*_mid_block_*" = 4}; the first
    that matches counts, 0 leaves the layers out. alpha/rank stays as it is.
    中文: 为名称符合通配符的层单独设置 rank，例如 {"*_mid_block_*" = 4}；以第一个符合的为准，0 表示不训练该层；
    alpha/rank 的比例保持不变。
    Label: Ranks by layer / 分层维度"""

    @model_validator(mode="after")
    def _ranks_are_sane(self) -> Self:
        if wrong := [pattern for pattern, rank in self.ranks.items() if not 0 <= rank <= 1024]:
            raise ValueError(f"ranks['{wrong[0]}'] must be 0 to 1024.|ranks['{wrong[0]}'] 必须在 0 到 1024 之间。")
        return self

    @property
    def scale(self) -> float:
        """alpha / rank, or with rsLoRA alpha / √rank."""
        alpha = self.alpha if self.alpha is not None else self.rank
        return alpha / (math.sqrt(self.rank) if self.rs_lora else self.rank)

    @property
    def is_random(self) -> bool:
        """Whether training draws random numbers in every step."""
        return super().is_random or bool(self.rank_dropout)

    @property
    def is_product(self) -> bool:
        """It is."""
        return True

    def for_layer(self, name: str, shape: Sequence[int], *, has_bias: bool = True) -> Self | None:
        """With the layer's own rank and alpha. Raises `UserError` if the rank is more than the layer can use."""
        field, rank, alpha = self.usual_rank(shape)
        pattern = next((pattern for pattern in self.ranks if fnmatchcase(name, pattern)), None)
        if pattern is not None:
            field, usual, rank = f"ranks['{pattern}']", rank, self.ranks[pattern]
            alpha = None if alpha is None else alpha * rank / usual
        limit = self.largest_rank(shape)
        if limit is not None and rank > limit:
            size = f"{shape[0]} × {math.prod(shape[1:])}"
            raise UserError(
                f"adapter.{field} = {rank} is more than layer '{name}' can use (its weight is {size}): choose at most "
                f"{limit}, give such layers their own in adapter.ranks, or leave them out by adapter.exclude.",
                f"adapter.{field} = {rank} 超过了层“{name}”的上限（其权重为 {size}）：请不超过 {limit}，"
                "或在 adapter.ranks 中为这类层单独设置，或用 adapter.exclude 排除。",
            )
        return self.model_copy(update={"rank": rank, "alpha": alpha, "ranks": {}}) if rank else None

    def usual_rank(self, shape: Sequence[int]) -> tuple[str, int, float | None]:
        """Rank and alpha of a layer that no pattern names, and the field that they come from."""
        return "rank", self.rank, self.alpha

    def largest_rank(self, shape: Sequence[int]) -> int | None:
        """The rank beyond which more can't express more, or None if any will do."""
        return min(shape[0], math.prod(shape[1:]))

    def drop_out(self, values: "Tensor", chance: "Chance") -> "Tensor":
        """Numbers and whole channels left out."""
        values = super().drop_out(values, chance)
        if not self.rank_dropout:
            return values
        if values.ndim == 4:
            kept = chance.keep("rank dropout", self.rank_dropout, values.shape[:2])[:, :, None, None]
        else:
            kept = chance.keep("rank dropout", self.rank_dropout, (values.shape[0], values.shape[-1]))
            kept = kept.view(values.shape[0], *(1 for _ in values.shape[1:-1]), values.shape[-1])
        return values * kept.to(values.dtype)

    def to_file(self, tensors: "Mapping[str, Tensor]", dtype: "torch.dtype") -> "dict[str, Tensor]":
        """The tensors, and the alpha by which readers that know only alpha/rank get our scale."""
        import torch

        return {**super().to_file(tensors, dtype), "alpha": torch.tensor(self.scale * self.rank)}

    def network(self) -> Network:
        """The settings that all kinds with a rank have; a kind puts its name to it."""
        alpha = self.alpha if self.alpha is not None else float(self.rank)
        names = ("rank_dropout", "module_dropout", "rs_lora", "ranks")
        return Network("lycoris.kohya", self.set_values(*names) | self.norm_arguments(), self.rank, alpha)


class Decomposable(Ranked):
    """A kind whose ΔW can be decomposed into direction and magnitude (DoRA)."""

    dora: bool = False
    """Train direction and magnitude of the weights apart (DoRA): closer to full fine-tuning, slower. The magnitude is
    one number for each input of a layer, as A1111, Forge and ComfyUI read it; diffusers leaves it out with a warning.
    中文: 分别训练权重的方向与幅值（DoRA）：更接近全量微调，但较慢。幅值按层的输入通道计算，与 A1111、Forge、ComfyUI
    的读取方式一致；diffusers 会丢弃幅值并给出警告，出图不同。
    Label: DoRA / DoRA（权重分解）"""

    @property
    def is_product(self) -> bool:
        """Not with DoRA, whose magnitude decides how long the weights are."""
        return not self.dora

    def has_up_side(self, shape: Sequence[int]) -> bool:
        """By the tensors that a weight of this shape gets."""
        return not self.up_side.isdisjoint(self.shapes(shape))

    @abstractmethod
    def shapes(self, shape: Sequence[int]) -> dict[str, tuple[int, ...]]:
        """The tensors that ΔW of a weight with this shape is made of."""

    @abstractmethod
    def fresh(self, shape: Sequence[int], generator: "torch.Generator") -> "dict[str, Tensor]":
        """Those tensors as they start, with ΔW = 0."""

    @abstractmethod
    def change(self, tensors: "Mapping[str, Tensor]", shape: Sequence[int]) -> "Tensor":
        """ΔW as it is before it is decomposed."""

    def start(self, weight: "Tensor", generator: "torch.Generator") -> "dict[str, Tensor]":
        """The factors; with DoRA also the magnitude, ‖W‖ of each input channel."""
        tensors = self.fresh(weight.shape, generator)
        if self.dora:
            from danlu.adapters.changes import magnitude

            tensors["magnitude"] = magnitude(weight.detach().float())
        return tensors

    def delta(self, tensors: "Mapping[str, Tensor]", weight: "Tensor") -> "Tensor":
        """ΔW, decomposed if the adapter has a magnitude."""
        change = self.change(tensors, weight.shape)
        if "magnitude" not in tensors:
            return change
        from danlu.adapters.changes import decompose

        return decompose(change, weight, tensors["magnitude"])

    def bias_delta(self, tensors: "Mapping[str, Tensor]") -> "Tensor | None":
        """Δb, which other programs' files may have beside the factors."""
        return tensors.get("bias")

    def count(self, weight_shape: Sequence[int]) -> int:
        """The factors' numbers, and with DoRA one for each input channel."""
        return sum(map(math.prod, self.shapes(weight_shape).values())) + self.dora * weight_shape[1]

    def to_file(self, tensors: "Mapping[str, Tensor]", dtype: "torch.dtype") -> "dict[str, Tensor]":
        """The magnitude stays float32: rounding it would change the whole weight, not only ΔW."""
        magnitude = {"dora_scale": tensors["magnitude"].detach()} if "magnitude" in tensors else {}
        return {**super().to_file(tensors, dtype), **magnitude}

    def network(self) -> Network:
        """With DoRA, in LyCORIS' words."""
        return super().network().having({"dora_wd": True, "wd_on_output": False} if self.dora else {})


class Factored(Decomposable):
    """A kind whose ΔW is a product of thin matrices, which inputs can go through one after the other."""

    def fresh(self, shape: Sequence[int], generator: "torch.Generator") -> "dict[str, Tensor]":
        """A (and a core C): Kaiming-uniform with a = √5 (bound 1/√fan_in); B: zero."""
        from danlu.adapters.lowrank import fresh_factors

        return fresh_factors(self.shapes(shape), generator)

    def change(self, tensors: "Mapping[str, Tensor]", shape: Sequence[int]) -> "Tensor":
        """(α/r) · B A, or with a core (α/r) · B C A."""
        from danlu.adapters.lowrank import product

        return product(tensors, self.scale, shape)

    def factors(self, tensors: "Mapping[str, Tensor]") -> "Factors | None":
        """B and A with the scale worked in, a core in A; none with DoRA."""
        if "magnitude" in tensors:
            return None
        from danlu.adapters.algebra import thin_factors

        return thin_factors(tensors, self.scale)

    def output(
        self, tensors: "Mapping[str, Tensor]", inputs: "Tensor", layer: "nn.Module", chance: "Chance | None" = None
    ) -> "Tensor":
        """(α/r) · B (C (A x)), dropout being before B; with DoRA or Δb through ΔW."""
        if "magnitude" in tensors or "bias" in tensors:
            return super().output(tensors, inputs, layer, chance)
        from danlu.adapters.lowrank import bypass

        narrowed = None if chance is None else lambda thin: self.drop_out(thin, chance)
        return bypass(tensors, inputs, layer, self.scale, narrowed=narrowed)

    def output_with(
        self, tensors: "Mapping[str, Tensor]", inputs: "Tensor", layer: "nn.Module", strength: float
    ) -> "Tensor | None":
        """W x + b and (α/r) · B (A x) as products that share their results' memory (see `fused`)."""
        if set(tensors) != {"down", "up"}:
            return None
        from danlu.adapters.fused import thin_beside

        return thin_beside(layer, inputs, tensors["down"], tensors["up"], scale=self.scale * strength)


class Convolving(Decomposable):
    """A kind that treats convolutions in a way of its own."""

    conv_rank: int | None = Field(default=None, ge=1, le=1024)
    """The rank for convolutions larger than 1×1; empty means as for the other layers.
    中文: 大于 1×1 的卷积层的 rank；留空表示与其他层相同。
    Label: Conv rank (dim) / 卷积维度（Conv dim）"""
    conv_alpha: float | None = Field(default=None, gt=0)
    """The alpha for convolutions larger than 1×1; empty keeps alpha/rank of the other layers.
    中文: 大于 1×1 的卷积层的 alpha；留空则保持与其他层相同的 alpha/rank。
    Label: Conv alpha / 卷积 Alpha"""
    tucker: bool = False
    """Take convolutions larger than 1×1 apart further (Tucker): a smaller file, a little slower.
    中文: 对大于 1×1 的卷积进一步做 Tucker 分解：文件更小，速度略慢。
    Label: Tucker decomposition / Tucker 分解"""

    @model_validator(mode="after")
    def _convolutions_are_there(self) -> Self:
        for name in ("conv_rank", "conv_alpha", "tucker"):
            if getattr(self, name) and self.targets not in CONVOLUTIONAL:
                raise ValueError(
                    f"{name} has no effect with targets '{self.targets}': leave it out, or choose targets 'full'.|"
                    f"targets 为“{self.targets}”时 {name} 不起作用：请删去，或选择 targets“full”。"
                )
        return self

    def usual_rank(self, shape: Sequence[int]) -> tuple[str, int, float | None]:
        """For convolutions larger than 1×1 their own, where given."""
        if not is_wide(shape) or (self.conv_rank is None and self.conv_alpha is None):
            return super().usual_rank(shape)
        rank = self.conv_rank or self.rank
        alpha = None if self.alpha is None else self.alpha * rank / self.rank
        return "conv_rank", rank, self.conv_alpha or alpha

    def largest_rank(self, shape: Sequence[int]) -> int | None:
        """With Tucker, the kernel has no part in it."""
        return min(shape[:2]) if self.uses_tucker(shape) else super().largest_rank(shape)

    def uses_tucker(self, shape: Sequence[int]) -> bool:
        """Whether a weight of this shape is taken apart further."""
        return self.tucker and is_wide(shape)

    def network(self) -> Network:
        """With the settings for convolutions, in LyCORIS' words."""
        args = self.set_values("conv_rank", "conv_alpha") | ({"use_tucker": True} if self.tucker else {})
        return super().network().having({key.replace("rank", "dim"): value for key, value in args.items()})


def is_wide(shape: Sequence[int]) -> bool:
    """Whether a weight is that of a convolution larger than 1×1."""
    return math.prod(shape[2:]) > 1


def factor_shapes(shape: Sequence[int], rank: int) -> dict[str, tuple[int, ...]]:
    """A [rank, in(, k, k)] and B [out, rank(, 1, 1)] of a product of two thin matrices."""
    return {"down": (rank, *shape[1:]), "up": (shape[0], rank, *(1 for _ in shape[2:]))}


def alpha_in(found: "Mapping[str, Tensor]") -> float | None:
    """The alpha of a layer in a file; none, and 0, mean that it equals the rank."""
    return float(found["alpha"]) or None if "alpha" in found else None
