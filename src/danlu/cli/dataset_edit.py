"""`danlu dataset edit`: operations on tags, in the order in which they are given."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from danlu.cli.dataset_tags import CONCEPT, DATASET, FOLDER, WHERE, scan, selection
from danlu.cli.output import as_argument, say, say_json
from danlu.cli.speech import JSON_HELP, Example, SpokenCommand, argument, command, option
from danlu.kit.errors import UserError
from danlu.kit.language import Text

if TYPE_CHECKING:
    from danlu.editing.edit import CaptionChange, Edits
    from danlu.editing.operations import Operation
    from danlu.editing.rules import Rules

DRY_RUN = Text("Show what every caption would become, and write nothing.", "只显示每条标注会变成什么，不写入文件。")
MOST_SHOWN = 20
"""Captions in a diff; more are counted."""


class InOrder(SpokenCommand):
    """A command that knows in which order its options were given, also where one is given several times."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As every command does, after noting (parameter, value) in the order of the command line."""
        values, _, order = self.make_parser(ctx).parse_args(args=list(args))
        several = {name: iter(value) for name, value in values.items() if isinstance(value, list)}
        ctx.meta["in order"] = [
            (one.name, next(several[one.name]) if one.name in several else values[one.name])
            for one in order
            if one.name in values
        ]
        return super().parse_args(ctx, args)


@command(
    "edit",
    Example("danlu dataset edit ./pictures --add-head masterpiece --dry-run", Text("look first", "先预览")),
    Example(
        "danlu dataset edit ./pictures --where smile --delete 'open mouth, *teeth'",
        Text("two kinds of tags, where there is a smile", "在有 smile 的图片中删除两类标签"),
    ),
    Example(
        "danlu dataset edit ./pictures --aliases --implications remove --dedupe --sort frequency",
        Text("tidy up", "整理标签"),
    ),
    cls=InOrder,
)
@argument("dataset", text=DATASET, type=FOLDER)
@option(
    "--add-head",
    metavar="TAGS",
    multiple=True,
    text=Text("Put tags first, after the trigger word.", "在开头（触发词之后）添加标签。"),
)
@option("--add-tail", metavar="TAGS", multiple=True, text=Text("Put tags last.", "在末尾添加标签。"))
@option(
    "--delete", metavar="TAGS", multiple=True, text=Text("Take tags out; * is anything.", "删除标签；* 代表任意内容。")
)
@option(
    "--replace",
    metavar="OLD=NEW",
    multiple=True,
    text=Text("Write other tags in a tag's place.", "把一个标签换成别的标签。"),
)
@option("--move-head", metavar="TAGS", multiple=True, text=Text("Bring tags to the head.", "将标签移到开头。"))
@option("--move-tail", metavar="TAGS", multiple=True, text=Text("Bring tags to the tail.", "将标签移到末尾。"))
@option(
    "--sort",
    type=click.Choice(["alphabetical", "frequency"]),
    multiple=True,
    text=Text("By name, or the most frequent tags first.", "按字母，或按出现次数从多到少排序。"),
)
@option("--dedupe", is_flag=True, text=Text("Keep each tag once.", "去除重复标签。"))
@option(
    "--implications",
    type=click.Choice(["remove", "add"]),
    multiple=True,
    text=Text(
        "Tags that follow from others ('long hair' from 'very long hair'): remove or add them.",
        "由其他标签推出的标签（如由 very long hair 推出 long hair）：删除或补上。",
    ),
)
@option("--aliases", is_flag=True, text=Text("Write tags of several names in the usual way.", "统一同义标签的写法。"))
@option("--where", metavar="EXPR", text=WHERE)
@option("--concept", metavar="NAME", text=CONCEPT)
@option(
    "--picture",
    metavar="NAME",
    multiple=True,
    text=Text("Only this picture, by its path below the folder.", "只处理这张图片（文件夹内的相对路径）。"),
)
@option(
    "--trigger-too", is_flag=True, text=Text("Edit trigger words like any other tag.", "触发词也当作普通标签编辑。")
)
@option("--dry-run", is_flag=True, text=DRY_RUN)
@option("--json", "as_json", is_flag=True, text=JSON_HELP)
@click.pass_context
def edit_captions(
    ctx: click.Context,
    dataset: Path,
    *,
    where: str | None,
    concept: str | None,
    picture: Sequence[str],
    trigger_too: bool,
    dry_run: bool,
    as_json: bool,
    **_operations: object,
) -> None:
    """Edit the tags of all pictures, or of some.

    Operations happen in the order in which you give them, each as often as you like. TAGS are separated by commas.
    The trigger word stays first, sentences stay as they are, and pictures without a caption get one by --add-head and
    --add-tail. `danlu-tags.toml` in the dataset adds rules for --aliases and --implications.
    中文: 批量编辑全部或部分图片的标签。

    操作按书写顺序执行，可重复使用；TAGS 用逗号分隔。触发词始终在最前，句子保持原样；没有标注的图片可通过
    --add-head、--add-tail 获得标注。数据集中的 danlu-tags.toml 可为 --aliases 和 --implications 增加规则。
    """
    from danlu.editing.edit import edit_tags

    operations = list(_operations_of(ctx.meta["in order"], dataset))
    if not operations:
        raise UserError(
            "There is nothing to do: give an operation such as --add-head or --delete (see --help).",
            "没有指定操作：请给出 --add-head、--delete 等操作（见 --help）。",
        )
    found = scan(dataset)
    pictures = selection(where, concept, picture).of(found)
    edits = edit_tags(found, operations, pictures, trigger_too=trigger_too)
    settle(edits, dry_run=dry_run, as_json=as_json)


