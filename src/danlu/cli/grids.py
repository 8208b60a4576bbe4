"""`danlu grid`: many pictures from one file, each differing from the next in what was chosen."""

from pathlib import Path

from danlu.cli.datasets import FOLDER
from danlu.cli.output import note, progress, say
from danlu.cli.speech import Example, argument, command, option
from danlu.kit.language import Text

SHEET = "grid.png"


@command(
    "grid",
    Example(
        "danlu grid drawing.toml -o pictures",
        Text("epochs by weights, seeds by prompts, …", "epoch × 权重、种子 × 提示词……"),
    ),
)
@argument(
    "file",
    text=Text(
        "What to draw (TOML or JSON): docs/drawing.md lists all that it can say.",
        "要出的图（TOML 或 JSON），可写的项目见 docs/drawing.zh.md。",
    ),
    type=FOLDER,
)
@option("--out", "-o", type=FOLDER, required=True, text=Text("Folder for the pictures.", "图片保存文件夹。"))
def grid(file: Path, *, out: Path) -> None:
    """Draw a grid: pictures that differ along up to three axes (epoch, weight, seed, prompt, …), and grid.png with all
    of them and their labels.

    Each picture is there as soon as it is drawn, with its parameters in it. Stopped, it goes on with what is missing.
    中文: 网格出图：图片沿至多三条轴变化（轮次、权重、种子、提示词……），并另存带标注的总图 grid.png。

    每张图出完即保存，并带有出图参数。中断后再次运行会继续出完剩余的图。
    """
    from danlu.generation.drawing import read_drawing

    drawing = read_drawing(file)
    from danlu.generation.grid_sheet import draw_grid_sheet
    from danlu.generation.sheet import save_sheet
    from danlu.pipeline.grid import draw_grid, plan_grid
    from danlu.pipeline.pictures import tell_cut_prompts

    planned = plan_grid(drawing, out)
    prompts = [one.cell.prompt for one in planned.pictures]
    for notice in [*planned.notes, *tell_cut_prompts((planned.family, planned.facts), prompts)]:
        note(Text(f"Note: {notice.en}", f"注意：{notice.zh}"))
    for path in draw_grid(planned, on_step=progress(Text("Drawing", "出图"))):
        say(str(path))
    save_sheet(draw_grid_sheet(drawing, [one.path for one in planned.pictures]), out / SHEET)
    say(str(out / SHEET))
