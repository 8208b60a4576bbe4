"""`danlu dataset show`: what the model will see of a picture."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from danlu.cli.output import say, say_json, say_title
from danlu.cli.speech import JSON_HELP, Example, argument, command, option
from danlu.kit.errors import UserError
from danlu.kit.language import Text
from danlu.kit.places import EMBEDDED_BASE

if TYPE_CHECKING:
    from danlu.pipeline.seen import Seen, SeenCaption
    from danlu.recipe import Recipe

DATASET = Text("The dataset's folder.", "数据集文件夹。")
FOLDER = click.Path(path_type=Path)


@command(
    "show",
    Example(
        "danlu dataset show ./pictures 01.png", Text("with settings as danlu init gives them", "按 danlu init 的设置")
    ),
    Example(
        "danlu dataset show ./pictures 01.png#face --recipe recipe.toml --html seen.html",
        Text("a view, in a recipe's run, as a page", "某个视图，按配方，输出网页"),
    ),
)
@argument("dataset", text=DATASET, type=FOLDER)
@argument("picture", text=Text("A picture or view.", "图片或视图。"))
@option(
    "--recipe", type=FOLDER, text=Text("The recipe of the run; default: a first one.", "训练配方；默认用初始配方。")
)
@option("--base", text=Text("The base, without a recipe; default: danlu-mini.", "没有配方时的底模；默认 danlu-mini。"))
@option(
    "--count", type=click.IntRange(1, 100), default=5, show_default=True, text=Text("How many captions.", "标注条数。")
)
@option("--html", "page", type=FOLDER, text=Text("Write a page with the pictures.", "写出带图片的网页。"))
@option("--json", "as_json", is_flag=True, text=JSON_HELP)
@option("--pixels", is_flag=True, text=Text("With --json: the pictures too, as data:.", "配合 --json：同时输出图像。"))
def show_picture(
    dataset: Path,
    picture: str,
    *,
    recipe: Path | None,
    base: str | None,
    count: int,
    page: Path | None,
    as_json: bool,
    pixels: bool,
) -> None:
    """Show what the model will see of a picture: which part in which bucket, from which sides, and its first captions
    as they are after shuffle and dropout, with the marks where CLIP's portions of 75 tokens end.

    中文: 查看模型会看到什么：使用哪个区域、进入哪个桶、是否镜像，以及打乱和丢弃之后最先出现的几条标注，
    并标出 CLIP 每 75 个 token 的分段位置。
    """
    from danlu.pipeline.seen import see_picture, write_page

    if pixels and not as_json:
        raise UserError("--pixels goes into --json: give both, or --html.", "--pixels 须与 --json 同用；或用 --html。")
    seen = see_picture(_recipe_of(dataset, recipe, base), picture, count=count)
    if page:
        write_page(seen, page)
    if as_json:
        say_json(_as_dict(seen, pixels=pixels))
        return
    _say_seen(seen)
    if page:
        say(Text(f"Page: {page}", f"网页：{page}"))


def _recipe_of(dataset: Path, recipe: Path | None, base: str | None) -> "Recipe":
    if recipe is not None:
        if base is not None:
            raise UserError("--base and --recipe exclude each other.", "--base 与 --recipe 只能用一个。")
        from danlu.recipe import load_recipe

        return load_recipe(recipe, [f"dataset.path={dataset.absolute()}"])
    from danlu.pipeline.start import draft_recipe

    draft = draft_recipe(dataset, dataset.absolute() / "recipe.toml", base=base or EMBEDDED_BASE)
    told = draft.dataset.model_copy(update={"path": str(dataset), "skip_broken": True})
    return draft.model_copy(update={"dataset": told})


def _say_seen(seen: "Seen") -> None:
    from danlu.pipeline.seen import tell_rendition

    picture, bucket = seen.picture, seen.bucket
    box = "{:.0f},{:.0f} – {:.0f},{:.0f}".format(*seen.box)
    say_title(picture.name)
    say(
        Text(
            f"{seen.concept.name}, {picture.repeats} repeats; {box} of {picture.size}, scaled by {seen.scale:.2f} to "
            f"{bucket}",
            f"{seen.concept.name}，重复 {picture.repeats} 次；取 {picture.size} 中的 {box}，"
            f"缩放 {seen.scale:.2f} 倍到 {bucket}",
        )
    )
    ways = [tell_rendition(one) for one in seen.renditions]
    shown, more = Text("; ".join(one.en for one in ways[:6]), "；".join(one.zh for one in ways[:6])), len(ways) - 6
    said = Text(f" and {more} more", f" 等 {len(ways)} 种") if more > 0 else Text("", "")
    say(Text(f"Shown: {shown.en}{said.en}", f"展示方式：{shown.zh}{said.zh}"))
    if seen.held_out:
        say(Text("Held out for validation: measured, never trained on.", "留作验证：只测量，不参与训练。"))
    if not seen.captions:
        say(Text("The run doesn't show this picture.", "本次训练不会用到这张图片。"))
    for one in seen.captions:
        way = tell_rendition(one.rendition)
        when = Text(f"epoch {one.epoch}, step {one.step}, ", f"第 {one.epoch} 轮第 {one.step} 步，")
        when = when if one.epoch else Text("", "")
        say()
        say(Text(f"{when.en}{way.en}, {one.tokens} tokens:", f"{when.zh}{way.zh}，{one.tokens} 个 token："))
        say(f"  {_marked(one)}")


def _marked(caption: "SeenCaption") -> str:
    """The text with a mark where each portion ends, and where reading does."""
    text = ""
    for number, (portion, _) in enumerate(caption.portions, 1):
        text += portion
        if number < len(caption.portions):
            cut = Text(" cut here", " 此后截断") if number == caption.read else Text("", "")
            text += f"⟨{75 * number}{cut}⟩"
    return text or "–"


def _as_dict(seen: "Seen", *, pixels: bool) -> dict[str, object]:
    from danlu.pipeline.seen import MOST_RENDITIONS, png_of

    shown = {"pixels": [png_of(seen.render(one)) for one in seen.renditions[:MOST_RENDITIONS]]} if pixels else {}
    return {
        "name": seen.picture.name,
        "concept": seen.concept.name,
        "repeats": seen.picture.repeats,
        "size": list(seen.picture.size),
        "box": [round(edge, 3) for edge in seen.box],
        "bucket": list(seen.bucket),
        "scale": round(seen.scale, 4),
        "held_out": seen.held_out,
        "renditions": [one._asdict() for one in seen.renditions],
        **shown,
        "captions": [
            {
                "epoch": one.epoch,
                "step": one.step,
                **one.rendition._asdict(),
                "tokens": one.tokens,
                "portions": [text for text, _ in one.portions],
                "portions_read": min(one.read, len(one.portions)),
            }
            for one in seen.captions
        ],
    }
