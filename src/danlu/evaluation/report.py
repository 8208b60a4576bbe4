"""What an evaluation is asked to do and what it says: plain values, written as JSON into the run folder."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from danlu.evaluation.concepts import TaughtConcept
from danlu.families.base import MaxTokens
from danlu.generation.prompts import DEFAULT_SAMPLER, SEEDS, SamplerName
from danlu.kit.language import Text


class EvaluationSettings(BaseModel):
    """How many pictures an evaluation draws, and how."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    seeds: int = Field(default=64, ge=1, le=1024)
    """Pictures of each kind on which the best epochs are judged.
    中文: 评定最佳轮次时每类图片的张数（随机种子数）。"""
    screening: int = Field(default=16, ge=1, le=1024)
    """Pictures of each kind on which every epoch is judged first.
    中文: 初筛每一轮时每类图片的张数。"""
    finalists: int = Field(default=2, ge=1, le=16)
    """How many epochs come through the first round.
    中文: 通过初筛、进入完整评测的轮数。"""
    first_seed: int = Field(default=1000, ge=0, le=SEEDS - 1)
    """The seeds are this number and those after it.
    中文: 第一个随机种子，其余依次加一。"""
    steps: int = Field(default=12, ge=1, le=150)
    """Sampling steps.
    中文: 采样步数。"""
    cfg: float = Field(default=6.0, ge=1, le=30)
    """Guidance.
    中文: 提示词引导系数（CFG）。"""
    sampler: SamplerName = DEFAULT_SAMPLER
    """Sampler, under its A1111 name.
    中文: 采样器（A1111 名称）。"""
    negative: str = ""
    """Negative prompt of all pictures.
    中文: 所有图片的反向提示词。"""
    clip_skip: int = Field(default=1, ge=1, le=12)
    """As in training.
    中文: 与训练时相同的 clip skip。"""
    max_tokens: MaxTokens = 75
    """As in training.
    中文: 与训练时相同的 token 上限。"""
    threshold: float = Field(default=0.35, gt=0, lt=1)
    """A tag with at least this score is there.
    中文: 标签得分达到该阈值即视为存在。"""
    batch_size: int = Field(default=16, ge=1, le=256)
    """Pictures drawn together.
    中文: 同时出图的张数。"""


class BaseFigures(BaseModel):
    """The base alone, on the same prompts and seeds."""

    model_config = ConfigDict(frozen=True)

    seeds: int
    trait_recall: float
    """Share of traits in the pictures of the recall prompts: what chance and framing give."""
    control_hits: float
    """Share of the asked tags in the pictures of the control prompts."""
    trait_rate: float
    """Share of traits in the pictures of the leak prompts."""


class EpochFigures(BaseModel):
    """One kept epoch."""

    model_config = ConfigDict(frozen=True)

    epoch: int
    file: str
    seeds: int
    trait_recall: float
    """Share of traits (or likeness, see `EvaluationReport.recall_by`) when only the trigger is prompted."""
    prompt_control: float
    """Asked tags that are there, relative to the base (1: as obedient as the base)."""
    leak: float
    """Share of traits without the trigger, above the base's."""
    copying: float
    """Share of pictures that lie closer to a training picture than that picture's own nearest neighbour."""
    score: float
    noise: float
    """Standard error of the score: by how much other seeds would change it."""
    control_hits: float
    traits: dict[str, float]
    """Recall of each trait."""


class EvaluationReport(BaseModel):
    """Everything that was measured, enough to draw it again."""

    model_config = ConfigDict(frozen=True)

    version: Literal[1] = 1
    base_name: str
    tagger: str
    concept: TaughtConcept
    settings: EvaluationSettings
    recall_by: Literal["traits", "likeness"]
    """What recall means: traits seen by the tagger, or, for concepts without traits (styles), how far the pictures'
    tag scores moved from the base's to the training pictures'."""
    copying_measured: bool
    """False if the training pictures weren't there; `copying` is then 0."""
    base: BaseFigures
    epochs: tuple[EpochFigures, ...]
    best_epoch: int
    reason: Text
    prompts: dict[str, tuple[str, ...]]
    """Texts by set; the n-th has the seed `settings.first_seed` + n."""
    notices: tuple[Text, ...] = ()

    @property
    def best(self) -> EpochFigures:
        """The figures of the best epoch."""
        return next(figures for figures in self.epochs if figures.epoch == self.best_epoch)
