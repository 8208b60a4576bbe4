"""`danlu dataset repeats` and `danlu dataset balance`: how often an epoch shows what."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from danlu.cli.changes import dry_run_option, make_change
from danlu.cli.output import say, say_json, say_table
from danlu.cli.speech import JSON_HELP, Example, argument, command, option
from danlu.kit.errors import UserError
from danlu.kit.language import Text
from danlu.kit.quantities import percent

if TYPE_CHECKING:
    from danlu.composition.repeats import ConceptShare

DATASET = Text("The dataset's folder.", "数据集文件夹。")
FOLDER = click.Path(path_type=Path)


@command(
    "repeats",
    Example("danlu dataset repeats ./pictures 10", Text("all pictures", "所有图片")),
    Example("danlu dataset repeats ./pictures 20 --picture 01.png --picture 01.png#face", Text("single ones", "单张")),
    Example("danlu dataset repeats ./pictures auto --concept hero", Text("as the folder's name says", "按文件夹名")),
)
@argument("dataset", text=DATASET, type=FOLDER)
@argument(
    "repeats", text=Text("How often an epoch shows each; auto takes it away.", "每轮重复次数；auto 表示取消设置。")
)
@option(
    "--picture",
    "pictures",
    multiple=True,
    text=Text(
        "A picture or view, or several as 4_hero/* or *#face; may be repeated.",
        "图片或视图，可用 4_hero/*、*#face 等通配；可重复。",
    ),
)
@option("--concept", text=Text("One concept.", "单个概念。"))
@dry_run_option
def set_repeats(dataset: Path, repeats: str, *, pictures: tuple[str, ...], concept: str | None, dry_run: bool) -> None:
    """Say how often an epoch shows pictures: all of them, those of a concept, or single ones.

    A picture's own repeats come before the recipe's dataset.repeats, and that before a concept's.
    中文: 设置图片的重复次数：全部、某个概念或单张图片。

    单张图片的设置优先于配方的 dataset.repeats，后者优先于概念的设置。
    """
    from danlu.composition.repeats import set_repeats as contents_of
    from danlu.datasets.scan import scan_dataset

    if pictures and concept:
        raise UserError("--picture and --concept exclude each other.", "--picture 与 --concept 只能用一个。")
    number = _read_number(repeats)
    scanned = scan_dataset(dataset)
    after = contents_of(scanned, number, pictures=pictures, concept=concept)
    what = ", ".join(pictures) or concept
    title = Text(f"repeats {repeats} of {what or 'everything'}", f"{what or '全部图片'}的重复次数设为 {repeats}")
    if make_change(dataset, title, after, dry_run=dry_run) and not dry_run:
        from danlu.composition.repeats import concept_shares

        _say_shares(concept_shares(scan_dataset(dataset)))


@command(
    "balance",
    Example("danlu dataset balance ./pictures", Text("equal shares", "各概念份额相同")),
    Example("danlu dataset balance ./pictures --share hero=2", Text("twice as much of one", "某个概念占两份")),
)
@argument("dataset", text=DATASET, type=FOLDER)
@option(
    "--share",
    "shares",
    multiple=True,
    metavar="NAME=NUMBER",
    text=Text("How much of a concept, 1 being usual; may be repeated.", "概念的份额，默认 1；可重复。"),
)
@dry_run_option
@option("--json", "as_json", is_flag=True, text=JSON_HELP)
def balance_concepts(dataset: Path, *, shares: tuple[str, ...], dry_run: bool, as_json: bool) -> None:
    """Choose repeats so that every concept gets the same share of an epoch, however many pictures it has.

    中文: 自动选择重复次数，使各概念无论图片多少，在每轮中的份额相同。
    """
    from danlu.composition.named import changed_concepts
    from danlu.composition.repeats import balance, concept_shares, repeated
    from danlu.datasets.manifest import ConceptFacts
    from danlu.datasets.scan import scan_dataset

    scanned = scan_dataset(dataset)
    chosen = balance(scanned, dict(_read_share(one) for one in shares))
    before, after = concept_shares(scanned), concept_shares(repeated(scanned, chosen))
    if as_json:
        say_json({"before": [vars(one) for one in before], "after": [vars(one) for one in after]})
    else:
        _say_shares(before, after)
    contents = changed_concepts(scanned, {name: ConceptFacts(repeats=count) for name, count in chosen.items()})
    title = Text("balance concepts", "平衡各概念")
    if as_json and not dry_run:
        from danlu.datasets.history import apply_change

        apply_change(dataset, title, contents)
    elif not as_json:
        make_change(dataset, title, contents, dry_run=dry_run)


def _read_number(repeats: str) -> int | None:
    if repeats == "auto":
        return None
    if not repeats.isdecimal() or not 1 <= int(repeats) <= 10_000:
        raise UserError(
            f"repeats '{repeats}' won't do: give a whole number from 1 on, or auto.",
            f"重复次数“{repeats}”不可用：请给出不小于 1 的整数，或 auto。",
        )
    return int(repeats)


def _read_share(text: str) -> tuple[str, float]:
    name, _, number = text.rpartition("=")
    try:
        share = float(number)
    except ValueError:
        share = 0.0
    if not name or not 0 < share < 1000:
        raise UserError(
            f"--share {text} can't be read: write NAME=NUMBER, as in hero=2.",
            f"无法理解 --share {text}：请写成 名称=数字，如 hero=2。",
        )
    return name, share


def _say_shares(before: "Sequence[ConceptShare]", after: "Sequence[ConceptShare] | None" = None) -> None:
    """A table of shares; with two columns of each figure if there is a before and an after."""
    both = after is not None
    arrow = " → "
    head = (
        Text("concept", "概念"),
        Text("pictures", "图片"),
        Text("repeats", "重复"),
        Text("images an epoch", "每轮张数"),
        Text("share", "份额"),
    )
    rows = [
        (
            old.name,
            old.pictures,
            f"{old.repeats}{arrow}{new.repeats}" if both else old.repeats,
            f"{old.images}{arrow}{new.images}" if both else old.images,
            f"{percent(old.share, 1)}{arrow}{percent(new.share, 1)}" if both else percent(old.share, 1),
        )
        for old, new in zip(before, after or before, strict=True)
    ]
    say_table(head, rows)
    if both:
        say()
