"""`danlu demo`: the whole way on the sample that ships with the program, and what to do next."""

import shutil
import sys
from pathlib import Path

from danlu.cli.datasets import FOLDER
from danlu.cli.display import watching
from danlu.cli.output import note, progress, say, say_title
from danlu.cli.speech import Example, command, option
from danlu.kit.language import Text


@command("demo", Example("danlu demo", Text("a few minutes on two cores", "两核处理器上只需几分钟")))
@option("--out", "-o", type=FOLDER, default="demo", show_default=True, text=Text("Folder of the demo.", "演示文件夹。"))
def demo(out: Path) -> None:
    """Show the whole way on a sample character: crop, tag, plan, train, preview, evaluate.

    Needs no download. Started again, it goes on where it stopped and redoes nothing.
    中文: 用自带的样例角色走完全程：裁剪、打标、规划、训练、预览、评估。

    无需下载任何东西。再次运行会从停下的地方继续，不会重做已完成的部分。
    """
    from danlu.cli.measuring import say_evaluation
    from danlu.pipeline.demo import TRIGGER, Demo, play_demo
    from danlu.pipeline.train import kept_adapters

    playing = Demo(out, note, progress, watching)
    report = play_demo(playing)
    if report is None:
        say(Text("Start the demo again to go on.", "再次运行演示即可继续。"))
        return
    say_evaluation(report)
    files = kept_adapters(playing.run)
    best = files.get(report.best_epoch) or files[max(files)]
    say()
    say_title(Text("Done. What you have now:", "完成。你现在得到了："))
    say(Text(f"  LoRA (best epoch)  {best}", f"  LoRA（最佳轮次）  {best}"))
    say(Text(f"  Crops              {playing.crop_sheet}", f"  裁剪总览图        {playing.crop_sheet}"))
    say(Text(f"  Report             {playing.run.report}", f"  训练报告          {playing.run.report}"))
    say()
    # `make demo` doesn't activate the environment, so what is shown must name the program where it lies.
    program = "danlu" if shutil.which("danlu") else sys.argv[0]
    say_title(Text("Next:", "接下来："))
    say(Text("  Draw with it:", "  用它出图："))
    say(f'    {program} generate --adapter "{best}" --prompt "{TRIGGER}, smile" -o pictures')
    say(Text("  Your own pictures, on your own checkpoint:", "  用你自己的图片和底模："))
    say(f"    {program} tag PICTURES --trigger WORD")
    say(f"    {program} init PICTURES --base CHECKPOINT --theme anime -o recipe.toml")
    say(f"    {program} train recipe.toml")
