"""How commands speak: options, arguments and help pages in whichever language is on when they are read.

Each option carries a `Text`, each command's docstring its Chinese after a `中文:` line; nothing is chosen at import, so
that one process can show both.
"""

import shutil
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, TypeVar

import click

from danlu.kit.language import Text, both, pick

F = TypeVar("F", bound=Callable[..., Any])
WIDEST = 100
JSON_HELP = Text("Print the result as JSON, for programs.", "以 JSON 输出结果，供程序读取。")


class Example(NamedTuple):
    """A command line to copy, and what it does."""

    line: str
    text: Text


class SpokenOption(click.Option):
    """An option with its help in both languages."""

    def __init__(self, *declarations: Any, text: Text, **attributes: Any) -> None:
        super().__init__(*declarations, **attributes)
        self.text = text


class SpokenArgument(click.Argument):
    """An argument with its help in both languages."""

    def __init__(self, *declarations: Any, text: Text, **attributes: Any) -> None:
        super().__init__(*declarations, **attributes)
        self.text = text


class SpokenCommand(click.Command):
    """A command whose help page is written from its docstring, its parameters and its examples."""

    examples: Sequence[Example] = ()

    def get_help(self, ctx: click.Context) -> str:
        """The help page in the language that is on."""
        return help_page(self, ctx)


class SpokenGroup(click.Group):
    """The program itself, or commands that belong together: the list of its commands is its help page."""

    examples: Sequence[Example] = ()

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Commands in the order in which they were added, which is the order of the work."""
        return list(self.commands)

    def get_help(self, ctx: click.Context) -> str:
        """The help page in the language that is on."""
        return help_page(self, ctx)


def command(
    name: str, *examples: Example, cls: type[SpokenCommand] = SpokenCommand
) -> Callable[[Callable[..., Any]], SpokenCommand]:
    """Make a command of a function; its docstring is the help, the examples are shown below it."""

    def make(function: Callable[..., Any]) -> SpokenCommand:
        made = click.command(name, cls=cls, add_help_option=False)(function)
        made.params.append(_help_option())
        made.help = function.__doc__
        made.examples = examples
        return made

    return make


def group(name: str, *commands: click.Command, docstring: str, examples: Sequence[Example]) -> SpokenGroup:
    """Commands under one name; without one of them the help page is shown."""

    @click.group(name, cls=SpokenGroup, invoke_without_command=True, add_help_option=False, help=docstring)
    @click.pass_context
    def made(ctx: click.Context) -> None:
        if ctx.invoked_subcommand is None:
            click.echo(ctx.get_help())

    made.params.append(_help_option())
    made.examples = examples
    for one in commands:
        made.add_command(one)
    return made


def commands_in(above: SpokenGroup, *names: str) -> list[tuple[tuple[str, ...], SpokenCommand | SpokenGroup]]:
    """Every command of a group with its words, also of the groups within."""
    found: list[tuple[tuple[str, ...], SpokenCommand | SpokenGroup]] = []
    for name, one in above.commands.items():
        assert isinstance(one, SpokenCommand | SpokenGroup)
        found.append(((*names, name), one))
        if isinstance(one, SpokenGroup):
            found += commands_in(one, *names, name)
    return found


def option(*names: str, text: Text, **attributes: Any) -> Callable[[F], F]:
    """Like `click.option`, with the help in both languages."""
    return click.option(*names, cls=SpokenOption, text=text, **attributes)


def argument(name: str, *, text: Text, **attributes: Any) -> Callable[[F], F]:
    """Like `click.argument`, with a help text in both languages."""
    return click.argument(name, cls=SpokenArgument, text=text, **attributes)


def _help_option() -> SpokenOption:
    def show(ctx: click.Context, _param: click.Parameter, asked: bool) -> None:
        if asked and not ctx.resilient_parsing:
            click.echo(ctx.get_help())
            ctx.exit()

    text = Text("Show this page.", "显示本页。")
    return SpokenOption(["--help"], text=text, is_flag=True, is_eager=True, expose_value=False, callback=show)


# ---------------------------------------------------------------- the help page


def help_page(spoken: click.Command, ctx: click.Context, width: int | None = None) -> str:
    """Usage, description, arguments, options or commands, examples; lines at most `width` cells wide."""
    width = width or min(WIDEST, max(60, shutil.get_terminal_size().columns))
    usage = " ".join([ctx.command_path, *spoken.collect_usage_pieces(ctx)])
    parts = [f"{_heading('Usage', '用法')}{pick(' ', '')}{usage}", "", *_paragraphs(str(both(spoken.help)), width)]
    arguments = [param for param in spoken.params if isinstance(param, SpokenArgument)]
    options = [param for param in spoken.params if isinstance(param, SpokenOption)]
    parts += _section(_heading("Arguments", "参数"), ((_name_of(one, ctx), str(one.text)) for one in arguments), width)
    if isinstance(spoken, click.Group):
        rows = ((name, _first_line(one)) for name, one in spoken.commands.items())
        parts += _section(_heading("Commands", "命令"), rows, width)
    parts += _section(_heading("Options", "选项"), (_option_row(one, ctx) for one in options), width)
    examples: Sequence[Example] = getattr(spoken, "examples", ())
    if examples:
        parts += ["", _heading("Examples", "示例")]
        for line, text in examples:
            parts += [f"  # {text}", f"  {line}"]
    return "\n".join(parts)


def _heading(en: str, zh: str) -> str:
    return click.style(pick(f"{en}:", f"{zh}："), bold=True)


def _first_line(spoken: click.Command) -> str:
    return _joined(str(both(spoken.help)).split("\n\n")[0].splitlines())


def _name_of(argument: SpokenArgument, ctx: click.Context) -> str:
    return argument.make_metavar(ctx)


def _option_row(option: SpokenOption, ctx: click.Context) -> tuple[str, str]:
    names = ", ".join(option.opts)
    if option.secondary_opts:
        names += " / " + ", ".join(option.secondary_opts)
    if not option.is_flag:
        names += f" {_value_name(option, ctx)}"
    default = option.default if option.show_default else None
    text = str(option.text)
    if default is not None:
        text += pick(f" [default: {default}]", f"［默认：{default}］")
    return names, text


def _value_name(option: SpokenOption, ctx: click.Context) -> str:
    """The placeholder of an option's value; ranges are told by the error when a value lies outside."""
    if option.metavar is None and isinstance(option.type, click.types.IntParamType | click.types.FloatParamType):
        return "NUMBER"
    return option.make_metavar(ctx)


