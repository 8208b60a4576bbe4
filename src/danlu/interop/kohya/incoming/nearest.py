"""The nearest recipe to what the settings say: a value that a recipe can't hold is clipped to its limits or taken out,
and told. One value never costs the whole file.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, cast

from pydantic.fields import FieldInfo

from danlu.datasets.buckets import BucketConfig, sizes_for
from danlu.families.base import BaseFacts
from danlu.families.find import find_base, require_clip_skip
from danlu.interop.kohya.incoming.kinds import model_at
from danlu.interop.kohya.incoming.settings import Fate, Settings
from danlu.kit.errors import UserError
from danlu.kit.language import Text
from danlu.recipe import Recipe, parse_recipe

_OPEN = 0.9999
"""How near a value comes to a limit that it must not reach."""


STEPS = {"sdxl": 32}
"""What sides of buckets must be multiples of, by family; 64 for the others."""


def settle(settings: Settings, family: str | None) -> Recipe:
    """The recipe, with what it can't hold mended and told in `settings`; `family` is its base's, if known."""
    _order_sides(settings)
    facts = _facts(settings)
    if facts is None:
        _fit_step(settings, STEPS.get(family or "sdxl", 64))
    recipe = _until_it_fits(settings, lambda: parse_recipe(settings.recipe, ""))
    return _until_it_fits(settings, lambda: _fitting(settings, facts)) if facts is not None else recipe


def _facts(settings: Settings) -> BaseFacts | None:
    """Of the base that the settings name, if it is here."""
    base = settings.recipe.get("base", {}).get("path")
    if base and settings.folder is not None:
        with suppress(UserError):
            return find_base(base)[1]
    return None


def _fitting(settings: Settings, facts: BaseFacts) -> Recipe:
    """The recipe. Raises `UserError` naming the setting that its base can't take."""
    recipe = parse_recipe(settings.recipe, "")
    _ask(sizes_for, recipe.dataset.buckets, facts)
    try:
        require_clip_skip(facts, recipe.base.clip_skip)
    except UserError as error:
        raise UserError(error.text.en, error.text.zh, field="base.clip_skip") from error
    return recipe


def _ask(check: Callable[..., Any], buckets: BucketConfig, facts: BaseFacts) -> None:
    check(buckets, native_px=facts.native_px, step_px=facts.step_px)


def _until_it_fits(settings: Settings, make: Callable[[], Recipe]) -> Recipe:
    while True:
        try:
            return make()
        except UserError as error:
            if error.field is None or not _give_way(settings, error.field, error.text):
                raise


def _give_way(settings: Settings, place: str, reason: Text, *, clips: bool = True) -> bool:
    """Clip or take out the value at a place; whether there was one."""
    *tables, last = place.split(".")
    table: Any = settings.recipe
    for name in tables:
        table = table.get(name) if isinstance(table, Mapping) else None
    if not isinstance(table, dict) or last not in table:
        return False
    values = cast("dict[str, Any]", table)
    value = values.pop(last)
    model, name = model_at(settings, place)
    clipped = clip(model.model_fields[name], value) if clips and model and name in model.model_fields else value
    kept = clipped != value
    if kept:
        values[last] = clipped
    told = [
        _mended(fate, clipped if kept else None, reason) if fate.place == place else fate for fate in settings.fates
    ]
    settings.fates = [fate for fate in told if fate is not None]
    return True


def _mended(fate: Fate, found: Any, reason: Text) -> Fate | None:
    """What became of a setting whose place was clipped to `found`, or emptied; None if the file didn't hold it."""
    if found is not None:
        return replace(fate, found=found, reason=reason)
    return None if fate.is_unsaid else replace(fate, place="", found=None, reason=reason)


def clip(field: FieldInfo, value: Any) -> Any:
    """A number within the limits of a field; anything else as it is."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return value
    found: float = value
    for rule in field.metadata:
        least, above = getattr(rule, "ge", None), getattr(rule, "gt", None)
        most, below = getattr(rule, "le", None), getattr(rule, "lt", None)
        found = max(found, least) if least is not None else found
        found = min(found, most) if most is not None else found
        found = min(found, below * _OPEN) if below is not None else found
        if above is not None and found <= above:
            return value  # nothing is nearest to what must be more than it
    return type(value)(found)


def _fit_step(settings: Settings, multiple_px: int) -> None:
    """Buckets' steps that no base of the family can take leave the choice to the base."""
    step = settings.recipe.get("dataset", {}).get("buckets", {}).get("step")
    if isinstance(step, int) and step % multiple_px:
        reason = Text(
            f"sides must be multiples of {multiple_px}: the base's own step is taken",
            f"边长须为 {multiple_px} 的倍数：采用底模自身的步长",
        )
        _give_way(settings, "dataset.buckets.step", reason, clips=False)


def _order_sides(settings: Settings) -> None:
    """Buckets' limits that the resolution lies outside of, which sd-scripts refuses too, are left out."""
    buckets = settings.recipe.get("dataset", {}).get("buckets", {})
    side = buckets.get("resolution")
    for name, wrong in (("smallest", lambda limit: limit > side), ("largest", lambda limit: limit < side)):
        if side and isinstance(buckets.get(name), int) and wrong(buckets[name]):
            reason = Text(f"the resolution {side} lies outside of it", f"分辨率 {side} 在此范围之外")
            _give_way(settings, f"dataset.buckets.{name}", reason)
