"""Every choice of one run: typed, frozen, one field per stage in the order that data flows.

In: a TOML file, overrides ("optimizer.lr=1e-4"). Out: a `Recipe`, or one sentence that says what is wrong with it.
The fields' documentation is the help everywhere: comments in the file, reference page, forms, error messages.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, cast

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from danlu.adapters.base import Adapter
from danlu.adapters.kinds.lora import LoRA
from danlu.cache.config import CacheConfig
from danlu.checkpoints.config import CheckpointConfig
from danlu.datasets.augmentation import AugmentationConfig
from danlu.datasets.buckets import BucketConfig
from danlu.datasets.captions import CaptionConfig
from danlu.datasets.masks import MaskConfig
from danlu.families.base import BASE_PATH, MaxTokens, Reading
from danlu.kit.errors import UserError
from danlu.kit.parsing import parse_toml
from danlu.kit.path_settings import PathSetting, with_absolute_paths
from danlu.kit.places import EMBEDDED_BASE
from danlu.kit.toml_writing import render_model
from danlu.kit.validation import FileName, empty_as_none, explain
from danlu.kit.variants import Chosen
from danlu.objectives.base import ObjectiveConfig
from danlu.optimizers.base import Optimizer
from danlu.optimizers.kinds.adamw import AdamW
from danlu.previews.config import PreviewConfig
from danlu.training.config import TrainingConfig
from danlu.training.rates import contradictions
from danlu.training.schedules import ScheduleConfig
from danlu.validation.config import ValidationConfig

FORMAT = 1
"""The newest format of recipes that this version reads."""
_CONFIG = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class BaseConfig(BaseModel):
    """The base model that the adapter is trained for.
    中文: 训练所针对的底模。
    """

    model_config = _CONFIG

    path: Annotated[str, BASE_PATH] = Field(default=EMBEDDED_BASE, json_schema_extra={"format": "base"})
    """A `.safetensors` checkpoint, a folder in diffusers layout, or `danlu-mini` for the embedded base; a relative path
    starts at the recipe's own folder.
    中文: 底模：.safetensors 底模文件、diffusers 格式的文件夹，或内置底模 `danlu-mini`；
    相对路径从配方文件所在的文件夹算起。 Label: Base model / 底模"""
    vae: Annotated[str | None, BASE_PATH] = None
    """Another VAE for the base: a `.safetensors` file or a folder; empty takes the base's own.
    中文: 替换底模的 VAE：.safetensors 文件或文件夹；留空则用底模自带的。 Label: VAE / VAE"""
    prediction: Literal["auto", "epsilon", "v_prediction"] = "auto"
    """What the base predicts: auto reads its config and metadata; set it for v-prediction bases that don't say so.
    中文: 底模的预测目标：auto 按配置或元数据判断；v 预测底模未标明时请指定。 Label: Prediction type / 预测类型"""
    clip_skip: int = Field(default=1, ge=1, le=24)
    """Which layer of the text encoder is used, from the end; many SD1 anime bases want 2. For SDXL leave it at 1.
    中文: 使用文本编码器的倒数第几层；许多 SD1 二次元底模用 2，SDXL 保持 1。 Label: Clip skip / Clip skip（跳过层）"""
    max_tokens: MaxTokens = 75
    """How much of a caption or prompt is read, in tokens (about three quarters of a word each); what is beyond is cut.
    150 and 225 are for long captions: they are read in portions of 75.
    中文: 标注或提示词最多读取的 token 数（每个约 3/4 个英文单词），超出则截断；长标注可用 150、225（每 75 个一段）。
    Label: Max caption tokens / 标注最大 token 数"""

    @property
    def told_prediction(self) -> Literal["epsilon", "v_prediction"] | None:
        """The user's word for what the base predicts; None to find out."""
        return None if self.prediction == "auto" else self.prediction


