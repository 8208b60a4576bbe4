"""`danlu dataset export`: a dataset as kohya's folders."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from danlu.cli.output import note, progress, say, say_json, say_table
from danlu.cli.speech import JSON_HELP, Example, argument, command, option
from danlu.kit.language import Text

if TYPE_CHECKING:
    from danlu.datasets.pictures import Dataset
    from danlu.recipe import Recipe

DATASET = Text("The dataset's folder.", "数据集文件夹。")
FOLDER = click.Path(path_type=Path)


@command(
    "export",
    Example("danlu dataset export ./pictures --to ./kohya", Text("folders and dataset_config.toml", "文件夹与配置")),
    Example(
        "danlu dataset export ./pictures --to ./kohya --recipe recipe.toml",
        Text("with the recipe's resolution, buckets and captions", "带上配方的分辨率、分桶与标注设置"),
    ),
)
@argument("dataset", text=DATASET, type=FOLDER)
@option("--to", "out", type=FOLDER, required=True, text=Text("A new folder.", "新的文件夹。"))
@option(
    "--recipe", type=FOLDER, text=Text("Settings for dataset_config.toml.", "为 dataset_config.toml 提供设置的配方。")
)
@option("--copy", is_flag=True, text=Text("Copies instead of hard links.", "复制文件，而不是硬链接。"))
@option("--dry-run", is_flag=True, text=Text("Only show the folders.", "只列出文件夹，不写入。"))
@option("--json", "as_json", is_flag=True, text=JSON_HELP)
def export_dataset(dataset: Path, *, out: Path, recipe: Path | None, copy: bool, dry_run: bool, as_json: bool) -> None:
    """Write a dataset as folders that kohya's programs train on, and read them back to be sure.

    Pictures that are used whole become hard links, which take no space: don't change them there. Cropped, mirrored,
    rotated, transparent ones and views become new PNG files, because kohya knows no crop boxes.
    中文: 把数据集导出为 kohya 可直接训练的文件夹，并读回核对。

    整张使用的图片为硬链接，不占空间，请勿在导出目录中修改；裁剪、镜像、旋转、透明的图片和视图会写成新的 PNG，
    因为 kohya 不支持裁剪框。
    """
    from danlu.interop.kohya.outgoing.dataset import DatasetExport, plan_dataset_export, write_dataset_export

    settings, scanned = _read(dataset, recipe)
    export: DatasetExport = plan_dataset_export(scanned)
    notices = list(export.notices)
    linked = export.linked
    if not dry_run:
        from danlu.interop.kohya.outgoing.dataset_config import write_dataset_config

        shown = progress(Text("Writing", "写入"))
        linked = write_dataset_export(export, out, copy=copy, on_progress=shown)
        notices += write_dataset_config(export, out, settings)
    rows = [
        (folder, len(files), sum(file.picture.repeats for file in files), sum(not file.is_linked for file in files))
        for folder, files in export.folders().items()
    ]
    if as_json:
        keys = ("folder", "pictures", "images", "new_files")
        folders = [dict(zip(keys, row, strict=True)) for row in rows]
        say_json({"folders": folders, "linked": linked, "notices": [str(one) for one in notices]})
        return
    head = (
        Text("folder", "文件夹"),
        Text("pictures", "图片"),
        Text("images an epoch", "每轮张数"),
        Text("new PNG files", "新写的 PNG"),
    )
    say_table(head, rows)
    for notice in notices:
        note(Text(f"Note: {notice.en}", f"注意：{notice.zh}"))
    if not dry_run:
        say(
            Text(
                f"{out}: {linked} links, {len(export.files) - linked} files; read back and found the same.",
                f"{out}：硬链接 {linked} 个，文件 {len(export.files) - linked} 个；读回核对一致。",
            )
        )


def _read(dataset: Path, recipe: Path | None) -> "tuple[Recipe | None, Dataset]":
    """The dataset with the recipe's repeats and regularization pictures, if there is one."""
    if recipe is None:
        from danlu.datasets.scan import scan_dataset

        return None, scan_dataset(dataset)
    from danlu.pipeline.survey import scan_recipe_dataset
    from danlu.recipe import load_recipe

    settings = load_recipe(recipe, [f"dataset.path={dataset.absolute()}"])
    return settings, scan_recipe_dataset(settings)
