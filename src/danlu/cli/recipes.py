"""`danlu init`, `import`, `export` and `plan`: recipes written, taken over, passed on, and what they will do."""

from dataclasses import asdict
from pathlib import Path

import click

from danlu.cli.datasets import DATASET, FOLDER
from danlu.cli.output import keep_existing, note, say, say_json
from danlu.cli.speech import JSON_HELP, Example, argument, command, option
from danlu.kit.language import Text
from danlu.kit.places import EMBEDDED_BASE

RECIPE = Text("Recipe file (TOML), as `danlu init` writes it.", "配方文件（TOML），由 `danlu init` 生成。")
SET = Text(
    "Override one setting, as optimizer.lr=1e-4; may be repeated.", "覆盖一项设置，如 optimizer.lr=1e-4，可重复。"
)
THEMES = ("anime", "real", "2.5d", "standard")


@command(
    "init",
    Example("danlu init ./pictures", Text("for the embedded base", "使用内置底模")),
    Example(
        "danlu init ./pictures --base ./anything-v5 --theme anime -o anime.toml",
        Text("settings that suit anime characters", "适合二次元人物的设置"),
    ),
)
@argument("dataset", text=DATASET, type=FOLDER)
@option("--base", default=EMBEDDED_BASE, show_default=True, text=Text("Base to train for.", "底模。"))
@option(
    "--theme",
    type=click.Choice(THEMES),
    text=Text(
        "Preset: anime character, real person, 2.5D, or standard (the default).",
        "预设：二次元人物、真实人物、2.5D 或标准（默认）。",
    ),
)
@option("--out", "-o", type=FOLDER, default="recipe.toml", show_default=True, text=Text("File to write.", "保存位置。"))
@option("--overwrite", is_flag=True, text=Text("Replace the file if it is there.", "若文件已存在则覆盖。"))
def init(dataset: Path, *, base: str, theme: str | None, out: Path, overwrite: bool) -> None:
    """Write a recipe for a dataset: settings that suit its size, the base and the theme, each with a comment.

    中文: 为数据集生成配方：根据图片数量、底模和主题选好参数，每项都有注释。
    """
    from danlu.pipeline.start import require_effect, start_recipe

    keep_existing(out, overwrite)
    if theme is not None:
        require_effect(theme, base)
    start_recipe(
        dataset,
        out,
        base=base,
        theme=theme or "standard",
        on_notice=tell_notice,
    )
    _tell_next(out)


def tell_notice(text: Text) -> None:
    """What the user should know though nothing is wrong."""
    note(Text(f"Note: {text.en}", f"注意：{text.zh}"))


@command(
    "import",
    Example("danlu import kohya.json -o recipe.toml", Text("settings saved by kohya's GUI", "kohya GUI 保存的设置")),
    Example(
        "danlu import config.toml --dataset ./pictures",
        Text("sd-scripts' --config_file", "sd-scripts 的 --config_file"),
    ),
    Example(
        "danlu import training_config.toml dataset_config.toml",
        Text("settings and pictures in two files", "训练设置与数据集设置分在两个文件"),
    ),
)
@argument(
    "files",
    text=Text(
        "Settings of kohya's GUI (JSON) or sd-scripts (TOML); also together with their dataset config.",
        "kohya GUI（JSON）或 sd-scripts（TOML）的设置文件；也可连同其数据集配置一起给出。",
    ),
    type=FOLDER,
    nargs=-1,
    required=True,
)
@option(
    "--dataset",
    type=FOLDER,
    default=None,
    text=Text("Pictures to use instead of those that the file names.", "改用此图片文件夹。"),
)
@option(
    "--base",
    default=None,
    text=Text("Base model to train for, instead of the one that the file names.", "改用此底模，而非文件中指定的。"),
)
@option("--set", "overrides", multiple=True, metavar="KEY=VALUE", text=SET)
@option("--out", "-o", type=FOLDER, default="recipe.toml", show_default=True, text=Text("File to write.", "保存位置。"))
@option("--overwrite", is_flag=True, text=Text("Replace the file if it is there.", "若文件已存在则覆盖。"))
def import_settings(
    files: tuple[Path, ...],
    *,
    dataset: Path | None,
    base: str | None,
    overrides: tuple[str, ...],
    out: Path,
    overwrite: bool,
) -> None:
    """Make a recipe from kohya's settings. What a recipe can't hold becomes the nearest that it can; each setting is
    told: carried over, changed, or not carried over, and why.

    中文: 从 kohya 的设置生成配方；无法照搬的取最接近的值，并逐项说明：沿用、更改或没有沿用，以及原因。
    """
    from danlu.cli.fates import lines_of
    from danlu.interop.kohya.incoming.recipes import import_kohya, write_imported

    keep_existing(out, overwrite)
    imported = import_kohya(*files, dataset=dataset, base=base)
    write_imported(imported, out, overrides)
    for line in lines_of(imported.fates):
        say(line)
    _tell_next(out)


