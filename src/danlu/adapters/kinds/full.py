"""Full fine-tuning: the change of a weight is trained as it is, with as many numbers as the weight has.

W' = W + ΔW and b' = b + Δb; ΔW and Δb start at zero and are trained in float32 whatever the run computes in, so that
W + ΔW is what mixed-precision fine-tuning calls the master weight. Weight decay pulls ΔW towards zero: back to the
base, not away from it. With regularization pictures this is DreamBooth (Ruiz et al., 2023). Embeddings and the text
encoders' projections stay as they are.

The difference is an adapter file in LyCORIS' "full" format (`diff`, `diff_b`, of norms `w_norm`, `b_norm`); a run ends
by writing the whole checkpoint too.
"""

from collections.abc import Mapping
from typing import ClassVar, Literal

from danlu.adapters.base import Network, Preset
from danlu.adapters.differences import Difference


class Full(Difference):
    """Fine-tunes the base itself (DreamBooth): learns the most, wants low rates (1e-6 to 1e-5) and much memory. Ends in
    a whole checkpoint, and in its difference from the base, which loads as an adapter.

    中文: 微调整个底模（DreamBooth）：学得最充分，需要低学习率（1e-6 至 1e-5）和大量显存。训练结束时得到完整底模，以及
    与原底模的差值文件（可作为 LoRA 加载）。
    """

    kind: Literal["full"] = "full"
    targets: Preset = "all"
    """As for the other kinds; "all" holds every linear layer and convolution.
    中文: 与其他类型相同；"all" 包含所有线性层与卷积层。
    Label: Target layers / 训练的层"""
    norms: bool = True
    """Train weight and bias of the norm layers in the blocks of `targets` too.
    中文: 同时训练 `targets` 各块中归一化层的权重与偏置。
    Label: Train norm layers / 训练归一化层"""
    checkpoint: bool = True
    """When the run ends, write the whole checkpoint too: the base with the difference in its weights, one file in the
    original layout and in the base's own precision, NAME-base.safetensors.
    中文: 训练结束时另存完整底模：原底模加上差值，一个原始格式、与原底模同精度的文件，名为 名称-base.safetensors。
    Label: Save whole checkpoint / 保存完整底模"""
    joins_weights: ClassVar[bool] = True
    suffixes: ClassVar[Mapping[str, str]] = {"weight": "diff", "bias": "diff_b"}
    needed: ClassVar[str] = "diff"

    @property
    def writes_base(self) -> bool:
        """If it should."""
        return self.checkpoint

    def network(self) -> Network:
        """LyCORIS."""
        return Network("lycoris.kohya", {"algo": "full", **self.set_values("module_dropout"), **self.norm_arguments()})