class DatasetConfig(BaseModel):
    """The pictures that teach.
    中文: 用于训练的图片。
    """

    model_config = _CONFIG

    path: Annotated[str, PathSetting()] = Field(json_schema_extra={"format": "dataset"})
    """The dataset's folder; a relative path starts at the recipe's own folder.
    中文: 数据集文件夹；相对路径从配方文件所在的文件夹算起。 Label: Dataset folder / 数据集文件夹"""
    repeats: int | None = Field(default=None, ge=1, le=10_000)
    """How often an epoch shows each picture; empty takes the number in the folder's name (`6_name`), else 1.
    中文: 每轮中每张图的重复次数；留空取文件夹名的数字（`6_名称`），或 1。 Label: Repeats / 重复次数（Repeat）"""
    regularization: Annotated[str | None, PathSetting()] = None
    """A folder of regularization pictures: other things of the same class, such as "girl", which keep the base as it
    was. Each epoch shows as many of them as of the others, so it takes twice as long; without captions they are trained
    under the name of their folder. A folder named `reg` within the dataset is found by itself.
    中文: 正则化图片文件夹：同类的其他内容（如“girl”），用来防止污染底模。每轮中其数量与训练图片相同，
    因此耗时加倍；没有标注时以所在文件夹的名称为标注。数据集中名为 `reg` 的文件夹会自动识别。
    Label: Regularization folder / 正则化文件夹"""
    skip_broken: bool = False
    """Train without pictures that can't be read, instead of stopping.
    中文: 跳过无法读取的图片，而不是停止。 Label: Skip broken pictures / 跳过损坏的图片"""
    buckets: BucketConfig = BucketConfig()
    captions: CaptionConfig = CaptionConfig()
    masks: MaskConfig = MaskConfig()
    augmentation: AugmentationConfig = AugmentationConfig()


class Recipe(BaseModel):
    """Everything needed to repeat a run. 中文: 重现一次训练所需的全部设置。"""

    model_config = _CONFIG

    version: Literal[1] = 1
    """The format of this file.
    中文: 本文件的格式版本。"""
    name: FileName = "lora"
    """The name of the adapter file.
    中文: LoRA 文件的名称。 Label: LoRA name / LoRA 名称"""
    base: BaseConfig = BaseConfig()
    dataset: DatasetConfig
    cache: CacheConfig = CacheConfig()
    adapter: Chosen[Adapter] = LoRA()
    optimizer: Chosen[Optimizer] = AdamW()
    schedule: ScheduleConfig = ScheduleConfig()
    objective: ObjectiveConfig = ObjectiveConfig()
    training: TrainingConfig = TrainingConfig()
    validation: ValidationConfig = ValidationConfig()
    checkpoints: CheckpointConfig = CheckpointConfig()
    previews: PreviewConfig = PreviewConfig()

    @model_validator(mode="before")
    @classmethod
    def _settle_kinds(cls, values: Any) -> Any:
        """A table that doesn't say its kind is of the default's."""
        kinds = {name: field.default.kind for name, field in cls.model_fields.items() if hasattr(field.default, "kind")}
        if not isinstance(values, Mapping):
            return values
        given = cast("Mapping[str, Any]", values)
        unsaid = {name: table for name, table in given.items() if name in kinds and isinstance(table, Mapping)}
        return {**given, **{name: {"kind": kinds[name], **table} for name, table in unsaid.items()}}

    @property
    def reading(self) -> Reading:
        """How captions are read while training."""
        emphasis = "scaled" if self.dataset.captions.weighted else "off"
        return Reading(self.base.clip_skip, self.base.max_tokens, emphasis)

    @model_validator(mode="after")
    def _every_choice_has_an_effect(self) -> "Recipe":
        if idle := self.schedule.idle():
            name, kinds = idle
            raise ValueError(
                f"schedule.{name} has no effect with schedule.kind '{self.schedule.kind}': leave it out, or choose "
                f"{' or '.join(map(repr, kinds))}.|"
                f"schedule.kind 为“{self.schedule.kind}”时 schedule.{name} 不起作用：请删去，"
                f"或选择{'、'.join(f'“{kind}”' for kind in kinds)}。"
            )
        for takes_effect, en, zh in (
            (
                self.optimizer.text_encoder_lr is None or self.adapter.text_encoder,
                "optimizer.text_encoder_lr has no effect with adapter.text_encoder = false: leave it out, or train the "
                "text encoder.",
                "adapter.text_encoder = false 时 optimizer.text_encoder_lr 不起作用：请删去，或训练文本编码器。",
            ),
            (
                self.schedule.kind == "constant" or not self.optimizer.averages,
                f"schedule.kind '{self.schedule.kind}' works against an optimizer that averages its own steps instead "
                "of lowering the rate: set schedule.kind to 'constant'.",
                f"该优化器以自身的平均代替学习率下降，与 schedule.kind“{self.schedule.kind}”相抵触："
                "请把 schedule.kind 设为“constant”。",
            ),
            (
                self.training.ema is None or not self.optimizer.averages,
                "training.ema would average an optimizer that averages its own steps: leave it out.",
                "该优化器已对自身的每一步求平均，training.ema 是多余的：请删去。",
            ),
            (
                self.training.length.unit != "never",
                'training.length can\'t be \'never\': write "10 epochs" or "1500 steps".',
                'training.length 不能为“never”：请写 "10 epochs" 或 "1500 steps"。',
            ),
        ):
            if not takes_effect:
                raise ValueError(f"{en}|{zh}")
        for said in contradictions(self.adapter, self.optimizer, self.training):
            raise ValueError(f"{said.en}|{said.zh}")
        return self


