"""What follows from a tag: tags that it implies ("very long hair" is "long hair"), and the usual spelling of others.

The program's own rules are few and made by hand (`rules.toml`). A dataset may have more in `danlu-tags.toml` at its
root, which go before them:

    [implies]                                    [aliases]
    "red qipao" = ["china dress", "red dress"]   cheongsam = "china dress"
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from danlu.datasets.wildcards import all_options
from danlu.editing.patterns import key_of
from danlu.kit.errors import UserError
from danlu.kit.parsing import parse_toml

OWN_RULES = "danlu-tags.toml"


class _RulesFile(BaseModel):
    """What a file of rules may hold."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    implies: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    aliases: dict[str, str] = Field(default_factory=dict)


@dataclass(frozen=True)
class Rules:
    """What follows from tags, by their keys (see `patterns.key_of`)."""

    implies: Mapping[str, tuple[str, ...]]
    """All that a tag implies, also by way of others; nearest first."""
    aliases: Mapping[str, str]
    """The usual spelling of a tag."""

    def implied_by(self, tag: str) -> tuple[str, ...]:
        """The tags that a tag implies, as captions spell them."""
        return self.implies.get(key_of(tag), ())

    def spelled(self, tag: str) -> str:
        """A tag in its usual spelling."""
        return self.aliases.get(key_of(tag), tag)


def read_rules(root: Path | None = None) -> Rules:
    """The program's rules, and before them those of the dataset at `root`.

    Raises `UserError` naming the dataset's file if it isn't valid, or if a tag would imply itself.
    """
    shipped = _shipped()
    own = _read(root / OWN_RULES) if root and (root / OWN_RULES).exists() else _RulesFile()
    direct = {**shipped.implies, **own.implies}
    renamed = {key: (name,) for key, name in {**shipped.aliases, **own.aliases}.items()}
    for rules in (direct, renamed):
        _require_no_circle(rules, root / OWN_RULES if root else Path(OWN_RULES))
    return Rules(
        {key: tuple(_reach(key, direct)) for key in direct},
        {key: _reach(key, renamed)[-1] for key in renamed},
    )


@cache
def _shipped() -> _RulesFile:
    return _read(Path(__file__).with_name("rules.toml"))


def _read(path: Path) -> _RulesFile:
    """A file of rules, options of {a|b} written out, by keys."""
    try:
        read = _RulesFile.model_validate(parse_toml(path.read_text(encoding="utf-8-sig")))
    except ValidationError as error:
        where = ".".join(str(place) for place in error.errors()[0]["loc"])
        raise UserError(
            f"'{path}': '{where}' won't do. It takes [implies] with lines such as \"very long hair\" = [\"long hair\"] "
            'and [aliases] with lines such as longhair = "long hair".',
            f'“{path}”：“{where}”不可用。请写 [implies]（如 "very long hair" = ["long hair"]）'
            '和 [aliases]（如 longhair = "long hair"）。',
        ) from error
    except ValueError as error:
        raise UserError(
            f"'{path}' isn't valid TOML ({error}): correct or delete it.",
            f"“{path}”不是有效的 TOML（{error}）：请修正或删除。",
        ) from error
    implies: dict[str, tuple[str, ...]] = {}
    for names, implied in read.implies.items():
        for key in map(key_of, all_options(names)):
            implies[key] = (*implies.get(key, ()), *implied)
    aliases = {key_of(name): usual for names, usual in read.aliases.items() for name in all_options(names)}
    return _RulesFile(implies=implies, aliases=aliases)


def _reach(key: str, direct: Mapping[str, Iterable[str]]) -> list[str]:
    """All that a tag implies, nearest first."""
    reached: dict[str, str] = {}
    ahead = list(direct.get(key, ()))
    while ahead:
        name = ahead.pop(0)
        if key_of(name) not in reached:
            reached[key_of(name)] = name
            ahead += direct.get(key_of(name), ())
    return list(reached.values())


def _require_no_circle(direct: Mapping[str, Iterable[str]], where: Path) -> None:
    for key in direct:
        if key in map(key_of, _reach(key, direct)):
            raise UserError(
                f"By the rules in '{where}', '{key}' would follow from itself: take one of the rules out.",
                f"按“{where}”中的规则，“{key}”会由自身推出：请删去其中一条规则。",
            )
