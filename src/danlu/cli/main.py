"""The entry point: chooses the language, runs a command, turns what happens into an exit code.

Exit codes: 0 fine, 1 failed, 2 the user's mistake (one sentence, no traceback).
"""

import os
import sys
from collections.abc import Sequence

import click

from danlu.cli.adapter_files import convert, merge, resize
from danlu.cli.complaints import usage_sentence, where_to_read
from danlu.cli.cropping import crop
from danlu.cli.dataset import dataset
from danlu.cli.demo import demo
from danlu.cli.doctor import doctor
from danlu.cli.downloading import download
from danlu.cli.extraction import extract
from danlu.cli.grids import grid
from danlu.cli.inspect import inspect
from danlu.cli.measuring import evaluate
from danlu.cli.output import note, visible
from danlu.cli.pictures import generate
from danlu.cli.rates import find_rate
from danlu.cli.recipes import export_settings, import_settings, init, plan
from danlu.cli.remote import remote
from danlu.cli.speech import Example, SpokenGroup, option
from danlu.cli.studio import studio
from danlu.cli.tagging import tag
from danlu.cli.training import preview, resume, save, stop, train
from danlu.kit.cache_files import forget_refusals, telling_refusals
from danlu.kit.errors import UserError
from danlu.kit.language import Text, pick, set_language
from danlu.kit.telling import tell_mistake

COMMANDS = (
    *(
        demo,
        download,
        init,
        import_settings,
        export_settings,
        plan,
        find_rate,
        train,
        resume,
        stop,
        save,
        preview,
        dataset,
        crop,
        tag,
        generate,
        grid,
        evaluate,
    ),
    *(merge, resize, extract, convert, inspect, doctor, studio, remote),
)


def main() -> None:
    """Run `danlu` with the arguments of the process, and exit with its code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command line; returns the exit code."""
    _quieten_libraries()
    forget_refusals()
    try:
        args = _take_server(_take_language(arguments))
        with telling_refusals(lambda text: note(Text(f"Note: {text.en}", f"注意：{text.zh}"))):
            result = make_program().main(args=args, prog_name="danlu", standalone_mode=False)
    except click.UsageError as error:
        return _complain(f"{usage_sentence(error)}{pick(' ', '')}{where_to_read(error)}")
    except UserError as error:
        tell_mistake(error.text)
        return _complain(str(error))
    except (KeyboardInterrupt, click.Abort):
        click.echo(pick("Interrupted.", "已中断。"), err=True)
        return 1
    except BrokenPipeError:
        # Whoever read our output has gone (`danlu … | head`); what Python still holds for it must not raise at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return result if isinstance(result, int) else 0


def make_program() -> SpokenGroup:
    """The program with all its commands."""

    @click.group(cls=SpokenGroup, invoke_without_command=True, add_help_option=False)
    @option("--lang", type=click.Choice(["en", "zh"]), expose_value=False, text=LANGUAGE_HELP)
    @option("--server", metavar="URL", expose_value=False, text=SERVER_HELP)
    @option("--version", is_flag=True, text=Text("Print the version.", "显示版本号。"))
    @option("--help", "asked_for_help", is_flag=True, text=Text("Show this page.", "显示本页。"))
    @click.pass_context
    def danlu(ctx: click.Context, version: bool, asked_for_help: bool) -> None:
        """Danlu turns a folder of pictures into a LoRA for Stable Diffusion, and measures what it has learnt.

        `danlu demo` shows the whole way on a small sample in a few minutes.
        中文: 丹炉：把一个图片文件夹炼成 Stable Diffusion 的 LoRA，并检验它学到了什么。

        运行 `danlu demo`，几分钟内用一个小样例走完全程。
        """
        if version:
            from importlib.metadata import version as version_of

            click.echo(f"danlu {version_of('danlu')}")
        elif asked_for_help or ctx.invoked_subcommand is None:
            click.echo(ctx.get_help())
            ctx.exit()

    for command in COMMANDS:
        danlu.add_command(command)
    danlu.examples = (
        Example("danlu tag ./pictures --trigger mychar", Text("write captions", "自动打标")),
        Example("danlu init ./pictures -o recipe.toml", Text("write a recipe with comments", "生成带注释的配方")),
        Example("danlu train recipe.toml", Text("train; previews every epoch", "训练，每轮出预览图")),
    )
    return danlu


LANGUAGE_HELP = Text(
    "Speak English (en) or Chinese (zh); by default as the system does. Any command takes it; so does DANLU_LANG.",
    "界面语言：英文（en）或中文（zh），默认跟随系统；所有命令都可使用，也可设环境变量 DANLU_LANG。",
)
SERVER_HELP = Text(
    "Do the command that follows in a running studio: short for `danlu remote COMMAND --server URL`.",
    "在正在运行的 studio 中执行后面的命令：等同于 `danlu remote 命令 --server 地址`。",
)


def _take_server(arguments: Sequence[str]) -> list[str]:
    """`--server URL` before the command means the command of that name of `danlu remote`."""
    if not arguments or arguments[0].partition("=")[0] != "--server":
        return list(arguments)
    first, *rest = arguments
    if "=" not in first:
        if not rest:
            raise UserError("--server needs an address.", "--server 需要一个地址。")
        first, *rest = f"{first}={rest[0]}", *rest[1:]
    return ["remote", *rest[:1], *([first] if rest else []), *rest[1:]]


def _take_language(arguments: Sequence[str]) -> list[str]:
    """Take `--lang` out of the arguments, wherever it stands, and set the language before anything is said."""
    set_language(None)
    rest, given, taking = list[str](), None, False
    for index, argument in enumerate(arguments):
        if argument == "--":
            rest += arguments[index:]
            break
        if taking:
            given, taking = argument, False
        elif argument == "--lang":
            taking, given = True, ""
        elif argument.startswith("--lang="):
            given = argument.partition("=")[2]
        else:
            rest.append(argument)
    if given is None:
        return rest
    if given not in ("en", "zh"):
        raise UserError("--lang must be en or zh.", "--lang 只能是 en 或 zh。")
    set_language(given)
    return rest


def _quieten_libraries() -> None:
    """Before they are imported: no look-ups on the network, no chatter, no spinning; what matters is said by us."""
    defaults = {
        "OMP_WAIT_POLICY": "PASSIVE",  # spinning threads make a step many times slower beside any other busy program
        "HF_HUB_OFFLINE": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "TRANSFORMERS_VERBOSITY": "error",
        "DIFFUSERS_VERBOSITY": "error",
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
    for name, value in defaults.items():
        os.environ.setdefault(name, value)


def _complain(sentence: str) -> int:
    mark = click.style(pick("Error: ", "错误："), fg="red", bold=True)
    click.echo(f"{mark}{visible(sentence)}", err=True)
    return 2
