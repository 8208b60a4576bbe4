"""kohya's settings that go over one by one, as the tables say."""

from typing import Any, get_args

from pydantic.fields import FieldInfo

from danlu.generation.prompt_options import NEAREST_SAMPLERS
from danlu.interop.kohya.facts.keys import NEEDED, Place
from danlu.interop.kohya.facts.values import Way, sides
from danlu.interop.kohya.incoming.kinds import model_at
from danlu.interop.kohya.incoming.settings import NO_SUCH, OFF, Settings
from danlu.kit.language import Text

_SENSELESS = object()
_ELSEWHERE = {
    "conv_dim": Text(
        "this kind has no convolutions: adapter.kind 'locon' has, with adapter.conv_rank",
        "该类型不训练卷积层；adapter.kind“locon”可以，对应 adapter.conv_rank",
    ),
    "conv_alpha": Text("this kind has no convolutions", "该类型不训练卷积层"),
}


def take_plain(settings: Settings, key: str, place: Place) -> None:
    """Carry a setting over, if the chosen kind has its place and it has an effect there."""
    value = settings.take(key)
    if value is None:
        return
    model, name = model_at(settings, place.path)
    if model is None or name not in model.model_fields:
        if value not in OFF:
            settings.drop(key, value, _ELSEWHERE.get(key, NO_SUCH))
        return
    if not has_effect(settings, key):
        needed = " = ".join(filter(None, (NEEDED[key][0], " / ".join(NEEDED[key][1]))))
        settings.drop(key, value, Text(f"it has no effect without {needed}", f"没有 {needed} 时不起作用"))
        return
    field = model.model_fields[name]
    found = _meaning(settings, field, key, (value, place.way))
    if found is _SENSELESS:
        return
    is_off = not isinstance(found, bool) and found in (None, 0) and key != "seed" and bool(field.metadata)
    if not is_off or (field.default != found and (found == 0 or _may_be_empty(field))):
        settings.put(key, value, place.path, found, reason=_changed(key, value, found))


def _changed(key: str, value: Any, found: Any) -> Text | None:
    """Why a value isn't quite what the file says."""
    if key == "resolution" and len(set(sides(value))) > 1:
        return Text("the square of the same area; buckets have the sides", "面积相同的正方形；具体边长由分桶决定")
    if key == "output_name" and found != value:
        return Text("a file can't be called so", "文件名不能包含这样的字符")
    if key == "sample_sampler" and str(value) in NEAREST_SAMPLERS:
        return Text("Danlu hasn't this sampler: the nearest", "丹炉没有该采样器，改用最接近的")
    return None


def fill_plain(settings: Settings, key: str, place: Place, unsaid: Any) -> None:
    """Write out what a setting is there if nothing is said, where Danlu's own default is another."""
    model, name = model_at(settings, place.path)
    if model is None or name not in model.model_fields or not has_effect(settings, key):
        return
    field = model.model_fields[name]
    found = _meaning(settings, field, key, (unsaid, place.way))
    if found != field.get_default() and (found is not None or _may_be_empty(field)):
        fill(settings, key, place.path, found)


def fill(settings: Settings, key: str, place: str, found: Any) -> None:
    """Write out what isn't said, unless the recipe says something there already."""
    *tables, last = place.split(".")
    table: Any = settings.recipe
    for name in tables:
        table = table.get(name, {})
    if last not in table:
        settings.put(key, None, place, found)


def _meaning(settings: Settings, field: FieldInfo, key: str, said: tuple[Any, Way]) -> Any:
    """What a value says in the recipe, `_SENSELESS` if nothing. kohya's 0 means off: a number where 0 is one, else an
    empty setting.
    """
    found = settings.meaning(key, said[0], said[1].read, _SENSELESS)
    if not isinstance(found, bool) and found == 0 and key != "seed" and field.metadata:
        return 0 if any(getattr(rule, "ge", None) == 0 for rule in field.metadata) else None
    return found


def _may_be_empty(field: FieldInfo) -> bool:
    """Whether a field takes None."""
    return type(None) in get_args(field.annotation)


def has_effect(settings: Settings, key: str) -> bool:
    """Whether the recipe has, so far, what a setting needs to have an effect."""
    if key not in NEEDED:
        return True
    place, values = NEEDED[key]
    found: Any = settings.recipe
    for name in place.split("."):
        found = found.get(name, {})
    return found in values if values else bool(found)
