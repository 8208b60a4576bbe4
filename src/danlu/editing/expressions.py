"""Expressions over tags: `smile AND NOT (glasses OR *hat)`.

    expression = conjunction { OR conjunction }
    conjunction = negation { AND negation }
    negation = NOT negation | ( expression ) | tag
    tag = words, which may have blanks between them, or "text in quotes"

AND, OR and NOT count in any case; a tag that is called like one of them, or that has brackets, is written in quotes. A
`*` in a tag stands for anything.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple, NoReturn

from danlu.editing.patterns import occurs
from danlu.kit.errors import UserError
from danlu.kit.language import Text

_TOKEN = re.compile(r"""\s*(?:(?P<sign>[()])|(?P<quoted>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?P<word>[^\s()]+))""")
_OPERATORS = frozenset({"AND", "OR", "NOT"})
_NO_OPERATOR = Text(
    "AND or OR is missing before this (a tag that has brackets needs quotes)",
    "此处之前缺少 AND 或 OR（含括号的标签请加引号）",
)


@dataclass(frozen=True)
class Has:
    """There is a tag of this name, or a sentence with these words."""

    pattern: str

    def holds(self, tags: Collection[str]) -> bool:
        """Whether it is true of a picture with these tags and sentences."""
        return any(occurs(self.pattern, tag) for tag in tags)


@dataclass(frozen=True)
class Not:
    """Its part isn't true."""

    part: "Expression"

    def holds(self, tags: Collection[str]) -> bool:
        """Whether it is true of a picture with these tags and sentences."""
        return not self.part.holds(tags)


@dataclass(frozen=True)
class And:
    """All of its parts are true."""

    parts: "tuple[Expression, ...]"

    def holds(self, tags: Collection[str]) -> bool:
        """Whether it is true of a picture with these tags and sentences."""
        return all(part.holds(tags) for part in self.parts)


@dataclass(frozen=True)
class Or:
    """At least one of its parts is true."""

    parts: "tuple[Expression, ...]"

    def holds(self, tags: Collection[str]) -> bool:
        """Whether it is true of a picture with these tags and sentences."""
        return any(part.holds(tags) for part in self.parts)


Expression = Has | Not | And | Or


def parse_expression(text: str) -> Expression:
    """Read an expression. Raises `UserError` that shows the place where it can't be understood."""
    return _Parser(text).parse()


class _Token(NamedTuple):
    kind: str
    """"(", ")", "AND", "OR", "NOT", "tag", or "" at the end."""
    value: str
    begin: int


class _Parser:
    """Reads tokens from left to right; each method reads one rule of the grammar."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = _tokens(text)
        self.at = 0

    @property
    def token(self) -> _Token:
        return self.tokens[self.at]

    def parse(self) -> Expression:
        found = self.expression()
        if self.token.kind == ")":
            self.refuse(Text("this bracket was never opened", "这个括号没有对应的左括号"))
        if self.token.kind:
            self.refuse(_NO_OPERATOR)
        return found

    def expression(self) -> Expression:
        parts = [self.conjunction()]
        while self.take("OR"):
            parts.append(self.conjunction())
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def conjunction(self) -> Expression:
        parts = [self.negation()]
        while self.take("AND"):
            parts.append(self.negation())
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def negation(self) -> Expression:
        if self.take("NOT"):
            return Not(self.negation())
        opened = self.token
        if self.take("("):
            inner = self.expression()
            if not self.take(")"):
                if self.token.kind:
                    self.refuse(_NO_OPERATOR)
                self.refuse(Text("this bracket is never closed", "这个括号没有闭合"), opened)
            return inner
        if self.token.kind != "tag" or not self.token.value.strip():
            self.refuse(Text("a tag is missing here", "此处缺少标签"))
        return Has(self.next().value)

    def take(self, kind: str) -> bool:
        """Go on if the next token is of this kind."""
        if self.token.kind != kind:
            return False
        self.at += 1
        return True

    def next(self) -> _Token:
        self.at += 1
        return self.tokens[self.at - 1]

    def refuse(self, why: Text, token: _Token | None = None) -> NoReturn:
        refuse_at(self.text, (token or self.token).begin, why)


def refuse_at(text: str, place: int, why: Text) -> NoReturn:
    """Raise the `UserError` for a mistake at one place of an expression."""
    shown = f"{text[:place]}▶{text[place:]}"
    raise UserError(
        f"The expression can't be understood at ▶ (character {place + 1}), {why.en}: {shown}",
        f"无法理解表达式（▶ 处，第 {place + 1} 个字符）：{why.zh}：{shown}",
    )


def _tokens(text: str) -> list[_Token]:
    """The tokens of a text; bare words that follow each other are one tag."""
    tokens: list[_Token] = []
    bare = False
    for found in _TOKEN.finditer(text.rstrip()):
        begin = found.start(found.lastgroup or 0)
        if word := found["word"]:
            if word[0] in "\"'":
                refuse_at(text, begin, Text("this quote is never closed", "这个引号没有闭合"))
            if comma := re.search("[,，]", word):
                why = Text("a comma has no meaning here, write AND or OR instead", "此处不能用逗号，请写 AND 或 OR")
                refuse_at(text, begin + comma.start(), why)
            if word.upper() in _OPERATORS:
                tokens.append(_Token(word.upper(), word, begin))
            elif bare:
                tokens[-1] = tokens[-1]._replace(value=f"{tokens[-1].value} {word}")
            else:
                tokens.append(_Token("tag", word, begin))
            bare = word.upper() not in _OPERATORS
            continue
        bare = False
        if quoted := found["quoted"]:
            tokens.append(_Token("tag", re.sub(r"\\([\"'\\])", r"\1", quoted[1:-1]), begin))
        else:
            tokens.append(_Token(found["sign"], found["sign"], begin))
    return [*tokens, _Token("", "", len(text.rstrip()))]
