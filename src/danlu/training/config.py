"""The settings of the training loop."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from danlu.kit.lengths import Length


class TrainingConfig(BaseModel):
    """How long and in which portions the adapter is trained.
    中文: 训练过程：长度、批次大小、精度与设备。
    """

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    length: Length = Length(10, "epochs")
    """How long to train: "10 epochs" or "1500 steps". An epoch shows every picture `repeats` times.
    中文: 训练长度："10 epochs" 或 "1500 steps"。一轮中每张图出现 repeats 次。
    Label: Training length / 训练长度"""
    max_steps: int | None = Field(default=None, ge=1)
    """A hard cap on the optimizer steps, whatever `length` says.
    中文: 总步数上限，优先于 length。
    Label: Max steps / 最大步数"""
    batch_size: int = Field(default=1, ge=1, le=512)
    """Pictures that are computed at once; more is faster and steadier, and needs more memory and a higher rate.
    中文: 批次大小（Batch size）：一次同时计算的图片数；越大越快越稳，但更占显存，学习率也要相应提高。
    Label: Batch size / 批次大小（Batch size）"""
    accumulation: int = Field(default=1, ge=1, le=512)
    """Batches whose gradients are added up for one step: 4 x batch 1 trains exactly as batch 4, in less memory.
    中文: 梯度累积：把几个批次的梯度合为一步；4 × 批次大小 1 与批次大小 4 的训练等价，更省显存。
    Label: Gradient accumulation / 梯度累积"""
    max_gradient_norm: float | None = Field(default=1.0, gt=0)
    """Longer gradients are shortened to this; empty leaves them.
    中文: 梯度裁剪的最大范数；留空表示不裁剪。
    Label: Gradient clipping / 梯度裁剪"""
    max_weight_norm: float | None = Field(default=None, gt=0)
    """After each step, a layer of the adapter whose change (ΔW) has a larger norm is shortened to it, against burnt
    pictures (scale_weight_norms). 1 is usual; empty sets no limit.
    中文: 每一步之后，若 LoRA 某层的改变量（ΔW）范数超过此值，则缩短到此值，防止过拟合“烧图”
    （scale_weight_norms）。常用 1；留空表示不限制。
    Label: Weight norm limit / 权重范数上限"""
    max_skipped: int = Field(default=20, ge=1)
    """Steps whose loss or gradient isn't a finite number are left out and told; this many in a row stop the run. With
    fp16 a few at the start are normal.
    中文: Loss 或梯度出现 NaN 或无穷大的步会被跳过并提示；连续跳过达到该次数时停止训练。使用 fp16 时，开头跳过几步
    属正常。
    Label: Max skipped steps / 最多连续跳过步数"""
    ema: float | None = Field(default=None, gt=0, lt=1)
    """Saves and draws an average of the weights over the last steps instead of the last weights, which is steadier: how
    much of it each step keeps (0.99: about 100 steps, 0.999: about 1000; less at the start). Empty switches it off.
    中文: 保存和预览时使用最近若干步权重的滑动平均（EMA），结果更稳定：此值为每步保留的比例
    （0.99 约为 100 步，0.999 约为 1000 步，开头更短）。留空表示关闭。
    Label: EMA / EMA（权重平均）"""
    gradient_checkpointing: bool = False
    """Keeps only what lies between the U-Net's blocks for the way back and computes the rest twice: much less memory,
    slower steps, the same result.
    中文: 梯度检查点：只保留 U-Net 各块之间的激活值，其余部分在反向传播时再算一遍。显存大幅减少，每步变慢，结果不变。
    Label: Gradient checkpointing / 梯度检查点（省显存）"""
    precision: Literal["auto", "fp32", "bf16", "fp16"] = "auto"
    """Number format of the base while training; auto takes what the device does best. The adapter is always trained in
    fp32.
    中文: 训练时底模的数值精度；auto 按设备选择。LoRA 本身始终以 fp32 训练。
    Label: Mixed precision / 混合精度"""
    device: str = "auto"
    """Where to compute: auto, cpu, cuda or mps.
    中文: 计算设备：auto、cpu、cuda 或 mps。
    Label: Device / 计算设备"""
    seed: int = Field(default=42, ge=0)
    """Everything random follows from it: the same recipe on the same device gives the same file.
    中文: 随机种子：同一配方在同一设备上得到同样的文件。
    Label: Training seed / 训练种子"""
