"""`danlu doctor`: is this machine ready, and what to do if not."""

import click

from danlu.cli.output import say, say_json
from danlu.cli.speech import JSON_HELP, Example, command, option
from danlu.kit.language import Text


@command("doctor", Example("danlu doctor", Text("check this machine", "检查本机环境")))
@option("--json", "as_json", is_flag=True, text=JSON_HELP)
@click.pass_context
def doctor(ctx: click.Context, as_json: bool) -> None:
    """Check this machine: Python, libraries, device, memory, disk, cache, embedded base and tagger.

    Exits with 1 if something is missing that training needs.
    中文: 检查本机环境：Python、依赖库、计算设备、内存、磁盘、缓存、内置底模与打标器。

    若缺少训练所需的内容，退出码为 1。
    """
    from danlu.pipeline.checkup import check_machine

    checks = check_machine()
    if as_json:
        say_json(
            [
                {
                    "name": one.name,
                    "ok": one.ok,
                    "found": str(one.found),
                    "text": one.found._asdict(),
                    "advice": str(one.advice or "") or None,
                }
                for one in checks
            ]
        )
    else:
        for one in checks:
            mark = click.style("✓", fg="green") if one.ok else click.style("✗", fg="red")
            say(f"{mark} {one.title}{Text(': ', '：')}{one.found}")
            if one.advice:
                say(f"    {one.advice}")
    ctx.exit(0 if all(one.ok for one in checks) else 1)
