"""Every setting of a recipe, read off the same fields as `docs/recipe.md`: help in both languages, schema, default."""

from functools import lru_cache
from typing import Any

from pydantic import BaseModel, TypeAdapter
from pydantic.fields import FieldInfo

from danlu.interop.kohya.facts.keys import names_of
from danlu.kit.language import Text, both, label_of
from danlu.kit.variants import Variant, kind_name, kinds_of
from danlu.recipe import Recipe
from danlu.studio.shapes.common import said
from danlu.studio.shapes.recipes import KindShape, RecipeSchema, SectionShape, SettingShape

_TITLES = {
    "": Text("General", "基本"),
    "base": Text("Base model", "底模"),
    "dataset": Text("Dataset", "数据集"),
    "dataset.buckets": Text("Buckets", "分桶"),
    "dataset.captions": Text("Captions", "标注"),
    "dataset.masks": Text("Masks", "蒙版"),
    "dataset.augmentation": Text("Augmentation", "数据增强"),
    "cache": Text("Cache", "缓存"),
    "adapter": Text("Adapter", "LoRA 类型"),
    "optimizer": Text("Optimizer and rates", "优化器与学习率"),
    "schedule": Text("Rate schedule", "学习率调度"),
    "objective": Text("Noise and loss", "噪声与 Loss"),
    "training": Text("Training", "训练过程"),
    "validation": Text("Validation", "验证"),
    "checkpoints": Text("Saving", "保存"),
    "previews": Text("Previews", "预览图"),
}


@lru_cache(maxsize=1)
def recipe_schema() -> RecipeSchema:
    """The recipe's tables in the order in which data flows."""
    return RecipeSchema(sections=_sections("", Recipe))


def _sections(key: str, model: type[BaseModel]) -> list[SectionShape]:
    inner: list[SectionShape] = []
    for name, field in model.model_fields.items():
        annotation = field.annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            place = f"{key}.{name}" if key else name
            is_choice = issubclass(annotation, Variant)
            inner += [_choice(place, annotation, field)] if is_choice else _sections(place, annotation)
    settings = _settings(key, model)
    about = _about(key, model)
    own = SectionShape(**about, settings=settings, kinds=[], default_kind=None)
    return [*([own] if settings else []), *inner]


def _choice(key: str, family: type[Variant], field: FieldInfo) -> SectionShape:
    """A table whose settings depend on its kind."""
    kinds = [
        KindShape(kind=kind_name(kind), help=said(both(kind.__doc__)), settings=_settings(key, kind))
        for kind in kinds_of(family).values()
    ]
    default = kind_name(type(field.get_default()))
    return SectionShape(**_about(key, family), settings=[], kinds=kinds, default_kind=default)


def _about(key: str, model: type[BaseModel]) -> dict[str, Any]:
    title, help_text = _TITLES.get(key, Text(key, key)), both(model.__doc__)
    return {"key": key, "title": said(title), "elsewhere": names_of(key), "help": said(help_text)}


def _settings(key: str, model: type[BaseModel]) -> list[SettingShape]:
    return [
        SettingShape.model_validate(
            {
                "key": f"{key}.{name}" if key else name,
                "title": name,
                "label": said(label_of(field.description) or Text(name, name)),
                "elsewhere": names_of(f"{key}.{name}" if key else name),
                "help": said(both(field.description)),
                "schema": _schema(field),
                "default": None if field.is_required() else _plain(field),
                "required": field.is_required(),
            }
        )
        for name, field in model.model_fields.items()
        if name not in _settled(model) and not _is_table(field)
    ]


def _settled(model: type[BaseModel]) -> tuple[str, ...]:
    """What is no setting: the format's version, and the name of a kind, which is chosen beside its settings."""
    return ("kind",) if issubclass(model, Variant) else ("version",)


def _is_table(field: FieldInfo) -> bool:
    return isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)


def _schema(field: FieldInfo) -> dict[str, Any]:
    annotated: Any = field.rebuild_annotation()
    extra = field.json_schema_extra
    return {**TypeAdapter(annotated).json_schema(), **(extra if isinstance(extra, dict) else {})}


def _plain(field: FieldInfo) -> Any:
    annotated: Any = field.rebuild_annotation()
    return TypeAdapter(annotated).dump_python(field.get_default(call_default_factory=True), mode="json")
