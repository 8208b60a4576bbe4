"""What an adapter kind is: a change to single layers, as functions over a few named tensors.

A kind says how the tensors of one layer start, which change ΔW of the layer's weight W they amount to, what that adds
to the layer's output, and how they lie in a file. Kinds that rescale or rotate the weight as a whole (DoRA, IA³, OFT)
are the same to everybody else: their ΔW is W' - W. Strength s always means W + s·ΔW.
`targets` chooses layers, `injection` puts kinds into models, `files` reads and writes them.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self, cast

from pydantic import Field, model_validator

from danlu.kit.path_settings import PathSetting
from danlu.kit.variants import Variant

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

    from danlu.adapters.algebra import Factors
    from danlu.adapters.chance import Chance

Preset = Literal["attention", "attention+mlp", "full", "all"]
CONVOLUTIONAL: tuple[Preset, ...] = ("full", "all")
"""The presets with convolutions other than 1×1."""


@dataclass(frozen=True)
class Network:
    """What a kind is called in kohya's metadata (`ss_network_module`, `ss_network_args` and so on)."""

    module: str
    args: dict[str, Any] = field(default_factory=dict[str, Any])
    dim: int | None = None
    alpha: float | None = None

    def having(self, args: Mapping[str, Any], module: str | None = None) -> "Network":
        """The same with more arguments, or another module."""
        return replace(self, module=module or self.module, args={**self.args, **args})


