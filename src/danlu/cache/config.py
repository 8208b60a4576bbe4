"""The settings of the cache."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from danlu.datasets.captions import CaptionConfig


class CacheConfig(BaseModel):
    """What is computed once by the frozen models and kept.
    中文: 缓存：冻结模型算出的结果存放在哪里。
    """

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    latents: Literal["disk", "memory", "off"] = "disk"
    """Where the encoded pictures are kept: "disk" also serves the next run, "memory" only this one, "off" encodes again
    at every step (slow; for comparison).
    中文: 图片潜变量的缓存位置："disk" 下次训练也可用，"memory" 仅本次，"off" 每步重新编码（很慢，仅供对比）。
    Label: Latent cache / 潜变量缓存（Latents）"""

    def keeps_texts(self, captions: CaptionConfig) -> bool:
        """Whether encoded captions are kept for the next run, which then needs no text encoder for them."""
        return self.latents == "disk" and not captions.seldom_repeats
