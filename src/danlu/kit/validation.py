"""Pydantic's findings as sentences for people: the key, what is wrong with it, what to do, in both languages."""

import re
import types
import typing
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, cast

from pydantic import AfterValidator, BaseModel, ValidationError
from pydantic_core import ErrorDetails

from danlu.kit.errors import UserError, nearest
from danlu.kit.file_names import name_fault
from danlu.kit.forms import meaning_of
from danlu.kit.language import Text
from danlu.kit.variants import Variant, kinds_of

SPLIT = "|"
"""A ValueError of ours may carry both languages, parted by this."""

MESSAGES: dict[str, tuple[str, str]] = {
    "missing": ("is missing: give it a value.", "缺少该项：请填写。"),
    "greater_than": ("must be more than {gt:g}, not {input}.", "必须大于 {gt:g}，而不是 {input}。"),
    "greater_than_equal": ("must be at least {ge:g}, not {input}.", "不能小于 {ge:g}，当前为 {input}。"),
    "less_than": ("must be less than {lt:g}, not {input}.", "必须小于 {lt:g}，而不是 {input}。"),
    "less_than_equal": ("must be at most {le:g}, not {input}.", "不能大于 {le:g}，当前为 {input}。"),
    "literal_error": ("can't be {input!r}: choose {expected}.", "不能为 {input!r}：可选 {expected}。"),
    "int_parsing": ("must be a whole number, not {input!r}.", "必须是整数，而不是 {input!r}。"),
    "int_type": ("must be a whole number, not {input!r}.", "必须是整数，而不是 {input!r}。"),
    "int_from_float": ("must be a whole number, not {input!r}.", "必须是整数，而不是 {input!r}。"),
    "float_parsing": ("must be a number, not {input!r}.", "必须是数字，而不是 {input!r}。"),
    "float_type": ("must be a number, not {input!r}.", "必须是数字，而不是 {input!r}。"),
    "bool_parsing": ("must be true or false, not {input!r}.", "必须是 true 或 false，而不是 {input!r}。"),
    "bool_type": ("must be true or false, not {input!r}.", "必须是 true 或 false，而不是 {input!r}。"),
    "model_attributes_type": ("must be a table of settings, not {input!r}.", "必须是一组设置，而不是 {input!r}。"),
    "model_type": ("must be a table of settings, not {input!r}.", "必须是一组设置，而不是 {input!r}。"),
    "string_pattern_mismatch": ("isn't written as it has to be: {input!r}.", "的写法不正确：{input!r}。"),
    "string_too_long": (
        "is too long: it may have {max_length} characters at most.",
        "过长：最多 {max_length} 个字符。",
    ),
    "string_too_short": ("must not be empty: give it a value.", "不能为空：请填写。"),
    "string_unicode": ("holds characters that are not valid: write it anew.", "含有无效字符：请重新填写。"),
    "too_long": ("has too many entries: {max_length} at most.", "条目过多：最多 {max_length} 个。"),
    "too_short": ("has too few entries: at least {min_length}.", "条目过少：至少 {min_length} 个。"),
    "finite_number": ("must be a finite number, not {input}.", "必须是有限的数，而不是 {input}。"),
    "list_type": ("must be a list, not {input!r}.", "必须是列表，而不是 {input!r}。"),
    "tuple_type": ("must be a list, not {input!r}.", "必须是列表，而不是 {input!r}。"),
    "dict_type": ("must be a table of settings, not {input!r}.", "必须是一组设置，而不是 {input!r}。"),
    "string_type": ("must be text in quotes, not {input!r}.", "必须是带引号的文字，而不是 {input!r}。"),
    "int_parsing_size": ("is a number that is far too large.", "数值过大。"),
    "extra_forbidden": ("is not known here.", "不存在这一项。"),
    "union_tag_not_found": ("must say its 'kind'.", "必须注明 kind（类型）。"),
    "json_invalid": ("must be valid JSON.", "必须是有效的 JSON。"),
}
_LONGEST_INPUT = 80
"""So much of what was given is repeated in a sentence."""


def said_of(kind: str, context: Mapping[str, Any], given: Any) -> Text | None:
    """What pydantic found, for people; None for a finding that has no sentence here."""
    if kind == "string_pattern_mismatch" and (meaning := meaning_of(str(context.get("pattern")))):
        shown = _shortened(given)
        return Text(f"must be {meaning.en}, not {shown}.", f"必须{meaning.zh}，而不是 {shown}。")
    if (template := MESSAGES.get(kind)) is None:
        return None
    values = {**context, "input": _Shown(given)}
    listed = str(context.get("expected", "")).replace(" or ", " 或 ")
    try:
        return Text(template[0].format(**values), template[1].format(**{**values, "expected": listed}))
    except (KeyError, ValueError, IndexError):
        return None


class _Shown:
    """What was given, as sentences repeat it: as it is, or in quotes, and not all of it if it is long."""

    def __init__(self, given: Any) -> None:
        self._given = given

    def __str__(self) -> str:
        return str(self._given)[:_LONGEST_INPUT]

    def __repr__(self) -> str:
        return _shortened(self._given)


