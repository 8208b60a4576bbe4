"""`danlu dataset view` and `danlu dataset mirror`: further views of a picture, and from which side it is shown."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from danlu.cli.changes import dry_run_option, make_change
from danlu.cli.output import note
from danlu.cli.speech import Example, argument, command, group, option
from danlu.kit.errors import UserError
from danlu.kit.language import Text

if TYPE_CHECKING:
    from danlu.datasets.pictures import Box, Mirror

DATASET = Text("The dataset's folder.", "数据集文件夹。")
PICTURE = Text("The picture, as danlu.toml names it.", "图片名（同 danlu.toml 中的写法）。")
NAME = Text("The view's name, as face or half body.", "视图名称，如 face 或 半身。")
FOLDER = click.Path(path_type=Path)
SIDES: "dict[str, Mirror | None]" = {"on": True, "off": False, "always": "always", "auto": None}


@command(
    "add",
    Example("danlu dataset view add ./pictures 01.png face --box 140,20,396,276", Text("a close-up", "特写")),
    Example(
        "danlu dataset view add ./pictures 01.png other --mirror always --repeats 3",
        Text("the mirror image, with repeats of its own", "镜像副本，单独设置重复次数"),
    ),
)
@argument("dataset", text=DATASET, type=FOLDER)
@argument("picture", text=PICTURE)
@argument("name", text=NAME)
@option(
    "--box",
    metavar="LEFT,TOP,RIGHT,BOTTOM",
    text=Text(
        "What it shows, in pixels of the upright picture; default: all.", "显示的区域（像素，转正后）；默认整张。"
    ),
)
@option("--repeats", type=click.IntRange(1, 10_000), text=Text("Its own repeats.", "单独的重复次数。"))
@option(
    "--mirror",
    type=click.Choice(["on", "off", "always"]),
    text=Text("Also mirrored, never, or only mirrored.", "on 也用镜像，off 不镜像，always 只用镜像。"),
)
@dry_run_option
def add_view(
    dataset: Path, picture: str, name: str, *, box: str | None, repeats: int | None, mirror: str | None, dry_run: bool
) -> None:
    """Train on a further view of a picture: a close-up, the upper half, the mirror image.

    It counts as a picture of its own, with its own repeats. Its caption is a.NAME.txt beside a.png if you write one,
    else the picture's.
    中文: 为图片增加一个视图：特写、半身、镜像等。

    视图与图片一样参与训练，可单独设置重复次数；标注为图片旁的 a.视图名.txt，没有则同图片。
    """
    from danlu.composition.views import add_view as contents_of
    from danlu.datasets.manifest import ViewFacts
    from danlu.datasets.scan import scan_dataset

    said = {"crop": read_box(box) if box else None, "repeats": repeats, "mirror": SIDES[mirror] if mirror else None}
    facts = ViewFacts.model_validate({key: value for key, value in said.items() if value is not None})
    after = contents_of(scan_dataset(dataset), picture, name, facts)
    title = Text(f"view {picture}#{name}", f"视图 {picture}#{name}")
    make_change(dataset, title, after, dry_run=dry_run)


@command("remove", Example("danlu dataset view remove ./pictures 01.png face", Text("no longer", "不再使用")))
@argument("dataset", text=DATASET, type=FOLDER)
@argument("picture", text=PICTURE)
@argument("name", text=NAME)
@dry_run_option
def remove_view(dataset: Path, picture: str, name: str, *, dry_run: bool) -> None:
    """Take a view of a picture away; a caption file of its own stays.

    中文: 删除图片的一个视图；其标注文件会保留。
    """
    from danlu.composition.views import remove_view as contents_of
    from danlu.datasets.scan import scan_dataset

    after = contents_of(scan_dataset(dataset), picture, name)
    make_change(dataset, Text(f"no view {picture}#{name}", f"删除视图 {picture}#{name}"), after, dry_run=dry_run)


@command(
    "mirror",
    Example("danlu dataset mirror ./pictures on", Text("all pictures, half of the time", "所有图片，平均每两次一次")),
    Example("danlu dataset mirror ./pictures 01.png 02.png off", Text("never these", "这些从不镜像")),
    Example("danlu dataset mirror ./pictures auto", Text("as the recipe says", "由配方决定")),
)
@argument("dataset", text=DATASET, type=FOLDER)
@argument(
    "pictures",
    text=Text("Pictures or views, also as 4_hero/*; default: all.", "图片或视图，可用 4_hero/* 通配；默认全部。"),
    nargs=-1,
)
@argument(
    "side",
    text=Text("on, off, always or auto.", "on、off、always 或 auto。"),
    metavar="SIDE",
    type=click.Choice([*SIDES]),
)
@dry_run_option
def set_mirror(dataset: Path, pictures: tuple[str, ...], side: str, *, dry_run: bool) -> None:
    """Say from which side pictures are shown: on: mirrored half of the time; off: never, even if the recipe flips;
    always: only mirrored; auto: as the recipe's dataset.augmentation.flip says.

    中文: 设置图片是否镜像：on 平均每两次镜像一次；off 从不镜像（即使配方开启翻转）；always 只用镜像；
    auto 由配方的 dataset.augmentation.flip 决定。
    """
    from danlu.composition.views import set_mirror as mirroring_of
    from danlu.datasets.scan import scan_dataset

    found = mirroring_of(scan_dataset(dataset), pictures, SIDES[side])
    for name, word in found.sided[:5]:
        note(
            Text(
                f"Note: '{name}' speaks of \"{word}\", which has a side: mirrored, it is learnt on both.",
                f"注意：“{name}”提到“{word}”，与左右有关：镜像后两边都会学到。",
            )
        )
    if len(found.sided) > 5:
        note(Text(f"… and {len(found.sided) - 5} more.", f"…… 另有 {len(found.sided) - 5} 项。"))
    some = ", ".join(pictures)
    title = Text(f"mirror {side}: {some or 'all pictures'}", f"镜像 {side}：{some or '全部图片'}")
    make_change(dataset, title, found.contents, dry_run=dry_run)


def read_box(text: str) -> "Box":
    """Read LEFT,TOP,RIGHT,BOTTOM. Raises `UserError` if it is none."""
    from danlu.datasets.pictures import Box

    parts = text.replace(" ", "").split(",")
    if len(parts) != 4 or not all(part.lstrip("-").isdecimal() for part in parts):
        raise UserError(
            f"--box '{text}' is no box: write left,top,right,bottom in pixels, as in 140,20,396,276.",
            f"--box “{text}”不是裁剪框：请写成 左,上,右,下（像素），如 140,20,396,276。",
        )
    return Box(*map(int, parts))


view = group(
    "view",
    add_view,
    remove_view,
    docstring="""Further views of a picture, each trained on as a picture of its own.

    中文: 图片的其他视图，每个视图都像一张图片一样参与训练。
    """,
    examples=(
        Example("danlu dataset view add ./pictures 01.png face --box 140,20,396,276", Text("a close-up", "特写")),
    ),
)
