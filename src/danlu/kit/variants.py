"""A choice made by name: a `kinds` folder of modules, one kind per module, no list to keep.

The class of a choice (say `Optimizer`) lives in `optimizers/base.py`, its kinds in `optimizers/kinds/*.py`. A field
`optimizer: Chosen[Optimizer]` accepts any of them by its `kind`; type checkers see `Optimizer`.
Kinds must be importable without torch: they import heavy libraries inside the methods that need them.
"""

import importlib
import inspect
import pkgutil
from functools import cache
from typing import Annotated, Any, TypeVar, Union, cast

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema


class Variant(BaseModel):
    """Base of every choice; a kind adds `kind: Literal["name"]` and its own settings."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


V = TypeVar("V", bound=Variant)


def kinds_of(family: type[V]) -> dict[str, type[V]]:
    """The kinds of a choice by name: every concrete subclass found in the `kinds` folder beside its module."""
    return cast(dict[str, type[V]], _discover(family))


@cache
def _discover(family: type[Variant]) -> dict[str, type[Variant]]:
    package = importlib.import_module(f"{family.__module__.rpartition('.')[0]}.kinds")
    kinds: dict[str, type[Variant]] = {}
    for module in pkgutil.iter_modules(package.__path__):
        found = importlib.import_module(f"{package.__name__}.{module.name}")
        for member in vars(found).values():
            if inspect.isclass(member) and issubclass(member, family) and member.__module__ == found.__name__:
                kinds[kind_name(member)] = member
    return kinds


def kind_name(variant: type[Variant]) -> str:
    """The value of a kind's `kind` field."""
    return str(variant.model_fields["kind"].default)


class _OneOfTheKinds:
    """Pydantic's view of `Chosen[F]`: a union of the kinds of F, told apart by `kind`."""

    def __get_pydantic_core_schema__(self, family: type[Variant], handler: GetCoreSchemaHandler) -> CoreSchema:
        kinds: Any = tuple(kinds_of(family).values())
        return handler.generate_schema(Annotated[Union[kinds], Field(discriminator="kind")])  # noqa: UP007


Chosen = Annotated[V, _OneOfTheKinds()]
