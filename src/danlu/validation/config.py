"""The settings of validation."""

from pydantic import BaseModel, ConfigDict, Field, model_validator

from danlu.datasets.split import LARGEST_SHARE
from danlu.kit.lengths import Length


class ValidationConfig(BaseModel):
    """Pictures that are held out from training, to see whether the adapter learns more than its pictures by heart.
    中文: 验证：留出的图片与测量的频率。
    """

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    share: float = Field(default=0.0, ge=0, le=LARGEST_SHARE)
    """Which share of the pictures is never trained on but measured: 0.1 holds out a tenth. Near-duplicates stay on one
    side. Their loss falls while something is learnt that other pictures share, and rises when training goes on for too
    long. Regularization pictures are never held out. Leave it out if the dataset itself says who is held out, as
    `danlu dataset split` stores it.
    中文: 留出不参与训练、只用来测量的图片比例：0.1 为十分之一；近似重复的图片不会被分开。学到共性时其 Loss 下降，
    训练过头时上升。正则化图片不会被留出。若数据集已用 `danlu dataset split` 记录留出的图片，请不要设置。
    Label: Validation share / 验证集比例"""
    pictures: int = Field(default=0, ge=0, le=10_000)
    """How many pictures are held out, instead of a share.
    中文: 留出多少张图片，代替比例。
    Label: Validation pictures / 验证集张数"""
    every: Length = Length(1, "epochs")
    """How often they are measured: "1 epoch", "100 steps"; besides that before the first step and after the last.
    中文: 多久测量一次："1 epoch"、"100 steps"；训练前和结束时总会测量。
    Label: Validate every / 验证频率"""
    seed: int = Field(default=42, ge=0)
    """Which pictures are held out, and the noise that they are measured with; training.seed has no part in it.
    中文: 决定留出哪些图片以及测量所用的噪声，与 training.seed 无关。
    Label: Validation seed / 验证种子"""

    @property
    def is_on(self) -> bool:
        """Whether any pictures are held out."""
        return self.share > 0 or self.pictures > 0

    def wanted(self, pictures: int) -> int:
        """How many of so many pictures are to be held out."""
        return self.pictures or max(1, round(self.share * pictures))

    @model_validator(mode="after")
    def _every_setting_has_an_effect(self) -> "ValidationConfig":
        if self.share and self.pictures:
            raise ValueError("share and pictures say the same thing: leave one out.|share 与 pictures 只能设置一个。")
        if self.every.unit == "never":
            raise ValueError(
                "every can't be 'never': held-out pictures would be lost for nothing; leave share or pictures out "
                "instead.|every 不能为“never”，否则图片白白留出；不需要验证时请删去 share 或 pictures。"
            )
        return self

    def idle(self) -> str | None:
        """A setting that would have no effect if no pictures were held out."""
        fields = type(self).model_fields
        return next((name for name in ("every", "seed") if getattr(self, name) != fields[name].default), None)
