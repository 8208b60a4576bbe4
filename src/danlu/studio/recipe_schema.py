"""Every setting of a recipe, read off the same fields as `docs/recipe.md`: help in both languages, schema, default."""

from functools import lru_cache
from typing import Any

from pydantic import BaseModel, TypeAdapter
from pydantic.fields import FieldInfo

from danlu.kit.language import both
from danlu.kit.variants import Variant, kind_name, kinds_of
from danlu.recipe import Recipe
from danlu.studio.shapes.common import said
from danlu.studio.shapes.recipes import KindShape, RecipeSchema, SectionShape, SettingShape


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
    own = SectionShape(key=key, help=said(both(model.__doc__)), settings=settings, kinds=[], default_kind=None)
    return [*([own] if settings else []), *inner]


def _choice(key: str, family: type[Variant], field: FieldInfo) -> SectionShape:
    """A table whose settings depend on its kind."""
    kinds = [
        KindShape(kind=kind_name(kind), help=said(both(kind.__doc__)), settings=_settings(key, kind))
        for kind in kinds_of(family).values()
    ]
    default = kind_name(type(field.get_default()))
    return SectionShape(key=key, help=said(both(family.__doc__)), settings=[], kinds=kinds, default_kind=default)


def _settings(key: str, model: type[BaseModel]) -> list[SettingShape]:
    return [
        SettingShape.model_validate(
            {
                "key": f"{key}.{name}" if key else name,
                "title": name,
                "help": said(both(field.description)),
                "schema": _schema(field),
                "default": None if field.is_required() else _plain(field),
                "required": field.is_required(),
            }
        )
        for name, field in model.model_fields.items()
        if name not in ("kind", "version") and not _is_table(field)
    ]


def _is_table(field: FieldInfo) -> bool:
    return isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)


def _schema(field: FieldInfo) -> dict[str, Any]:
    annotated: Any = field.rebuild_annotation()
    return TypeAdapter(annotated).json_schema()


def _plain(field: FieldInfo) -> Any:
    annotated: Any = field.rebuild_annotation()
    return TypeAdapter(annotated).dump_python(field.get_default(call_default_factory=True), mode="json")