class Adapter(Variant, ABC):
    """What is trained.
    中文: 训练什么：LoRA 的类型与范围。
    """

    start_from: Annotated[str | None, PathSetting()] = Field(default=None, json_schema_extra={"format": "adapter"})
    """An adapter file of this kind to go on from, own or another's (kohya's `network_weights`): the run begins with its
    change, a larger rank exactly, a smaller one with the nearest. A relative path starts at the recipe's folder.
    中文: 接着训练的 LoRA 文件（kohya 的 network_weights），自己的或他人的均可，类型须相同：训练从它的改变量开始，
    rank 更大时精确扩展，更小时取最佳近似。相对路径从配方所在文件夹算起。
    Label: Continue from / 接着训练的 LoRA"""
    text_encoder: bool = True
    """Train the text encoder too, which helps to learn a new trigger word.
    中文: 是否同时训练文本编码器，有助于学会新的触发词。
    Label: Train text encoder / 训练文本编码器"""
    targets: Preset = "attention+mlp"
    """Which layers are adapted: "attention"; "attention+mlp", the whole transformer blocks, as most LoRAs do; "full",
    with the convolutions of the U-Net; "all", every linear layer and convolution, to choose from with `include`.
    中文: 训练哪些层："attention" 仅注意力；"attention+mlp" 整个 Transformer 块，大多数 LoRA 如此；"full" 再加上 U-Net
    的卷积层；"all" 所有线性层与卷积层，可配合 `include` 挑选。
    Label: Target layers / 训练的层"""
    include: tuple[str, ...] = ()
    """Of these, only layers whose name in the adapter file matches one of the patterns, such as "*attn2_to_k"; empty
    means all.
    中文: 只保留在 LoRA 文件中的名称符合其中某个通配符的层，例如 "*attn2_to_k"；留空表示全部。
    Label: Only these layers / 仅限这些层"""
    exclude: tuple[str, ...] = ()
    """Layers left out, by patterns such as "lora_unet_down_blocks_*".
    中文: 要排除的层，用通配符表示，例如 "lora_unet_down_blocks_*"。
    Label: Exclude layers / 排除的层"""
    dropout: float = Field(default=0.0, ge=0, lt=1)
    """How often a single number of what the adapter adds is left out while training, against overfitting.
    中文: 训练时随机丢弃 LoRA 中单个数值的概率，用于防止过拟合。
    Label: Dropout / Dropout（神经元丢弃率）"""
    module_dropout: float = Field(default=0.0, ge=0, lt=1)
    """How often a whole layer of the adapter is left out for a picture while training.
    中文: 训练时对一张图片整层跳过 LoRA 的概率。
    Label: Module dropout / 模块丢弃率（Module dropout）"""
    norms: bool = False
    """Train weight and bias of the norm layers in the blocks of `targets` too (LyCORIS' train_norm), as differences.
    Forge refuses files with norms of text encoders, ComfyUI leaves those out: exclude "lora_te*norm*" for them.
    中文: 同时训练 `targets` 各块中归一化层的权重与偏置（LyCORIS 的 train_norm），以差值保存。含文本编码器归一化层的
    文件，Forge 会拒绝，ComfyUI 会忽略这部分：可用 exclude 排除 "lora_te*norm*"。
    Label: Train norm layers / 训练归一化层"""

    takes_convolutions: ClassVar[bool] = True
    """Whether the kind adapts convolutions other than 1×1."""
    joins_weights: ClassVar[bool] = False
    """Whether a layer is computed once, with W + s·ΔW for its weight, instead of ΔW beside it: for kinds whose ΔW is
    as large as the weight and grows like one. In half precision W + ΔW is rounded as a whole, as in any fine-tuning.
    """
    suffixes: ClassVar[Mapping[str, str]]
    """Tensor name to the suffix of its name in an adapter file."""
    up_side: ClassVar[frozenset[str]] = frozenset()
    """Names of the tensors on the side of a layer's outputs (LoRA's B), which LoRA+ trains at a higher rate; none for
    kinds without such a side."""

    @model_validator(mode="after")
    def _convolutions_are_taken(self) -> Self:
        if self.targets in CONVOLUTIONAL and not self.takes_convolutions:
            raise ValueError(
                f"targets '{self.targets}' holds convolutions, which this kind doesn't adapt: choose kind 'locon', or "
                "targets 'attention+mlp'.|"
                f"targets“{self.targets}”包含卷积层，而该类型不训练卷积：请选择 kind“locon”，"
                "或 targets“attention+mlp”。"
            )
        return self

    def for_layer(self, name: str, shape: Sequence[int], *, has_bias: bool = True) -> Self | None:
        """The settings of one layer, by its name in a file and its weight's shape; None to leave it as it is.
        Raises `UserError` if they can't be met.
        """
        return self

    @property
    def writes_base(self) -> bool:
        """Whether a run ends by writing the base with the adapter in its weights."""
        return False

    @property
    def is_random(self) -> bool:
        """Whether training draws random numbers in every step."""
        return bool(self.dropout or self.module_dropout)

    @property
    def is_product(self) -> bool:
        """Whether ΔW is a product of all its tensors, so that each of n scaled by ρ^(1/n) scales ΔW by ρ."""
        return False

    def has_up_side(self, shape: Sequence[int]) -> bool:
        """Whether a layer whose weight has this shape gets tensors of the up side."""
        return bool(self.up_side)

    @abstractmethod
    def start(self, weight: "Tensor", generator: "torch.Generator") -> "dict[str, Tensor]":
        """Fresh float32 tensors for a layer with this weight, by name; their ΔW is zero."""

    @abstractmethod
    def delta(self, tensors: "Mapping[str, Tensor]", weight: "Tensor") -> "Tensor":
        """ΔW, in the weight's shape and the tensors' dtype."""

    def bias_delta(self, tensors: "Mapping[str, Tensor]") -> "Tensor | None":
        """Δb of the layer's bias, for kinds that change it."""
        return None

    def output(
        self, tensors: "Mapping[str, Tensor]", inputs: "Tensor", layer: "nn.Module", chance: "Chance | None" = None
    ) -> "Tensor":
        """What the adapter adds to the layer's output for `inputs` (rows, …), in the inputs' dtype: the layer with ΔW
        for its weight and Δb for its bias. With `chance`, dropout is on. Kinds override this if they know a cheaper
        way.
        """
        from danlu.adapters.changes import apply_change

        change = self.delta(tensors, cast("Tensor", layer.weight))
        added = apply_change(layer, inputs, change, self.bias_delta(tensors))
        return added if chance is None else self.drop_out(added, chance)

    def output_with(
        self, tensors: "Mapping[str, Tensor]", inputs: "Tensor", layer: "nn.Module", strength: float
    ) -> "Tensor | None":
        """layer(x) + strength · `output` in one go, for kinds that know a quicker way where the layer allows it; None
        where there is none.
        """
        return None

    def drop_out(self, values: "Tensor", chance: "Chance") -> "Tensor":
        """`values` (rows, …, channels), or (rows, channels, h, w) of convolutions, with some left out and the others
        enlarged, so that the mean stays.
        """
        return values * chance.keep("dropout", self.dropout, values.shape).to(values.dtype) if self.dropout else values

    def factors(self, tensors: "Mapping[str, Tensor]") -> "Factors | None":
        """ΔW as an exact product of thin matrices, for kinds whose tensors alone amount to one; None for others."""
        return None

    @abstractmethod
    def count(self, weight_shape: Sequence[int]) -> int:
        """How many numbers the adapter trains for a layer whose weight has this shape."""

    def to_file(self, tensors: "Mapping[str, Tensor]", dtype: "torch.dtype") -> "dict[str, Tensor]":
        """What lies in a file for one layer, by suffix."""
        return {self.suffixes[name]: tensor.detach().to(dtype) for name, tensor in tensors.items()}

    @classmethod
    @abstractmethod
    def from_file(cls, found: "Mapping[str, Tensor]") -> Self | None:
        """The settings of one layer's tensors in a file (by suffix), or None if they aren't of this kind."""

    @classmethod
    def is_all_of(cls, found: "Mapping[str, Tensor]", *needed: str) -> bool:
        """Whether the tensors (by suffix) include those needed, and nothing that the kind doesn't know: what isn't
        understood must not be left out of the picture in silence.
        """
        return found.keys() >= set(needed) and found.keys() <= {*cls.suffixes.values(), "alpha"}

    def set_values(self, *names: str) -> dict[str, Any]:
        """Those of the settings that are set to something."""
        return {name: value for name in names if (value := getattr(self, name))}

    def norm_arguments(self) -> dict[str, Any]:
        """What LyCORIS calls the training of norms."""
        return {"train_norm": True} if self.norms else {}

    @abstractmethod
    def network(self) -> Network:
        """What kohya's metadata call this kind and its settings."""