def settle(edits: "Edits", *, dry_run: bool, as_json: bool) -> None:
    """Show an edit, or make it and say how to take it back."""
    if not dry_run:
        edits.apply()
    if as_json:
        captions = [{"picture": one.picture, "before": one.before, "after": one.after} for one in edits.captions]
        say_json(
            {"title": str(edits.title), "written": not dry_run, "captions": captions, "files": sorted(edits.contents)}
        )
        return
    count, title = len(edits.captions), edits.title
    if not edits.contents:
        say(Text(f"Nothing changes: {title.en}", f"没有变化：{title.zh}"))
    elif dry_run:
        _say_diff(edits.captions)
        say(Text(f"{count} captions would change: {title.en}", f"将修改 {count} 条标注：{title.zh}"))
    else:
        say(Text(f"{count} captions changed: {title.en}", f"已修改 {count} 条标注：{title.zh}"))
        line = f"danlu dataset undo {as_argument(edits.root)}"
        say(Text(f"To take it back: {line}", f"撤销：{line}"))


def _say_diff(changes: "Sequence[CaptionChange]") -> None:
    for one in changes[:MOST_SHOWN]:
        say(click.style(one.picture, bold=True))
        for sign, caption, colour in (("-", one.before, "red"), ("+", one.after, "green")):
            for line in (caption or "").splitlines():
                say(click.style(f"{sign} {line}", fg=colour))
    if more := len(changes[MOST_SHOWN:]):
        say(Text(f"… and {more} more (all of them with --json)", f"……另有 {more} 条（用 --json 查看全部）"))


def _operations_of(given: Sequence[tuple[str, Any]], root: Path) -> "Iterator[Operation]":
    """The operations that the command line names, in its order."""
    from danlu.editing.operations import Add, Dedupe, Delete, Imply, Move, Replace, Respell, Sort
    from danlu.editing.rules import read_rules

    rules: Rules | None = None
    make: dict[str, Callable[[Any, Rules], Operation]] = {
        "add_head": lambda tags, _: Add(_tags(tags, "--add-head"), "head"),
        "add_tail": lambda tags, _: Add(_tags(tags, "--add-tail"), "tail"),
        "delete": lambda tags, _: Delete(_tags(tags, "--delete")),
        "replace": lambda pair, _: Replace(*_replacement(pair)),
        "move_head": lambda tags, _: Move(_tags(tags, "--move-head"), "head"),
        "move_tail": lambda tags, _: Move(_tags(tags, "--move-tail"), "tail"),
        "sort": lambda by, _: Sort(by),
        "dedupe": lambda *_: Dedupe(),
        "implications": Imply,
        "aliases": lambda _, rules: Respell(rules),
    }
    for name, value in given:
        if name in make:
            rules = rules or read_rules(root)
            yield make[name](value, rules)


def _tags(text: str, option: str) -> tuple[str, ...]:
    """The tags of an option's value. Raises `UserError` if there are none, or if one can't be a tag."""
    from danlu.editing.lines import GROUP_MARK, KEEP_MARK, split_tag_list

    tags = tuple(split_tag_list(text))
    if not tags:
        raise UserError(
            f"{option} has no tags: give some, separated by commas.", f"{option} 没有标签：请写出标签，用逗号分隔。"
        )
    if any(mark in text for mark in (GROUP_MARK, KEEP_MARK, "\n", "\r")):
        raise UserError(
            f"{option} {text!r}: a tag can't have line breaks, '{KEEP_MARK}' or '{GROUP_MARK}' in it.",
            f"{option} {text!r}：标签中不能有换行、“{KEEP_MARK}”或“{GROUP_MARK}”。",
        )
    return tags


def _replacement(text: str) -> tuple[str, tuple[str, ...]]:
    """OLD and NEW of "OLD=NEW"; where a tag has a "=" itself, the one between blanks parts them."""
    sign = " = " if " = " in text else "="
    old, _, new = text.partition(sign)
    if text.count(sign) != 1 or not old.strip():
        raise UserError(
            f"--replace '{text}': write OLD=NEW, or 'OLD = NEW' with blanks if a tag has a '=' itself.",
            f"--replace '{text}'：请写成 旧标签=新标签；标签本身含“=”时，请在分隔的“=”两侧加空格。",
        )
    if not new.strip():
        raise UserError(
            f"--replace '{text}' has nothing to put in its place: use --delete '{old.strip()}'.",
            f"--replace '{text}' 没有新标签：请改用 --delete '{old.strip()}'。",
        )
    return old.strip(), _tags(new, "--replace")
