"""A recipe as settings of sd-scripts: the way back of `incoming`.

A recipe, its base's facts and its dataset go in; arguments by sd-scripts' names come out, and for everything that isn't
carried over, or not exactly, the place in the recipe and the reason. What sd-scripts would do otherwise by its own
defaults is written out.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from danlu.datasets.pictures import Dataset
from danlu.families.base import BaseFacts
from danlu.interop.kohya.facts.defaults import OF_OPTIMIZERS
from danlu.interop.kohya.facts.keys import ARGUMENTS, DATASET_CONFIG, NEEDED, NETWORK_ARGS, OPTIMIZER_ARGS, Place
from danlu.interop.kohya.facts.reasons import NO_EQUAL, TOLD_ALWAYS, UNCARRIED
from danlu.kit.language import Text
from danlu.kit.variants import kind_name
from danlu.recipe import Recipe

NOTHING = (None, "", False, 0)


@dataclass(frozen=True)
class Untold:
    """A place of the recipe that kohya's settings don't say, or not exactly, and why."""

    place: str
    value: Any
    reason: Text


@dataclass
class Export:
    """The settings as they are gathered: where each comes from, and what is left behind."""

    recipe: Recipe
    facts: BaseFacts
    dataset: Dataset
    arguments: dict[str, Any] = field(default_factory=dict[str, Any])
    network_args: dict[str, Any] = field(default_factory=dict[str, Any])
    optimizer_args: dict[str, Any] = field(default_factory=dict[str, Any])
    dataset_config: dict[str, Any] = field(default_factory=dict[str, Any])
    subsets: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    prompts: str = ""
    untold: list[Untold] = field(default_factory=list[Untold])
    done: set[str] = field(default_factory=set[str])
    """Places of the recipe that are taken care of."""

    def tell(self, place: str, reason: Text, value: Any = None) -> None:
        """Say that a place isn't carried over, or not exactly."""
        self.done.add(place)
        self.untold.append(Untold(place, str(self.at(place)) if value is None else value, reason))

    def at(self, place: str) -> Any:
        """What the recipe says at a place; None if the chosen kind has none such."""
        found: Any = self.recipe
        for name in place.split("."):
            found = getattr(found, name, None)
        return found

    def has(self, place: str) -> bool:
        """Whether the chosen kind has such a place."""
        table, _, name = place.rpartition(".")
        model: Any = self.at(table) if table else self.recipe
        return name in type(model).model_fields

    @property
    def unsaid(self) -> dict[str, Any]:
        """What the optimizer's library does there if nothing is said, by place."""
        library = OF_OPTIMIZERS[kind_name(type(self.recipe.optimizer))]
        return {f"optimizer.{name}": value for name, value in library.items()}

    def put_rows(self, rows: Mapping[str, Place], into: dict[str, Any]) -> None:
        """Carry over what the tables say, where it isn't taken care of yet, isn't off and has an effect."""
        for key, (place, way) in rows.items():
            if place in self.done or not self.has(place) or not self._has_effect(key):
                continue
            self.done.add(place)
            value, default = way.write(self.at(place)), _default(self, place)
            unsaid = self.unsaid.get(place)
            is_off = value in NOTHING and default in NOTHING and default is not None and unsaid in NOTHING
            if value is None or (is_off and key != "seed"):
                continue
            into[key] = value

    def put_all_rows(self) -> None:
        """All tables, after those who know better have had their say."""
        self.put_rows(ARGUMENTS, self.arguments)
        self.put_rows(DATASET_CONFIG, self.dataset_config)
        self.put_rows(NETWORK_ARGS, self.network_args)
        self.put_rows(OPTIMIZER_ARGS, self.optimizer_args)

    def tell_rest(self) -> None:
        """What is left and says something."""
        for place, value, default in _leaves(self.recipe, ""):
            if place not in self.done and (value != default or place in TOLD_ALWAYS):
                self.tell(place, UNCARRIED.get(place, NO_EQUAL))

    def _has_effect(self, key: str) -> bool:
        if key not in NEEDED:
            return True
        place, values = NEEDED[key]
        found = self.at(place)
        return found in values if values else found not in (*NOTHING, "0 steps", "0%")


def _default(export: Export, place: str) -> Any:
    table, _, name = place.rpartition(".")
    model: Any = export.at(table) if table else export.recipe
    default = type(model).model_fields[name].get_default()
    return 0 if default == "0 steps" else default


def _leaves(model: BaseModel, above: str) -> Iterator[tuple[str, Any, Any]]:
    """Every place of a recipe with its value and its default."""
    for name, one in type(model).model_fields.items():
        value = getattr(model, name)
        if isinstance(value, BaseModel):
            yield from _leaves(value, f"{above}{name}.")
        elif name not in ("kind", "version"):
            yield f"{above}{name}", value, one.get_default()
