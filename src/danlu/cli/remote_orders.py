"""Jobs handed in to a running studio from the command line: cropping, tagging, training."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from danlu.cli.datasets import FOLDER
from danlu.cli.output import note, say
from danlu.cli.recipes import SET, THEMES
from danlu.cli.remote_jobs import server_option, title_of, watch_until_over
from danlu.cli.speech import Example, argument, command, option
from danlu.kit.errors import UserError
from danlu.kit.language import Text
from danlu.kit.places import EMBEDDED_BASE, EMBEDDED_TAGGER

if TYPE_CHECKING:
    from danlu.client.studio import Studio

F = TypeVar("F", bound=Callable[..., Any])
DATASET = Text("Name or id of a dataset.", "数据集的名称或 id。")


def _watch_option(function: F) -> F:
    return option("--watch", is_flag=True, text=Text("Watch it until it is over.", "一直显示进度，直到结束。"))(
        function
    )


@command("crop", Example("danlu remote crop Mei --watch", Text("around the subject", "聚焦主体裁剪")))
@argument("dataset", text=DATASET)
@option(
    "--focus/--centre", "focus", default=True, text=Text("Around the subject, or the middle.", "聚焦主体，或取中央。")
)
@option("--base", default=EMBEDDED_BASE, show_default=True, text=Text("Id of the base to crop for.", "底模的 id。"))
@option("--sizes", text=Text("Sizes to choose from, as 512x512,512x768.", "可选尺寸，如 512x512,512x768。"))
@option("--overwrite", is_flag=True, text=Text("Also replace boxes that are there.", "已有的裁剪框也重新生成。"))
@_watch_option
@server_option
def crop(dataset: str, *, focus: bool, base: str, sizes: str | None, overwrite: bool, watch: bool, server: str) -> int:
    """Let the studio crop a dataset.

    中文: 让 studio 裁剪数据集。
    """
    from danlu.client.studio import Studio

    studio = Studio(server)
    order = {
        "kind": "crop",
        "dataset_id": studio.find_dataset(dataset).id,
        "mode": "focus" if focus else "centre",
        "base": base,
        "sizes": sizes.replace("，", ",").split(",") if sizes else [],
        "overwrite": overwrite,
    }
    return _submit(studio, order, watch)


@command(
    "tag", Example("danlu remote tag Mei --trigger mei --watch", Text("tags behind a trigger word", "触发词加自动标签"))
)
@argument("dataset", text=DATASET)
@option(
    "--trigger", text=Text("Word that calls the concept; put first in every caption.", "触发词，放在每条标注最前。")
)
@option(
    "--tagger",
    default=EMBEDDED_TAGGER,
    show_default=True,
    text=Text("Id of a tagger of the studio.", "studio 中打标器的 id。"),
)
@option(
    "--threshold",
    type=click.FloatRange(0, 1),
    text=Text("Tags below this score are left out.", "低于该分数的标签不采用。"),
)
@option(
    "--absorb/--keep-all",
    "absorb",
    default=True,
    text=Text(
        "Leave out tags that hold for the whole concept, so that the trigger takes them over; or write all.",
        "去掉整个概念都具有的标签，让触发词吸收这些特征；或全部写出。",
    ),
)
@option(
    "--existing",
    type=click.Choice(["keep", "replace", "append"]),
    default="keep",
    show_default=True,
    text=Text("What happens to captions that are there.", "如何处理已有的标注。"),
)
@_watch_option
@server_option
def tag(dataset: str, *, watch: bool, server: str, **order: Any) -> int:
    """Let the studio write captions for a dataset.

    中文: 让 studio 为数据集自动打标。
    """
    from danlu.client.studio import Studio

    studio = Studio(server)
    dataset_id = studio.find_dataset(dataset).id
    return _submit(studio, {"kind": "tag", "dataset_id": dataset_id, **order}, watch)


@command(
    "train",
    Example("danlu remote train Mei recipe.toml --watch", Text("by a recipe", "按配方训练")),
    Example("danlu remote train Mei --theme anime", Text("with settings that suit the dataset", "使用推荐参数")),
)
@argument("dataset", text=DATASET)
@argument(
    "recipe",
    required=False,
    type=FOLDER,
    text=Text("Recipe file; default: settings that suit the dataset.", "配方文件；默认使用适合该数据集的参数。"),
)
@option("--name", text=Text("What the training is called.", "训练的名称。"))
@option("--theme", type=click.Choice(THEMES), text=Text("Without a recipe: what is drawn.", "无配方时：训练的主题。"))
@option("--base", text=Text("Id of a base of the studio.", "studio 中底模的 id。"))
@option("--set", "overrides", multiple=True, metavar="KEY=VALUE", text=SET)
@_watch_option
@server_option
def train(
    dataset: str,
    recipe: Path | None,
    *,
    name: str | None,
    theme: str | None,
    base: str | None,
    overrides: tuple[str, ...],
    watch: bool,
    server: str,
) -> int:
    """Let the studio train on a dataset. What the recipe says of the dataset's folder is ignored.

    中文: 让 studio 用数据集训练。配方中的数据集路径会被忽略。
    """
    from danlu.client.studio import Studio
    from danlu.recipe import apply_override, read_values

    if recipe is not None and theme is not None:
        raise UserError(
            "--theme has no effect with a recipe: leave one out.", "已给出配方，--theme 不起作用：请去掉其一。"
        )
    studio = Studio(server)
    dataset_id = studio.find_dataset(dataset).id
    if recipe is None:
        draft = studio.draft(dataset_id, base or EMBEDDED_BASE, theme or "standard")
        for notice in draft.notices:
            note(Text(notice.en, notice.zh))
        values = draft.recipe
    else:
        values = read_values(recipe)
        if base is not None:
            apply_override(values, f"base.path={base}")
    for one in overrides:
        apply_override(values, one)
    order = {"kind": "train", "dataset_id": dataset_id, "recipe": values, "name": name}
    return _submit(studio, order, watch)


def _submit(studio: "Studio", order: dict[str, Any], watch: bool) -> int:
    job = studio.submit(order)
    say(job.id)
    if not watch:
        title = title_of(job)
        note(
            Text(
                f"Queued: {title.en}. Watch it: danlu remote watch {job.id}",
                f"已排队：{title.zh}。查看进度：danlu remote watch {job.id}",
            )
        )
        return 0
    return watch_until_over(studio, job.id)


ORDER_COMMANDS = (crop, tag, train)
