"""What the user mistyped on the command line, said in one sentence of either language, with the way out."""

import click

from danlu.kit.errors import nearest
from danlu.kit.language import Text


def usage_sentence(error: click.UsageError) -> Text:
    """The sentence for one of click's usage errors."""
    if isinstance(error, click.NoSuchOption):
        return _unknown(Text("There is no option", "没有这个选项："), error.option_name, _options_of(error))
    if isinstance(error, click.NoSuchCommand):
        return _unknown(Text("There is no command", "没有这个命令："), error.command_name, _commands_of(error))
    if isinstance(error, click.MissingParameter):
        name = _name(error)
        return Text(f"{name} is missing: give it.", f"缺少 {name}：请补上。")
    if isinstance(error, click.BadParameter):
        return _bad_value(error)
    if error.message.startswith("Got unexpected extra argument"):
        extra = error.message.partition("(")[2].rstrip(".)")
        return Text(
            f"'{extra}' is more than this command takes; a path or text with spaces needs quotes.",
            f"多余的参数“{extra}”；含空格的路径或文字请加引号。",
        )
    return Text(error.message, f"命令用法有误：{error.message}")


def where_to_read(error: click.UsageError) -> Text:
    """Which help page tells more."""
    path = error.ctx.command_path if error.ctx else "danlu"
    return Text(f"See '{path} --help'.", f"用法见 '{path} --help'。")


def _unknown(said: Text, name: str, choices: list[str]) -> Text:
    hint = nearest(name, choices)
    return Text(f"{said.en} '{name}': {hint.en}", f"{said.zh}“{name}”，{hint.zh}")


def _options_of(error: click.UsageError) -> list[str]:
    parameters = error.ctx.command.params if error.ctx else []
    return [name for one in parameters if isinstance(one, click.Option) for name in one.opts]


def _commands_of(error: click.UsageError) -> list[str]:
    group = error.ctx.command if error.ctx else None
    return list(group.commands) if isinstance(group, click.Group) else []


def _name(error: click.BadParameter) -> str:
    if error.param is None or error.ctx is None:
        return str(error.param_hint or "?")
    if isinstance(error.param, click.Option):
        return error.param.opts[-1]
    return error.param.make_metavar(error.ctx)


def _bad_value(error: click.BadParameter) -> Text:
    name, kind = _name(error), error.param.type if error.param else None
    if isinstance(kind, click.Choice):
        choices = [str(choice) for choice in kind.choices]
        listed = Text(", ".join(choices), "、".join(choices))
        return Text(f"{name} must be one of: {listed.en}.", f"{name} 只能是：{listed.zh}。")
    if isinstance(kind, (click.IntRange, click.FloatRange)):
        low, high = kind.min, kind.max
        if low is not None and high is not None:
            return Text(f"{name} must be from {low} to {high}.", f"{name} 必须在 {low} 到 {high} 之间。")
        return Text(f"{name} must be at least {low}.", f"{name} 至少为 {low}。")
    if kind is click.INT or kind is click.FLOAT:
        return Text(f"{name} must be a number: {error.message}", f"{name} 必须是数字：{error.message}")
    return Text(f"{name}: {error.message}", f"{name}：{error.message}")
