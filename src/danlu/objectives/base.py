"""The settings of the training objective: what noise is added, and how the error is weighted."""

from pydantic import BaseModel, ConfigDict, Field


class ObjectiveConfig(BaseModel):
    """What the adapter is asked to predict, and which errors count how much."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    min_snr_gamma: float | None = Field(default=5.0, gt=0)
    """Evens out the weight of light and heavy noise (min-SNR, Hang et al. 2023); 5 is the paper's value, empty
    switches it off. It also lowers the effective rate a little.
    中文: 平衡轻噪声与重噪声的权重（min-SNR）；论文取 5，留空表示关闭。会略微降低等效学习率。"""
    debiased: bool = False
    """Weights the error by 1/√SNR, so that heavy noise, where the composition and the colours are settled, counts more
    (Yu et al. 2023). Replaces min-SNR.
    中文: 按 1/√SNR 加权，使决定构图和颜色的重噪声阶段更受重视；取代 min-SNR。"""
    noise_offset: float = Field(default=0.0, ge=0, le=0.2)
    """Adds a constant per picture and channel to the noise, so that very dark and bright pictures can be learnt.
    中文: 噪声偏移：给每张图每个通道的噪声加一个常量，便于学习很暗或很亮的画面，最大 0.2。"""
    preservation: float = Field(default=0.0, ge=0, le=10)
    """Keeps the base as it was wherever the trigger word is absent: each step also compares the prediction for the
    caption without its trigger with the base's own, at this weight. Costs about twice the time per step; stops the
    concept from leaking into other prompts. Needs a trigger word.
    中文: 保持底模：每一步还会在去掉触发词的标注上与底模自身的预测比较，此为权重。
    每步耗时约翻倍，可防止概念泄漏到其他提示词。需要触发词。"""
