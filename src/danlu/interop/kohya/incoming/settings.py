"""Another program's settings, taken one by one, and what became of each: its place in the recipe, or why not."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from danlu.interop.kohya.facts.values import number
from danlu.kit.language import Text

UNSET = (None, "", [], {})
OFF = (False, 0, "0", "false", "none", "None")
NO_SUCH = Text("Danlu has no such setting", "丹炉没有该设置")
T = TypeVar("T")


@dataclass(frozen=True)
class Fate:
    """What became of one setting: the place in the recipe, the reason why it has none, or both where another value had
    to be taken.
    """

    key: str
    value: Any
    place: str = ""
    reason: Text | None = None
    found: Any = None
    """What the recipe says there."""
    is_unsaid: bool = False
    """Whether the file doesn't hold it: what kohya does by itself."""

    @property
    def is_changed(self) -> bool:
        """Whether the recipe says something else than the file did."""
        return bool(self.place) and self.reason is not None


@dataclass
class Settings:
    """Another program's settings, and what became of those that were looked at."""

    values: dict[str, Any]
    given: frozenset[str] = frozenset()
    """What the file holds, by its own names."""
    implied: set[str] = field(default_factory=set[str])
    """What it doesn't hold, but means."""
    folder: Path | None = None
    """Where the file lies, beside which others may; None if what it names isn't opened, being another machine's.
    """
    family: str | None = None
    """The base's family, where somebody told it."""
    recipe: dict[str, Any] = field(default_factory=dict[str, Any])
    fates: list[Fate] = field(default_factory=list[Fate])

    def take(self, key: str) -> Any:
        """A setting's value, or None if it isn't set; it is then taken care of."""
        value = self.values.pop(key, None)
        return None if value in UNSET else value

    def number(self, key: str) -> float | None:
        """A setting that is a number, or None if it isn't set, isn't one (told), or 0, kohya's word for off."""
        value = self.take(key)
        return None if value is None else (self.meaning(key, value, number, None) or None)

    def meaning(self, key: str, value: Any, reader: Callable[[Any], T], otherwise: T) -> T:
        """What a value says; `otherwise` where it makes no sense, which is told."""
        try:
            return reader(value)
        except (ValueError, KeyError, TypeError, OverflowError, AttributeError):
            self.drop(key, value, Text("this value makes no sense to Danlu", "丹炉无法理解这个值"))
            return otherwise

    def put(self, key: str, value: Any, place: str, found: Any, *, reason: Text | None = None) -> None:
        """Carry a setting over; with a reason if `found` isn't quite what it says."""
        table = self.recipe
        *tables, last = place.split(".")
        for name in tables:
            table = table.setdefault(name, {})
        table[last] = found
        value = None if key in self.implied else value
        self.fates.append(Fate(key, value, place, reason, found, is_unsaid=value is None))

    def drop(self, key: str, value: Any, reason: Text, *, is_unsaid: bool = False) -> None:
        """Say why a setting isn't carried over."""
        self.fates.append(Fate(key, value, reason=reason, is_unsaid=is_unsaid))
