"""The settings of the training objective: what noise is added, and how the error is measured and weighted."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator


class ObjectiveConfig(BaseModel):
    """What the adapter is asked to predict, and which errors count how much.
    中文: 训练目标：噪声、时间步与 Loss。
    """

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    min_snr_gamma: float | None = Field(default=5.0, gt=0)
    """Evens out the weight of light and heavy noise (min-SNR, Hang et al. 2023); 5 is the paper's value, empty
    switches it off. It also lowers the effective rate a little.
    中文: 平衡低噪声与高噪声时间步的权重（min-SNR）；论文取 5，留空表示关闭。会略微降低等效学习率。
    Label: Min-SNR gamma / Min-SNR gamma（信噪比加权）"""
    debiased: bool = False
    """Weights the error by 1/√SNR, so that heavy noise, where the composition and the colours are settled, counts more
    (Yu et al. 2023). Replaces min-SNR.
    中文: 按 1/√SNR 加权，使决定构图和颜色的高噪声时间步更受重视；取代 min-SNR。
    Label: Debiased weighting / 去偏加权"""
    noise_offset: float = Field(default=0.0, ge=0, le=0.2)
    """Adds a constant per picture and channel to the noise, so that very dark and bright pictures can be learnt.
    中文: 噪声偏移：给每张图每个通道的噪声加一个常量，便于学习很暗或很亮的画面，最大 0.2。
    Label: Noise offset / 噪声偏移（Noise offset）"""
    noise_offset_adaptive: float = Field(default=0.0, ge=0, le=0.2)
    """Raises the noise offset of a picture's channel by this times its mean's distance from zero: dark and bright
    pictures get more.
    中文: 自适应噪声偏移：按画面各通道均值偏离零的程度增大偏移，越暗或越亮的图越大。
    Label: Adaptive noise offset / 自适应噪声偏移"""
    noise_offset_random: bool = False
    """Draws each picture's noise offset between 0 and `noise_offset` instead of always using all of it.
    中文: 每张图的噪声偏移在 0 与 noise_offset 之间随机取值，而不是固定值。
    Label: Random noise offset / 随机噪声偏移"""
    multires_iterations: int = Field(default=0, ge=0, le=10)
    """Adds noise at this many coarser sizes (multires or pyramid noise), which teaches large shapes and even tones; 6
    to 8 is usual, 0 switches it off.
    中文: 多分辨率（金字塔）噪声的层数，有助于学习大块形状与均匀色调；常用 6 到 8，0 表示关闭。
    Label: Multires noise iterations / 多分辨率噪声层数"""
    multires_discount: float = Field(default=0.3, gt=0, lt=1)
    """How much weaker each coarser size is than the one before; 0.1 to 0.3 for small datasets.
    中文: 每一层相对上一层的强度；小数据集常用 0.1 到 0.3。
    Label: Multires noise discount / 多分辨率噪声衰减"""
    input_perturbation: float = Field(default=0.0, ge=0, le=1)
    """Adds this much more noise to what the U-Net sees, but not to what it should predict: it learns to live with its
    own mistakes (Ning et al. 2023); 0.1 is the paper's value.
    中文: 输入扰动：只在 U-Net 的输入上多加噪声，预测目标不变，使其适应自身误差；论文取 0.1。
    Label: Input perturbation / 输入扰动"""
    input_perturbation_random: bool = False
    """Draws each picture's perturbation between 0 and `input_perturbation`.
    中文: 每张图的扰动在 0 与 input_perturbation 之间随机取值。
    Label: Random input perturbation / 随机输入扰动"""
    min_timestep: int = Field(default=0, ge=0, lt=1000)
    """The lightest noise that is trained on (0 to 999).
    中文: 训练所用的最小时间步（0 到 999）。
    Label: Min timestep / 最小时间步"""
    max_timestep: int = Field(default=1000, gt=0, le=1000)
    """The end of the range of noise, itself left out: 1000 trains up to the heaviest noise, 500 only details.
    中文: 时间步范围的上限（不含）：1000 直到最重的噪声，500 只学细节。
    Label: Max timestep / 最大时间步"""
    zero_terminal_snr: bool = False
    """Rescales the noise schedule so that its last step is pure noise: for bases that predict v and were trained so,
    which can draw truly dark and bright pictures.
    中文: 零终端信噪比：让噪声计划的最后一步为纯噪声；仅用于以此方式训练的 v 预测底模，可画出真正很暗或很亮的画面。
    Label: Zero terminal SNR / 零终端信噪比"""
    loss: Literal["l2", "l1", "huber", "smooth_l1"] = "l2"
    """How errors are measured: l2 squares them; huber and smooth_l1 forgive large ones, which helps with flawed
    pictures; l1 takes them as they are.
    中文: 误差度量：l2 取平方；huber 与 smooth_l1 对大误差更宽容，适合有瑕疵的图片；l1 取绝对值。
    Label: Loss type / Loss 类型"""
    huber_schedule: Literal["constant", "exponential", "snr"] = "snr"
    """How the width of huber and smooth_l1 goes from light to heavy noise: from about 1 to `huber_width` by signal to
    noise, exponentially, or constantly `huber_width`.
    中文: huber 与 smooth_l1 的宽度随噪声变化的方式：按信噪比或指数从约 1 变到 huber_width，或始终为 huber_width。
    Label: Huber schedule / Huber 调度"""
    huber_width: float = Field(default=0.1, gt=0, le=1)
    """Errors below this count by their square, larger ones by their size (kohya's huber_c).
    中文: 小于此值的误差按平方计，更大的按大小计（kohya 的 huber_c）。
    Label: Huber width / Huber 宽度"""
    huber_scale: float = Field(default=1.0, gt=0, le=10)
    """Multiplies the width, whatever its schedule.
    中文: 宽度的倍数，对所有变化方式都有效。
    Label: Huber scale / Huber 缩放"""
    prior_weight: float = Field(default=1.0, gt=0, le=10)
    """How much regularization pictures count beside those that teach; needs such pictures (see
    dataset.regularization). `preservation` is another way to the same end, without pictures.
    中文: 正则化图片相对训练图片的 Loss 权重；需要有正则化图片（见 dataset.regularization）。
    preservation 是不需要图片的另一种做法。
    Label: Prior loss weight / 正则化权重"""
    preservation: float = Field(default=0.0, ge=0, le=10)
    """Keeps the base as it was wherever the trigger word is absent: each step also compares the prediction for the
    caption without its trigger with the base's own, at this weight. Costs about twice the time per step; stops the
    concept from leaking into other prompts. Needs a trigger word.
    中文: 保持底模：每一步还会在去掉触发词的标注上与底模自身的预测比较，此为权重。
    每步耗时约翻倍，可防止概念泄漏到其他提示词。需要触发词。
    Label: Base preservation / 底模保护强度"""

    @model_validator(mode="after")
    def _every_setting_has_an_effect(self) -> "ObjectiveConfig":
        fields = type(self).model_fields
        for name, needed, takes_effect in (
            ("noise_offset_random", "noise_offset", self.noise_offset > 0),
            ("multires_discount", "multires_iterations", self.multires_iterations > 0),
            ("input_perturbation_random", "input_perturbation", self.input_perturbation > 0),
            ("huber_schedule", "loss 'huber' / 'smooth_l1'", self.loss in ("huber", "smooth_l1")),
            ("huber_width", "loss 'huber' / 'smooth_l1'", self.loss in ("huber", "smooth_l1")),
            ("huber_scale", "loss 'huber' / 'smooth_l1'", self.loss in ("huber", "smooth_l1")),
        ):
            if not takes_effect and getattr(self, name) != fields[name].default:
                raise ValueError(
                    f"{name} has no effect without {needed}: leave it out, or set that too."
                    f"|没有 {needed} 时 {name} 不起作用：请删去，或一并设置。"
                )
        if self.min_timestep >= self.max_timestep:
            raise ValueError(
                f"min_timestep ({self.min_timestep}) must lie below max_timestep ({self.max_timestep})."
                f"|min_timestep（{self.min_timestep}）必须小于 max_timestep（{self.max_timestep}）。"
            )
        return self