@command(
    "export",
    Example(
        "danlu export kohya recipe.toml -o for-kohya",
        Text("sd-scripts' and the GUI's files", "sd-scripts 与 GUI 的文件"),
    ),
    Example("danlu export kohya runs/mychar -o for-kohya", Text("of a run", "导出某次训练的设置")),
)
@argument("program", type=click.Choice(["kohya"]), text=Text("Whose settings to write.", "导出为哪个程序的设置。"))
@argument("recipe", text=Text("Recipe file or run folder.", "配方文件或训练文件夹。"), type=FOLDER)
@option("--set", "overrides", multiple=True, metavar="KEY=VALUE", text=SET)
@option(
    "--out", "-o", type=FOLDER, default="kohya", show_default=True, text=Text("Folder to write.", "保存到的文件夹。")
)
@option("--overwrite", is_flag=True, text=Text("Replace files that are there.", "若文件已存在则覆盖。"))
@option("--json", "as_json", is_flag=True, text=JSON_HELP)
def export_settings(
    program: str, recipe: Path, *, overrides: tuple[str, ...], out: Path, overwrite: bool, as_json: bool
) -> None:
    """Write a recipe as kohya's settings, for sd-scripts and for its GUI; tells what isn't carried over, and why.

    sd-scripts takes config.toml, which names dataset_config.toml; the GUI opens kohya_gui.json.
    中文: 把配方写成 kohya 的设置，供 sd-scripts 与其 GUI 使用；并说明哪些没有沿用、为什么。

    sd-scripts 读取 config.toml（其中指明 dataset_config.toml），GUI 打开 kohya_gui.json。
    """
    from danlu.interop.kohya.outgoing.files import export_kohya, read_recipe, write_exported

    exported = export_kohya(read_recipe(recipe, overrides), out)
    write_exported(exported, out, overwrite=overwrite)
    files = [str(out / name) for name in exported.files]
    if as_json:
        untold = [{"setting": one.place, "value": one.value, "reason": one.reason._asdict()} for one in exported.untold]
        say_json({"program": program, "script": exported.script, "files": files, "not_carried_over": untold})
        return
    if exported.untold:
        say(Text("Not carried over, or not exactly:", "没有沿用，或不完全相同："))
    for one in exported.untold:
        say(Text(f"  {one.place} = {one.value}: {one.reason.en}", f"  {one.place} = {one.value}：{one.reason.zh}"))
    say(
        Text(
            f"Wrote {', '.join(files)}. In sd-scripts: accelerate launch {exported.script} --config_file {files[0]}.",
            f"已生成 {'、'.join(files)}。sd-scripts：accelerate launch {exported.script} --config_file {files[0]}",
        )
    )


def _tell_next(out: Path) -> None:
    say(
        Text(
            f"Wrote {out}. Next: danlu plan {out}, then danlu train {out}.",
            f"已生成 {out}。下一步：danlu plan {out}，然后 danlu train {out}。",
        )
    )


@command(
    "plan",
    Example("danlu plan recipe.toml", Text("buckets, steps, file size", "分桶、步数、文件大小")),
    Example("danlu plan recipe.toml --memory", Text("and how much memory a step takes", "以及每步占用多少显存")),
    Example('danlu plan recipe.toml --set training.length="20 epochs" --json', Text("what if", "试算")),
)
@argument("recipe", text=RECIPE, type=FOLDER)
@option("--set", "overrides", multiple=True, metavar="KEY=VALUE", text=SET)
@option(
    "--memory",
    "with_memory",
    is_flag=True,
    text=Text("go through a step and tell its memory; takes seconds", "推演一步并给出显存占用，需要几秒"),
)
@option("--json", "as_json", is_flag=True, text=JSON_HELP)
def plan(recipe: Path, overrides: tuple[str, ...], *, with_memory: bool, as_json: bool) -> None:
    """Show what a recipe will do: buckets, batches, steps, expected time, file size, memory. Nothing is trained.

    中文: 预览配方将要做什么：分桶、批次、步数、预计时间、文件大小、显存。不会开始训练。
    """
    from danlu.cli.plans import say_memory, say_plan
    from danlu.pipeline.plan import plan_survey
    from danlu.pipeline.survey import survey_recipe
    from danlu.recipe import load_recipe

    survey = survey_recipe(load_recipe(recipe, overrides))
    made = plan_survey(survey)
    memory = None
    if with_memory:
        from danlu.pipeline.memory import plan_memory

        memory = plan_memory(survey)
    if as_json:
        told = {} if memory is None else {"memory_bytes": {**asdict(memory), "total": memory.total}}
        say_json({**made.model_dump(mode="json"), **told})
        return
    say_plan(made)
    if memory is not None:
        from danlu.pipeline.memory import plan_with_checkpointing

        say_memory(memory, plan_with_checkpointing(survey))