def _section(heading: str, rows: Iterable[tuple[str, str]], width: int) -> list[str]:
    listed = list(rows)
    if not listed:
        return []
    margin = min(30, max(cells(name) for name, _ in listed) + 4)
    lines = ["", heading]
    for name, text in listed:
        wrapped = wrap(text, width - margin) or [""]
        if cells(name) + 4 > margin:
            lines.append(f"  {name}")
            lines += [" " * margin + line for line in wrapped]
        else:
            lines.append(f"  {name}" + " " * (margin - 2 - cells(name)) + wrapped[0])
            lines += [" " * margin + line for line in wrapped[1:]]
    return lines


def _paragraphs(text: str, width: int) -> list[str]:
    lines: list[str] = []
    for paragraph in text.split("\n\n"):
        lines += [*wrap(_joined(paragraph.splitlines()), width), ""]
    return lines[:-1]


def _joined(lines: Sequence[str]) -> str:
    """Lines as one; between Chinese characters a line break isn't a space."""
    text = ""
    for line in (line.strip() for line in lines):
        glued = not text or (_is_wide(text[-1]) and line and _is_wide(line[0]))
        text += line if glued else f" {line}"
    return text


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in "WF"


def cells(text: str) -> int:
    """How many terminal cells a text takes; Chinese characters take two."""
    return sum(2 if _is_wide(character) else 1 for character in text)


def wrap(text: str, width: int) -> list[str]:
    """Break a text into lines of at most `width` cells, at spaces and between Chinese characters."""
    pieces: list[str] = []
    for word in text.split(" "):
        start = 0
        for index, character in enumerate(word):
            # Closing punctuation stays with the character before it.
            if index > start and _is_wide(character) and unicodedata.category(character) not in ("Po", "Pe", "Pf"):
                pieces.append(word[start:index])
                start = index
        pieces.append(word[start:] + " ")
    lines, line = [], ""
    for piece in pieces:
        if line and cells(line) + cells(piece.rstrip()) > width:
            lines.append(line.rstrip())
            line = ""
        line += piece
    return [*lines, line.rstrip()] if line.strip() else lines
