"""`danlu download`: a base, a tagger or a captioner from the model hub, when the user asks for one."""

import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from danlu.cli.datasets import FOLDER
from danlu.cli.output import note, say
from danlu.cli.speech import Example, argument, command, option
from danlu.kit.language import Text
from danlu.kit.quantities import format_bytes

if TYPE_CHECKING:
    from danlu.weights.hub import Listing, OnProgress
    from danlu.weights.hub_files import Holds


@command(
    "download",
    Example(
        "danlu download stable-diffusion-v1-5/stable-diffusion-v1-5",
        Text("a whole base", "完整的底模"),
    ),
    Example(
        "danlu download owner/name:file.safetensors -o D:/models", Text("one checkpoint of several", "单个底模文件")
    ),
    Example("danlu download SmilingWolf/wd-vit-tagger-v3", Text("a tagger", "打标器")),
    Example("danlu download owner/name --mirror https://hf-mirror.com", Text("from a mirror", "使用镜像站")),
)
@argument(
    "name",
    text=Text(
        "owner/name on the hub, or owner/name:file.safetensors for one file.",
        "模型站上的 作者/名称，或用 作者/名称:文件.safetensors 表示单个文件。",
    ),
)
@option("--revision", text=Text("Branch, tag or commit; default: main.", "分支、标签或提交；默认 main。"))
@option(
    "--out",
    "-o",
    type=FOLDER,
    default="models",
    show_default=True,
    text=Text("Folder that it is put into.", "保存到哪个文件夹。"),
)
@option(
    "--mirror",
    metavar="URL",
    text=Text(
        "Hub to ask, as https://hf-mirror.com; default: HF_ENDPOINT, else Hugging Face.",
        "使用的站点，如 https://hf-mirror.com；默认取 HF_ENDPOINT，否则为 Hugging Face。",
    ),
)
def download(name: str, *, revision: str | None, out: Path, mirror: str | None) -> None:
    """Get a base, a WD14 tagger or a captioner from the model hub: only the files that Danlu needs, a base in half
    precision where there is a choice.

    If it is interrupted, the same command goes on where it stopped. For models that want their terms accepted, do so
    on their page and put your token into HF_TOKEN. Nothing else in Danlu ever downloads anything.
    中文: 从模型站下载底模、WD14 打标器或描述模型：只取丹炉需要的文件；底模有半精度版本时取半精度。

    中断后再次运行同一命令即可从断点继续。需要同意条款的模型，请在其页面同意，并把访问令牌设为 HF_TOKEN。
    除此之外，丹炉不会下载任何东西。
    """
    from danlu.weights.hub import fetch, look_up, settle_endpoint
    from danlu.weights.hub_files import HubName

    listing = look_up(HubName.parse(name), endpoint=settle_endpoint(mirror), revision=revision)
    _announce(listing)
    try:
        with _showing(listing.size) as shown:
            path = fetch(listing, out, shown)
    except KeyboardInterrupt:
        note(Text("What came is kept: the same command goes on from there.", "已下载的部分会保留，再次运行即可继续。"))
        raise
    say(Text(f"It lies in {path}", f"已保存到 {path}"))
    _say_use(listing.holds, path)


def _say_use(holds: "Holds", path: Path) -> None:
    """Where to write the place of what was fetched."""
    if holds in ("tagger", "captioner"):
        say(Text(f"danlu tag PICTURES --{holds} {path}", f"danlu tag 图片文件夹 --{holds} {path}"))
        return
    say(Text("In a recipe:", "在配方中写："))
    key = "vae" if holds == "vae" else "path"
    # TOML reads a backslash within single quotes as it is.
    say(f"  base.{key} = '{path.absolute()}'")
    if holds != "vae":
        say(Text(f"Or: danlu init PICTURES --base {path}", f"或：danlu init 图片文件夹 --base {path}"))


def _announce(listing: "Listing") -> None:
    count, size = len(listing.files), format_bytes(listing.size)
    what, commit = listing.name.repository, listing.commit[:8]
    note(
        Text(
            f"{what} ({commit}) at {listing.endpoint}: {count} {'file' if count == 1 else 'files'}, {size}",
            f"{listing.endpoint} 上的 {what}（{commit}）：{count} 个文件，{size}",
        )
    )
    if listing.licence:
        page = f"https://huggingface.co/{what}"
        note(Text(f"Licence: {listing.licence}, see {page}", f"许可协议：{listing.licence}，见 {page}"))


@contextmanager
def _showing(total: int) -> "Generator[OnProgress]":
    """A bar on a terminal, a line for each file in a pipe."""
    if not sys.stderr.isatty():
        told = set[str]()

        def line(file: str, _done: int, _total: int) -> None:
            if file not in told:
                told.add(file)
                note(f"  {file}")

        yield line
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn
    from rich.table import Column

    name = Column(no_wrap=True, overflow="ellipsis", max_width=30)
    columns = (
        TextColumn("{task.description}", table_column=name),
        BarColumn(bar_width=None),
        DownloadColumn(binary_units=True, table_column=Column(no_wrap=True)),
        TransferSpeedColumn(table_column=Column(no_wrap=True)),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as bars:
        task = bars.add_task("", total=total)

        def move(file: str, done: int, _total: int) -> None:
            bars.update(task, completed=done, description=file)

        yield move
