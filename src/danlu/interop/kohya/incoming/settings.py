"""Another program's settings, taken one by one, and what became of each: its place in the recipe, or why not."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from danlu.interop.kohya.facts.values import number
from danlu.kit.errors import UserError
from danlu.kit.language import Text

UNSET = (None, "", [], {})
OFF = (False, 0, "0", "false", "none", "None")


@dataclass(frozen=True)
class Fate:
    """What became of one setting: the place in the recipe, or the reason why it has none."""

    key: str
    value: Any
    place: str = ""
    reason: Text | None = None


@dataclass
class Settings:
    """Another program's settings, and what became of those that were looked at."""

    values: dict[str, Any]
    opens_files: bool = True
    """Whether files that a setting names are read: those of somebody else's machine aren't ours."""
    recipe: dict[str, Any] = field(default_factory=dict[str, Any])
    fates: list[Fate] = field(default_factory=list[Fate])

    def take(self, key: str) -> Any:
        """A setting's value, or None if it isn't set; it is then taken care of."""
        value = self.values.pop(key, None)
        return None if value in UNSET else value

    def number(self, key: str) -> float | None:
        """A setting that is a number, or None if it isn't set or 0, kohya's word for off."""
        value = self.take(key)
        return None if value is None else (read(key, value, number) or None)

    def put(self, key: str, value: Any, place: str, found: Any) -> None:
        """Carry a setting over."""
        table = self.recipe
        *tables, last = place.split(".")
        for name in tables:
            table = table.setdefault(name, {})
        table[last] = found
        self.fates.append(Fate(key, value, place))

    def drop(self, key: str, value: Any, reason: Text) -> None:
        """Say why a setting isn't carried over."""
        self.fates.append(Fate(key, value, reason=reason))


def read(key: str, value: Any, reader: Callable[[Any], Any]) -> Any:
    """A value by its reader. Raises `UserError` naming the setting if it makes no sense."""
    try:
        return reader(value)
    except (ValueError, KeyError, TypeError, OverflowError) as error:
        raise UserError(
            f"{key} = {value!r} isn't understood: correct it in the file, or remove it.",
            f"无法理解 {key} = {value!r}：请在文件中修正或删去。",
        ) from error
