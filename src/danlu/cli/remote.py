"""`danlu remote`: datasets, trainings and their files in a running studio, by its API."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from danlu.cli.dataset_import import MOST_OF_A_KIND, SOURCES, WHY
from danlu.cli.output import keep_existing, note, progress, say, say_json, say_table, say_title
from danlu.cli.remote_jobs import JOB_COMMANDS, server_option, state_name
from danlu.cli.remote_orders import ORDER_COMMANDS
from danlu.cli.speech import JSON_HELP, Example, argument, command, group, option
from danlu.kit.errors import UserError
from danlu.kit.language import Text

if TYPE_CHECKING:
    from danlu.client.studio import Studio
    from danlu.studio.shapes.datasets import DatasetShape
    from danlu.studio.shapes.runs import CheckpointShape
    from danlu.studio.shapes.uploads import UploadReport

_MB = 1024**2


@command("datasets", Example("danlu remote datasets", Text("those of the studio here", "列出本机 studio 的数据集")))
@server_option
@option("--json", "as_json", is_flag=True, text=JSON_HELP)
def list_datasets(server: str, *, as_json: bool) -> None:
    """List the datasets, what was changed last at the top.

    中文: 列出数据集，最近修改的在最前。
    """
    from danlu.client.studio import Studio

    found = Studio(server).datasets()
    if as_json:
        say_json([one.model_dump(mode="json") for one in found])
        return
    head = ("id", Text("name", "名称"), Text("pictures", "图片"), Text("without caption", "无标注"))
    say_table(head, [(one.id, one.name, one.pictures, one.without_caption) for one in found])


@command(
    "upload",
    Example("danlu remote upload ./pictures --to Mei", Text("a folder with its captions", "上传文件夹及其标注")),
    Example("danlu remote upload a.zip b.png --to Mei", Text("add to it", "追加到同一数据集")),
)
@argument("sources", text=SOURCES, nargs=-1, required=True, type=click.Path(path_type=Path))
@option(
    "--to",
    "name",
    required=True,
    metavar="DATASET",
    text=Text("Name or id of the dataset; made if there is none.", "数据集的名称或 id；不存在则新建。"),
)
@server_option
@option("--json", "as_json", is_flag=True, text=JSON_HELP)
def upload(sources: tuple[Path, ...], *, name: str, server: str, as_json: bool) -> int:
    """Upload pictures with their captions into a dataset of the studio.

    Repeat the command after an interruption: what is there already isn't taken twice.
    中文: 把图片连同标注上传到 studio 的数据集。

    中断后重新运行即可继续：已有的图片不会重复导入。
    """
    from danlu.client.studio import Studio

    studio = Studio(server)
    dataset = _dataset_of(studio, name)
    shown = progress(Text("Uploading, MB", "上传中，MB"))
    reports = list(studio.upload(dataset.id, sources, lambda done, total: shown(done // _MB, total // _MB)))
    if as_json:
        say_json({"dataset_id": dataset.id, "reports": [one.model_dump(mode="json") for one in reports]})
    else:
        _say_reports(dataset.name, dataset.id, reports)
    taken = any(report.taken for report in reports)
    return 0 if taken or not any(one.why == "damaged" for report in reports for one in report.left_out) else 1


def _dataset_of(studio: "Studio", name: str) -> "DatasetShape":
    """The dataset of a name or id; an empty one if there is none."""
    if any(name in (one.id, one.name) for one in studio.datasets()):
        return studio.find_dataset(name)
    return studio.make_dataset(name)


def _say_reports(name: str, dataset_id: str, reports: "list[UploadReport]") -> None:
    """What became of the files; of a kind that has many, the first ones."""
    left_out = [one for report in reports for one in report.left_out]
    if left_out:
        say_title(Text(f"Left out: {len(left_out)}", f"未导入：{len(left_out)}"))
        titles = {**WHY, "type": Text("not a picture", "不是图片")}
        for why, title in titles.items():
            of_kind = [one for one in left_out if one.why == why]
            for one in of_kind[:MOST_OF_A_KIND]:
                say(f"  {title}: {Text(one.text.en, one.text.zh)}")
            if (more := len(of_kind) - MOST_OF_A_KIND) > 0:
                say(Text(f"  {title.en}: {more} more", f"  {title.zh}：另有 {more} 个"))
    for notice in dict.fromkeys(Text(one.en, one.zh) for report in reports for one in report.notices):
        note(notice)
    count = sum(len(report.taken) for report in reports)
    say(
        Text(
            f"{count} pictures are new in the dataset '{name}' ({dataset_id}).",
            f"数据集“{name}”（{dataset_id}）中新增 {count} 张图片。",
        )
    )


@command("runs", Example("danlu remote runs", Text("the newest first", "最新的在最前")))
@server_option
@option("--json", "as_json", is_flag=True, text=JSON_HELP)
def list_runs(server: str, *, as_json: bool) -> None:
    """List the trainings: how they stand, how far they are.

    中文: 列出训练：状态与进度。
    """
    from danlu.client.studio import Studio

    found = Studio(server).runs()
    if as_json:
        say_json([one.model_dump(mode="json") for one in found])
        return
    head = ("id", Text("name", "名称"), Text("state", "状态"), Text("step", "步"), Text("files", "文件"))
    rows = [
        (one.id, one.name, state_name(one.job), f"{one.step}/{one.total_steps or '?'}", one.checkpoints)
        for one in found
    ]
    say_table(head, rows)


@command(
    "download",
    Example("danlu remote download Mei", Text("the newest adapter file", "下载最新的 LoRA 文件")),
    Example("danlu remote download Mei --epoch 8 -o mei.safetensors", Text("that of an epoch", "下载某一轮")),
    Example("danlu remote download Mei --all -o ./loras", Text("all of them", "全部下载")),
)
@argument("run", text=Text("Name or id of a training.", "训练的名称或 id。"))
@option("--epoch", type=click.IntRange(1), text=Text("The file of this epoch.", "该轮次的文件。"))
@option("--all", "every", is_flag=True, text=Text("Every file of the training.", "该训练的全部文件。"))
@option(
    "--out",
    "-o",
    type=click.Path(path_type=Path),
    text=Text("File to write, or folder; default: here.", "保存为该文件或放入该文件夹；默认当前目录。"),
)
@option("--overwrite", is_flag=True, text=Text("Replace files that are there.", "覆盖已有文件。"))
@server_option
def download(run: str, *, epoch: int | None, every: bool, out: Path | None, overwrite: bool, server: str) -> None:
    """Download adapter files of a training; each is checked against the studio's SHA-256.

    中文: 下载训练得到的 LoRA 文件，并按 studio 给出的 SHA-256 校验。
    """
    from danlu.client.studio import Studio

    studio = Studio(server)
    found = studio.find_run(run)
    files = _choose(studio.checkpoints(found.id), epoch, every=every)
    for one in files:
        target = _target(out, one.name, several=every)
        keep_existing(target, overwrite)
        shown = progress(Text(f"{one.name}, MB", f"{one.name}，MB"))
        studio.download(one, target, lambda done, total, shown=shown: shown(done // _MB, total // _MB))
        say(str(target))


def _choose(files: "list[CheckpointShape]", epoch: int | None, *, every: bool) -> "list[CheckpointShape]":
    if every and epoch is not None:
        raise UserError("--epoch has no effect with --all: leave one out.", "--all 时 --epoch 不起作用：请去掉其一。")
    if not files:
        raise UserError("This training hasn't saved a file yet.", "该训练尚未保存任何文件。")
    chosen = files if every or epoch is None else [one for one in files if one.epoch == epoch]
    if not chosen:
        there = ", ".join(str(one) for one in sorted({one.epoch for one in files}))
        raise UserError(
            f"--epoch {epoch}: there are files of {there}.", f"--epoch {epoch}：只有这些轮次的文件：{there}。"
        )
    return chosen if every else chosen[-1:]


def _target(out: Path | None, name: str, *, several: bool) -> Path:
    if out is None:
        return Path(name)
    return out / name if several or out.is_dir() or not out.suffix else out


remote = group(
    "remote",
    *(list_datasets, upload, *ORDER_COMMANDS, *JOB_COMMANDS, list_runs, download),
    docstring="""Use a running studio from here: upload, crop, tag, train, watch the queue, download.

    It speaks to the studio at --server (or DANLU_SERVER, or http://127.0.0.1:8288) by the API that its web app uses.
    `danlu --server URL COMMAND` is short for `danlu remote COMMAND --server URL`.
    中文: 在命令行使用正在运行的 studio：上传、裁剪、打标、训练、查看队列、下载。

    通过网页界面所用的同一套 API 连接 --server（或环境变量 DANLU_SERVER，默认 http://127.0.0.1:8288）。
    `danlu --server 地址 命令` 是 `danlu remote 命令 --server 地址` 的简写。
    """,
    examples=(
        Example("danlu remote upload ./pictures --to Mei", Text("pictures go there", "上传图片")),
        Example("danlu remote tag Mei --trigger mei --watch", Text("and are tagged", "自动打标")),
        Example("danlu remote train Mei recipe.toml --watch", Text("and trained", "训练")),
        Example("danlu remote download Mei", Text("the LoRA comes back", "取回 LoRA")),
    ),
)
