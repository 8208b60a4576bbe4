"""`danlu dataset`: everything that is done to a dataset, each step of which can be taken back."""

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from danlu.cli.dataset_edit import edit_captions
from danlu.cli.dataset_export import export_dataset
from danlu.cli.dataset_health import check, fix
from danlu.cli.dataset_import import import_sources
from danlu.cli.dataset_regularize import regularize
from danlu.cli.dataset_repeats import balance_concepts, set_repeats
from danlu.cli.dataset_show import show_picture
from danlu.cli.dataset_split import split
from danlu.cli.dataset_tags import find_pictures, show_tags
from danlu.cli.dataset_trigger import choose_trigger
from danlu.cli.dataset_views import set_mirror, view
from danlu.cli.output import say, say_json, say_table
from danlu.cli.speech import JSON_HELP, Example, argument, command, group, option
from danlu.kit.language import Text

if TYPE_CHECKING:
    from danlu.datasets.history import Change

DATASET = Text("The dataset's folder.", "数据集文件夹。")
FOLDER = click.Path(path_type=Path, exists=True, file_okay=False)


@command("history", Example("danlu dataset history ./pictures", Text("what was done to it", "查看做过的操作")))
@argument("dataset", text=DATASET, type=FOLDER)
@option("--json", "as_json", is_flag=True, text=JSON_HELP)
def show_history(dataset: Path, *, as_json: bool) -> None:
    """Show what was done to a dataset, the last change at the end.

    中文: 列出对数据集做过的操作，最近的在最后。
    """
    from danlu.datasets.history import history

    changes = history(dataset)
    if as_json:
        say_json([_as_dict(change) for change in changes])
    elif not changes:
        say(Text("Nothing was changed yet.", "还没有任何修改。"))
    else:
        head = (Text("number", "序号"), Text("when", "时间"), Text("files", "文件数"), Text("what", "操作"))
        say_table(head, [(one.number, _when(one), len(one.after), one.title) for one in changes])


@command("undo", Example("danlu dataset undo ./pictures", Text("take the last change back", "撤销最近一次操作")))
@argument("dataset", text=DATASET, type=FOLDER)
def undo_change(dataset: Path) -> None:
    """Take the last change of a dataset back: captions and danlu.toml are what they were before, byte for byte.

    中文: 撤销对数据集的最近一次操作：标注与 danlu.toml 逐字节恢复原样。
    """
    from danlu.datasets.history import undo

    change = undo(dataset)
    files = len(change.after)
    say(Text(f"Undone: {change.title.en} ({files} files)", f"已撤销：{change.title.zh}（{files} 个文件）"))


@command("redo", Example("danlu dataset redo ./pictures", Text("do again what was undone", "重做刚撤销的操作")))
@argument("dataset", text=DATASET, type=FOLDER)
def redo_change(dataset: Path) -> None:
    """Do again what was undone last.

    中文: 重做最近一次撤销的操作。
    """
    from danlu.datasets.history import redo

    change = redo(dataset)
    files = len(change.after)
    say(Text(f"Done again: {change.title.en} ({files} files)", f"已重做：{change.title.zh}（{files} 个文件）"))


def _as_dict(change: "Change") -> dict[str, object]:
    return {"number": change.number, "title": str(change.title), "time": change.time, "files": sorted(change.after)}


def _when(change: "Change") -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(change.time))


dataset = group(
    "dataset",
    import_sources,
    check,
    fix,
    show_tags,
    find_pictures,
    edit_captions,
    choose_trigger,
    view,
    set_mirror,
    set_repeats,
    balance_concepts,
    show_picture,
    regularize,
    split,
    export_dataset,
    show_history,
    undo_change,
    redo_change,
    docstring="""Look after a dataset: every step can be taken back, and pictures are never touched.

    中文: 整理数据集：每一步都可以撤销，原图绝不改动。
    """,
    examples=(Example("danlu dataset undo ./pictures", Text("take the last change back", "撤销最近一次操作")),),
)