def _shortened(given: Any) -> str:
    shown = repr(given)
    return shown if len(shown) <= _LONGEST_INPUT else f"{shown[: _LONGEST_INPUT - 1]}…"


def _checked(name: str) -> str:
    if fault := name_fault(name):
        raise ValueError(f"{fault.en}|{fault.zh}")
    return name


FileName = Annotated[str, AfterValidator(_checked)]
"""A setting that becomes the name of a file."""


def empty_as_none(values: Mapping[str, Any], model: type[BaseModel]) -> dict[str, Any]:
    """The values for `model`, with None for an empty text where no text belongs: TOML has no word for nothing."""
    read: dict[str, Any] = {}
    for name, value in values.items():
        annotation = field.annotation if (field := model.model_fields.get(name)) else None
        inner = _inner(annotation)
        parts = typing.get_args(annotation)
        if isinstance(value, Mapping) and _is_model(inner):
            nested = cast(Mapping[str, Any], value)
            chosen: Any = _kinds_in(inner).get(str(nested.get("kind"))) or inner
            read[name] = empty_as_none(nested, chosen)
        else:
            read[name] = None if value == "" and types.NoneType in parts and str not in parts else value
    return read


def explain(error: ValidationError, model: type[BaseModel], source: str) -> UserError:
    """The first finding of a failed validation of `model`, as a mistake in `source` (a file or an option)."""
    detail = error.errors(include_url=False)[0]
    path = [part for part in detail["loc"] if not _is_tag(part, model, detail["loc"])]
    key = ".".join(str(part) for part in path)
    said = _say(detail, model, path)
    field = (setting_named(said.en, model, detail["loc"]) if detail["type"] == "value_error" else None) or key or None
    told = Text(f"'{key}' {said.en}", f"“{key}”{said.zh}") if key else said
    return UserError(*(Text(f"{source}: {told.en}", f"{source}：{told.zh}") if source else told), field=field)


def setting_named(sentence: str, model: type[BaseModel], location: Sequence[int | str] = ()) -> str | None:
    """The first setting that a sentence about the table at `location` of `model` names, as `optimizer.lr`; within a
    table, `lr` is enough. None if it names none.
    """
    path = [part for part in location if not _is_tag(part, model, location)]
    for word in re.findall(r"[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)*", sentence):
        parts = word.split(".")
        whole = parts if len(parts) > 1 else [*map(str, path), word]
        if len(whole) > 1 and whole[-1] in _fields_at(model, list(whole[:-1]), location):
            return ".".join(whole)
    return None


def _say(detail: ErrorDetails, model: type[BaseModel], path: Sequence[int | str]) -> Text:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "extra_forbidden":
        near = nearest(str(path[-1]), _fields_at(model, list(path[:-1]), detail["loc"]))
        return Text(f"is not known: {near.en}", f"不存在：{near.zh}")
    if kind == "union_tag_invalid":
        near = nearest(str(context["tag"]), str(context["expected_tags"]).replace("'", "").split(", "))
        return Text(f"has no kind '{context['tag']}': {near.en}", f"没有名为“{context['tag']}”的类型：{near.zh}")
    if kind == "value_error":
        en, _, zh = str(context.get("error", detail["msg"])).partition(SPLIT)
        return Text(f"- {en}" if path else en, (f"——{zh or en}" if path else zh or en))
    if told := said_of(kind, context, detail["input"]):
        return told
    return Text(f"isn't right: {detail['msg']}.", f"不正确：{detail['msg']}。")


def _is_tag(part: int | str, model: type[BaseModel], location: Sequence[int | str]) -> bool:
    """Pydantic puts the kind's name into the path (optimizer.adamw.lr); a reader of the file doesn't see it there."""
    place = list(location).index(part)
    if place == 0 or not isinstance(part, str):
        return False
    field = model.model_fields.get(str(location[place - 1]))
    return place == 1 and field is not None and part in _kinds_in(_inner(field.annotation))


def _kinds_in(annotation: Any) -> dict[str, type[Variant]]:
    if isinstance(annotation, type) and issubclass(annotation, Variant):
        return kinds_of(annotation)
    return {}


def _fields_at(model: type[BaseModel], path: list[int | str], location: Sequence[int | str]) -> list[str]:
    """The names that are known where an unknown one was found."""
    current: Any = model
    for part in path:
        field = current.model_fields.get(part) if _is_model(current) else None
        annotation = _inner(field.annotation) if field else None
        kinds = _kinds_in(annotation)
        current = next((kinds[name] for name in map(str, location) if name in kinds), annotation)
    return list(current.model_fields) if _is_model(current) else []


def _inner(annotation: Any) -> Any:
    """The model inside `Model | None`, `list[Model]` or `dict[str, Model]`."""
    if isinstance(annotation, types.UnionType) or typing.get_origin(annotation) is not None:
        return next((found for part in typing.get_args(annotation) if _is_model(found := _inner(part))), None)
    return annotation


def _is_model(thing: Any) -> bool:
    return isinstance(thing, type) and issubclass(thing, BaseModel)
