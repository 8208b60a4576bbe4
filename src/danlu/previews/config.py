"""The settings of previews."""

import re
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from danlu.generation.prompt_options import with_options
from danlu.generation.prompts import DEFAULT_SAMPLER, SEEDS, Prompt, SamplerName
from danlu.kit.errors import UserError
from danlu.kit.lengths import Length


class PreviewConfig(BaseModel):
    """Pictures drawn while training: the same prompts and seeds after every epoch, beside the base's own.
    中文: 预览图：何时出图、用哪些提示词。
    """

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    every: Length = Length(1, "epochs")
    """How often previews are drawn: "1 epoch", "200 steps" or "never".
    中文: 预览间隔："1 epoch"、"200 steps" 或 "never"。
    Label: Preview every / 出图频率"""
    prompts: tuple[str, ...] = Field(default=(), max_length=16)
    """What is drawn; empty takes four prompts made from the dataset's own captions. Emphasis is written as in A1111:
    (word:1.2), [word]; brackets that are meant as `\\(` and `\\)`. Options of a single prompt stand behind it as in
    kohya: --n negative, --w width, --h height, --d seed, --s steps, --l CFG, --ss sampler.
    中文: 预览提示词；留空则从数据集的标注生成四条。强调写法与 A1111 相同：(word:1.2)、[word]；
    括号本身写作 `\\(` 和 `\\)`。单条提示词的参数写在其后，与 kohya 相同：--n 反向提示词、--w 宽、--h 高、--d 种子、
    --s 步数、--l CFG、--ss 采样器。
    Label: Preview prompts / 预览提示词"""
    negative: str = ""
    """What the previews should not show.
    中文: 反向提示词。
    Label: Negative prompt / 反向提示词"""
    sampler: SamplerName = DEFAULT_SAMPLER
    """Sampler, named as in A1111.
    中文: 采样器，名称与 A1111 相同。
    Label: Sampler / 采样器"""
    steps: int = Field(default=20, ge=1, le=200)
    """Sampling steps of each preview.
    中文: 采样步数。
    Label: Sampling steps / 采样步数"""
    cfg: float = Field(default=6.0, ge=0, le=30)
    """Guidance: how strictly the prompt is followed.
    中文: 提示词引导强度（CFG）。
    Label: CFG scale / 提示词引导（CFG）"""
    seed: int = Field(default=1, ge=0, le=SEEDS - 1)
    """Seed of the first preview; each next one adds 1.
    中文: 第一张预览的种子；之后每张加 1。
    Label: Preview seed / 预览种子"""
    size: str | None = None
    """Width and height as in "512x768"; empty takes the base's own square.
    中文: 宽高，如 "512x768"；留空则用底模的原生方形尺寸。
    Label: Preview size / 预览尺寸"""

    @field_validator("prompts")
    @classmethod
    def _has_known_options(cls, prompts: tuple[str, ...]) -> tuple[str, ...]:
        for prompt in prompts:
            try:
                with_options(Prompt(prompt))
            except UserError as error:
                raise ValueError(f"{error.text.en}|{error.text.zh}") from error
        return prompts

    @field_validator("size", mode="before")
    @classmethod
    def _is_size(cls, value: Any) -> Any:
        if value is not None and not re.fullmatch(r"[1-9]\d{1,4}x[1-9]\d{1,4}", str(value)):
            raise ValueError('write width and height, as in "512x768"|请写成宽x高，例如 "512x768"')
        return value
