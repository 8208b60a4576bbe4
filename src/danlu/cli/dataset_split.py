"""`danlu dataset split`: which pictures are held out for validation."""

from pathlib import Path

import click

from danlu.cli.changes import dry_run_option, make_change
from danlu.cli.output import note, say, say_json
from danlu.cli.speech import JSON_HELP, Example, argument, command, option
from danlu.kit.errors import UserError
from danlu.kit.language import Text

DATASET = Text("The dataset's folder.", "数据集文件夹。")
FOLDER = click.Path(path_type=Path)


@command(
    "split",
    Example("danlu dataset split ./pictures", Text("who is held out, or would be", "查看留出（或将留出）的图片")),
    Example(
        "danlu dataset split ./pictures --share 0.1 --store",
        Text("from now on, in every run", "记录，以后每次训练都用"),
    ),
    Example("danlu dataset split ./pictures --clear", Text("leave it to the recipe again", "重新由配方决定")),
)
@argument("dataset", text=DATASET, type=FOLDER)
@option(
    "--share", type=click.FloatRange(0, 0.5, min_open=True), text=Text("Which share; default: 0.1.", "比例；默认 0.1。")
)
@option("--count", type=click.IntRange(1), text=Text("How many, instead of a share.", "张数，代替比例。"))
@option("--seed", type=click.IntRange(0), default=42, show_default=True, text=Text("Another choice.", "换一种选择。"))
@option("--store", is_flag=True, text=Text("Write the choice into danlu.toml.", "写入 danlu.toml。"))
@option("--clear", is_flag=True, text=Text("Hold nothing out any more.", "不再留出任何图片。"))
@dry_run_option
@option("--json", "as_json", is_flag=True, text=JSON_HELP)
def split(
    dataset: Path,
    *,
    share: float | None,
    count: int | None,
    seed: int,
    store: bool,
    clear: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Show which pictures are held out for validation, or choose them and store the choice with the dataset.

    Near-duplicates and views of one picture are always on one side. Without a stored choice, the recipe's validation
    settings choose in the same way.
    中文: 查看留作验证的图片，或选定并记录在数据集中。

    近似重复的图片和同一图片的视图总在同一侧。没有记录时，由配方的 validation 设置以同样方式选择。
    """
    from danlu.composition.held_out import choose_names, set_held_out, stored_names
    from danlu.datasets.scan import scan_dataset
    from danlu.datasets.soundness import tell_broken, without_broken

    if (clear and (store or share or count)) or (share and count):
        raise UserError(
            "--clear, --share and --count exclude each other: give one of them.",
            "--clear、--share 与 --count 只能用一个。",
        )
    scanned = without_broken(scan_dataset(dataset))
    for text in tell_broken(scanned.problems):
        note(text)
    stored = stored_names(scanned)
    if stored and not (store or clear or share or count):
        names = stored
    elif clear:
        names = []
    else:
        learnt = sum(not scanned.concepts[one.concept].regularization for one in scanned.pictures)
        names = choose_names(scanned, count=count or max(1, round((share or 0.1) * learnt)), seed=seed)
    if as_json:
        say_json({"held_out": names, "stored": names == stored})
    else:
        _say_names(names, len(scanned.files), is_stored=names == stored or (store and not dry_run))
    if store or clear:
        title = Text(f"hold {len(names)} pictures out", f"留出 {len(names)} 张图片")
        make_change(dataset, title, set_held_out(scanned, names), dry_run=dry_run)
    elif dry_run:
        raise UserError(
            "--dry-run has no effect without --store or --clear.", "没有 --store 或 --clear 时 --dry-run 不起作用。"
        )


def _say_names(names: list[str], among: int, *, is_stored: bool) -> None:
    if not names:
        say(Text("No picture is held out.", "没有留出任何图片。"))
        return
    state = Text("stored in danlu.toml", "已记录在 danlu.toml 中") if is_stored else Text("not stored", "未记录")
    say(
        Text(
            f"{len(names)} of {among} pictures are held out ({state.en}):",
            f"{among} 张图片中留出 {len(names)} 张（{state.zh}）：",
        )
    )
    for name in names:
        say(f"  {name}")
