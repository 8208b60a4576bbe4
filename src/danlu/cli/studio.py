"""`danlu studio`: the whole flow in the browser, on this machine."""

from pathlib import Path

import click

from danlu.cli.output import say
from danlu.cli.speech import Example, command, option
from danlu.kit.language import Text

FOLDER = click.Path(path_type=Path, file_okay=False)


@command(
    "studio",
    Example("danlu studio", Text("open it in the browser", "在浏览器中打开")),
    Example("danlu studio --data ./studio --port 9000", Text("another folder, another port", "换文件夹和端口")),
)
@option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8288,
    show_default=True,
    text=Text("Port to listen at; 0 takes a free one.", "监听端口；0 表示自动选择空闲端口。"),
)
@option(
    "--data",
    type=FOLDER,
    text=Text("Folder of datasets and runs; default: the user's own.", "数据集与训练的存放位置；默认在用户目录下。"),
)
@option("--no-browser", is_flag=True, text=Text("Don't open a browser.", "不自动打开浏览器。"))
def studio(*, port: int, data: Path | None, no_browser: bool) -> None:
    """Everything in the browser: datasets, cropping, tagging, training, previews.

    It listens on this machine only (127.0.0.1). Ctrl-C ends it; a training that is at work goes on, and the studio
    finds it again when it starts next.
    中文: 在浏览器中完成全部流程：数据集、裁剪、打标、训练、预览。

    仅监听本机（127.0.0.1）。按 Ctrl-C 退出；进行中的训练会继续，下次启动 studio 时自动接上。
    """
    from danlu.kit.places import studio_folder
    from danlu.studio.serving import serve

    folder = (data or studio_folder()).absolute()

    def tell(address: str) -> None:
        say(Text(f"Danlu studio: {address}  (Ctrl-C ends it)", f"丹炉 studio：{address}（按 Ctrl-C 退出）"))
        say(Text(f"Its folder: {folder}", f"数据位置：{folder}"))
        if not no_browser:
            click.launch(address)

    serve(folder, port, on_ready=tell)
