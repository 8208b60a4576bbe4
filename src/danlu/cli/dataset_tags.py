"""`danlu dataset tags` and `find`: the tags of a dataset, counted and looked for."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from danlu.cli.output import note, say, say_json, say_table
from danlu.cli.speech import JSON_HELP, Example, argument, command, option
from danlu.kit.language import Text
from danlu.kit.quantities import percent

if TYPE_CHECKING:
    from danlu.datasets.pictures import Dataset
    from danlu.editing.selection import Selection

DATASET = Text("The dataset's folder.", "数据集文件夹。")
FOLDER = click.Path(path_type=Path)
CONCEPT = Text("Only this concept.", "只处理这个概念。")
WHERE = Text(
    "Only pictures of which this is true, as 'smile AND NOT *hat'.", "只处理符合条件的图片，如 'smile AND NOT *hat'。"
)


@command(
    "tags",
    Example("danlu dataset tags ./pictures", Text("all tags, the most frequent first", "全部标签，按次数排列")),
    Example("danlu dataset tags ./pictures --find '*hair OR *eyes'", Text("only these tags", "只看这些标签")),
)
@argument("dataset", text=DATASET, type=FOLDER)
@option("--concept", metavar="NAME", text=CONCEPT)
@option(
    "--find",
    metavar="EXPR",
    text=Text("Only tags of which this is true, as '*hair'.", "只列出符合条件的标签，如 '*hair'。"),
)
@option("--where", metavar="EXPR", text=WHERE)
@option("--json", "as_json", is_flag=True, text=JSON_HELP)
def show_tags(dataset: Path, *, concept: str | None, find: str | None, where: str | None, as_json: bool) -> None:
    """Count the tags of a dataset.

    A share is the part of a concept's pictures that have the tag.
    中文: 统计数据集的标签。

    占比指概念中含有该标签的图片所占的比例。
    """
    from danlu.editing.counts import count_tags
    from danlu.editing.expressions import parse_expression

    found = scan(dataset)
    table = count_tags(found, selection(where, concept).of(found), parse_expression(find) if find is not None else None)
    if as_json:
        tags = [{"tag": one.tag, "pictures": one.pictures, "shares": one.shares} for one in table.tags]
        counts = {"without_caption": table.without_caption, "with_sentences": table.with_sentences}
        say_json({"pictures": table.pictures, **counts, "tags": tags})
        return
    concepts = list(table.tags[0].shares) if table.tags else []
    heads = [Text("share", "占比")] if len(concepts) < 2 else [Text(name, name) for name in concepts]
    rows = [(one.tag, one.pictures, *(percent(share) for share in one.shares.values())) for one in table.tags]
    say_table((Text("tag", "标签"), Text("pictures", "图片数"), *heads), rows)
    say(Text(f"{len(rows)} tags in {table.pictures} pictures.", f"{table.pictures} 张图片，共 {len(rows)} 个标签。"))
    if table.without_caption:
        note(Text(f"{table.without_caption} pictures have no caption.", f"{table.without_caption} 张图片没有标注。"))
    if table.with_sentences:
        count = table.with_sentences
        note(Text(f"{count} captions have sentences, which aren't counted.", f"{count} 条标注含有句子，句子不计入。"))


@command(
    "find",
    Example("danlu dataset find ./pictures 'smile AND NOT glasses'", Text("which pictures these are", "列出这些图片")),
    Example("danlu dataset find ./pictures 'NOT *'", Text("pictures without any tag", "没有任何标签的图片")),
)
@argument("dataset", text=DATASET, type=FOLDER)
@argument(
    "where",
    metavar="EXPR",
    text=Text("Tags with AND, OR, NOT, brackets; * is anything.", "标签，可用 AND、OR、NOT、括号；* 代表任意内容。"),
)
@option("--concept", metavar="NAME", text=CONCEPT)
@option("--json", "as_json", is_flag=True, text=JSON_HELP)
def find_pictures(dataset: Path, where: str, *, concept: str | None, as_json: bool) -> None:
    """List the pictures whose captions fit an expression.

    Case and underscores don't matter. Tag names that have brackets, or are called AND, OR or NOT, stand in quotes. In
    captions that are sentences, a tag is looked for as words.
    中文: 列出标注符合表达式的图片。

    不区分大小写和下划线。含括号或名为 AND、OR、NOT 的标签请加引号；标注为句子时，按词查找。
    """
    found = scan(dataset)
    pictures = selection(where, concept).of(found)
    if as_json:
        say_json([{"picture": picture.name, "caption": picture.caption} for picture in pictures])
        return
    if pictures:
        say_table(
            (Text("picture", "图片"), Text("caption", "标注")),
            [(picture.name, _one_line(picture.caption)) for picture in pictures],
        )
    total = len(found.pictures)
    say(Text(f"{len(pictures)} of {total} pictures.", f"共 {len(pictures)} / {total} 张图片。"))


def scan(folder: Path) -> "Dataset":
    """The dataset of a folder; what the user should know of it goes to standard error."""
    from danlu.datasets.scan import scan_dataset

    dataset = scan_dataset(folder)
    for notice in (*dataset.notices, *(problem.text for problem in dataset.problems[:1])):
        note(notice)
    if more := len(dataset.problems[1:]):
        note(Text(f"{more} more pictures can't be used.", f"另有 {more} 张图片不可用。"))
    return dataset


def selection(where: str | None, concept: str | None, pictures: Sequence[str] = ()) -> "Selection":
    """Which pictures are meant by options of a command."""
    from danlu.editing.expressions import parse_expression
    from danlu.editing.selection import Selection

    return Selection(parse_expression(where) if where is not None else None, concept, tuple(pictures))


def _one_line(caption: str | None) -> str:
    return " / ".join((caption or "").splitlines())
