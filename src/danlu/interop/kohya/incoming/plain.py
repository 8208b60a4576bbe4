"""kohya's settings that go over one by one, as the tables say."""

from typing import Any, get_args

from pydantic.fields import FieldInfo

from danlu.interop.kohya.facts.keys import NEEDED, Place
from danlu.interop.kohya.incoming.kinds import model_at
from danlu.interop.kohya.incoming.settings import OFF, Settings, read
from danlu.kit.language import Text


def take_plain(settings: Settings, key: str, place: Place) -> None:
    """Carry a setting over, if the chosen kind has its place and it has an effect there."""
    value = settings.take(key)
    if value is None:
        return
    model, name = model_at(settings, place.path)
    if model is None or name not in model.model_fields:
        if value not in OFF:
            settings.drop(key, value, Text("this version has no such setting", "当前版本没有该设置"))
        return
    if not has_effect(settings, key):
        needed = " = ".join(filter(None, (NEEDED[key][0], " / ".join(NEEDED[key][1]))))
        settings.drop(key, value, Text(f"it has no effect without {needed}", f"没有 {needed} 时不起作用"))
        return
    field = model.model_fields[name]
    found = _meaning(field, key, value, place)
    is_off = not isinstance(found, bool) and found in (None, 0) and key != "seed" and bool(field.metadata)
    if not is_off or (field.default != found and (found == 0 or _may_be_empty(field))):
        settings.put(key, value, place.path, found)


def fill_plain(settings: Settings, key: str, place: Place, unsaid: Any) -> None:
    """Write out what a setting is there if nothing is said, where Danlu's own default is another."""
    model, name = model_at(settings, place.path)
    if model is None or name not in model.model_fields or not has_effect(settings, key):
        return
    field = model.model_fields[name]
    found = _meaning(field, key, unsaid, place)
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


def _meaning(field: FieldInfo, key: str, value: Any, place: Place) -> Any:
    """What a value says in the recipe. kohya's 0 means off: a number where 0 is one, else an empty setting."""
    found = read(key, value, place.way.read)
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