def parse_recipe(values: Mapping[str, Any], source: str) -> Recipe:
    """A recipe from plain values. Raises `UserError` that names `source`, the key, and the nearest known name."""
    if isinstance(version := values.get("version"), int) and version > FORMAT:
        raise UserError(
            f"{source} was made by a newer Danlu (version = {version}; this one reads {FORMAT}): update Danlu.",
            f"{source} 由更新版本的丹炉生成（version = {version}，当前版本只支持 {FORMAT}）：请更新丹炉。",
            field="version",
        )
    try:
        return Recipe.model_validate(empty_as_none(values, Recipe))
    except ValidationError as error:
        raise explain(error, Recipe, source) from error


def load_recipe(path: Path, overrides: Sequence[str] = ()) -> Recipe:
    """Read a recipe file and apply overrides like "optimizer.lr=1e-4"; its paths become absolute."""
    return override_values(read_values(path), overrides, path)


def override_values(values: dict[str, Any], overrides: Sequence[str], path: Path) -> Recipe:
    """The same with the values that lie, or might lie, in the file `path`."""
    for override in overrides:
        apply_override(values, override)
    return with_absolute_paths(parse_recipe(values, f"'{path}'"), path.parent)


def merge(*layers: Mapping[str, Any]) -> dict[str, Any]:
    """Nested values of all layers, later ones on top. Another `kind` replaces its table instead of mixing with it."""
    merged: dict[str, Any] = {}
    for layer in layers:
        for key, value in layer.items():
            below = merged.get(key)
            if isinstance(below, dict) and isinstance(value, Mapping) and _same_kind(below, value):
                merged[key] = merge(below, value)
            else:
                merged[key] = merge(value) if isinstance(value, Mapping) else value
    return merged


def _same_kind(below: Mapping[str, Any], above: Mapping[str, Any]) -> bool:
    return above.get("kind", below.get("kind")) == below.get("kind")


def read_values(path: Path) -> dict[str, Any]:
    """What a recipe file says. Raises `UserError` if it can't be read."""
    try:
        return parse_toml(path.read_text("utf-8-sig"))
    except (FileNotFoundError, IsADirectoryError) as error:
        raise UserError(
            f"recipe '{path}' doesn't exist: make one with `danlu init DATASET -o {path.name or 'recipe.toml'}`.",
            f"配方“{path}”不存在：可用 `danlu init 数据集 -o {path.name or 'recipe.toml'}` 生成。",
        ) from error
    except ValueError as error:
        raise UserError(
            f"recipe '{path}' isn't valid TOML: {error}.", f"配方“{path}”不是有效的 TOML：{error}。"
        ) from error


def apply_override(values: dict[str, Any], override: str) -> None:
    """Set one value, as "optimizer.lr=1e-4" says. Raises `UserError` for what says nothing."""
    key, equals, text = override.partition("=")
    if not equals or not key.strip():
        raise UserError(
            f"--set '{override}' isn't understood: write a key and its value, as in --set optimizer.lr=1e-4.",
            f"无法理解 --set“{override}”：请写成 键=值，例如 --set optimizer.lr=1e-4。",
        )
    *tables, last = key.strip().split(".")
    for table in tables:
        inner = values.setdefault(table, {})
        if not isinstance(inner, dict):
            raise UserError(
                f"--set '{override}': '{table}' holds no settings.", f"--set“{override}”：“{table}”没有下级设置。"
            )
        values = inner
    values[last] = _value(text.strip())


def _value(text: str) -> Any:
    """A TOML value; what isn't one is text, so that quotes needn't be escaped in a shell."""
    try:
        return parse_toml(f"value = {text}")["value"]
    except ValueError:
        return text


def render_recipe(recipe: Recipe, *, explained: bool = False) -> str:
    """A recipe as TOML: what differs from the defaults, or with `explained` every setting under its documentation."""
    return render_model(recipe, explained=explained)
