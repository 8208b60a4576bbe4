"""A folder of kinds is the list of choices."""

from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from danlu.adapters.base import Adapter
from danlu.families.base import Family
from danlu.kit.variants import Chosen, Variant, kind_name, kinds_of
from danlu.optimizers.base import Optimizer
from danlu.tagging.base import Tagger

CHOICES: list[type[Variant]] = [Adapter, Family, Optimizer, Tagger]


class Holder(BaseModel):
    optimizer: Chosen[Optimizer]


@pytest.mark.parametrize("choice", CHOICES)
def test_each_kind_is_named_as_its_module(choice: type[Any]) -> None:
    kinds = kinds_of(choice)
    assert kinds
    for name, kind in kinds.items():
        assert kind.__module__.rpartition(".")[2] == name == kind_name(kind)


@pytest.mark.parametrize("choice", [Adapter, Optimizer])
def test_what_a_recipe_offers_is_documented_in_both_languages(choice: type[Any]) -> None:
    for name, kind in kinds_of(choice).items():
        assert kind.__doc__ and "中文:" in kind.__doc__
        for field, about in kind.model_fields.items():
            assert field == "kind" or (about.description and "中文:" in about.description), f"{name}.{field}"


@pytest.mark.parametrize("name", list(kinds_of(Optimizer)))
def test_a_kind_is_chosen_by_name_and_round_trips(name: str) -> None:
    holder = Holder.model_validate({"optimizer": {"kind": name}})
    assert isinstance(holder.optimizer, kinds_of(Optimizer)[name])
    assert Holder.model_validate_json(holder.model_dump_json()) == holder


def test_an_unknown_kind_and_an_unknown_setting_are_refused() -> None:
    with pytest.raises(ValidationError, match="does not match any"):
        Holder.model_validate({"optimizer": {"kind": "sgdd"}})
    with pytest.raises(ValidationError, match="Extra inputs"):
        Holder.model_validate({"optimizer": {"kind": "adamw", "momentumm": 1}})
