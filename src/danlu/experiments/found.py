"""What a search for the rate leaves behind: its chart, and the recipe with the rate that it found, for AdamW and Lion.

The recipes are the user's own with another optimizer table; on top they say where the number comes from.
"""

from pathlib import Path
from typing import Any

from danlu.experiments.rate import SLACK, RateCurve
from danlu.kit.errors import UserError
from danlu.kit.files import write_atomically
from danlu.kit.language import Text, language, pick
from danlu.kit.path_settings import with_paths
from danlu.kit.quantities import percent
from danlu.optimizers.base import Optimizer
from danlu.optimizers.kinds.adamw import AdamW
from danlu.optimizers.kinds.adamw8bit import AdamW8bit
from danlu.optimizers.kinds.lion import Lion
from danlu.pipeline.charts import Line, line_chart
from danlu.pipeline.start import path_from
from danlu.recipe import Recipe, parse_recipe, render_recipe
from danlu.rundir.layout import RunFolder

LION_SHARE = 1 / 3
"""Lion moves every number by its whole rate at each step, where Adam moves it by less: it wants a third."""
HIGHEST = 0.1
"""AdamW and Lion take no higher rate."""


def found_paths(recipe: Path, out: Path | None) -> tuple[Path, Path]:
    """Where the recipes for AdamW and Lion go: NAME-adamw.toml and NAME-lion.toml, NAME from `out` or the recipe."""
    name = out if out is not None else recipe
    plain = name.with_suffix("") if name.suffix == ".toml" else name
    return plain.with_name(f"{plain.name}-adamw.toml"), plain.with_name(f"{plain.name}-lion.toml")


def with_rate(recipe: Recipe, rate: float) -> tuple[Recipe, Recipe]:
    """The recipe for AdamW (or AdamW8bit, if it is meant for that) at a rate, and for Lion at a third of it.

    Other settings of these optimizers stay as the recipe has them, and the text encoders' share of the rate too. Raises
    `UserError` for a rate that no recipe takes.
    """
    if rate > HIGHEST:
        raise UserError(
            f"D-Adaptation came to a rate of {rate:.2g}, and AdamW takes at most {HIGHEST:g}: the search went astray. "
            "Try a larger training.batch_size, or another adapter.",
            f"D-Adaptation 得到的学习率为 {rate:.2g}，而 AdamW 最多为 {HIGHEST:g}：搜索已失常。"
            "请增大 training.batch_size，或换一种 adapter。",
        )
    adam = AdamW8bit() if isinstance(recipe.optimizer, AdamW8bit) else AdamW()
    return _with_optimizer(recipe, adam, rate), _with_optimizer(recipe, Lion(), rate * LION_SHARE)


def _with_optimizer(recipe: Recipe, wanted: Optimizer, rate: float) -> Recipe:
    own = recipe.optimizer
    settled = own if isinstance(own, type(wanted)) else wanted
    share = None if own.text_encoder_lr is None else own.text_encoder_lr / own.lr
    rates = {"lr": _rounded(rate), "text_encoder_lr": None if share in (None, 1.0) else _rounded(rate * share)}
    return recipe.model_copy(update={"optimizer": settled.model_copy(update=rates)})


def _rounded(rate: float) -> float:
    """Two digits: more would claim a precision that no search has."""
    return float(f"{rate:.1e}")


def write_found(recipe: Recipe, curve: RateCurve, run: RunFolder, paths: tuple[Path, Path]) -> tuple[Recipe, Recipe]:
    """Write the recipes for AdamW and Lion; returns them. Raises `UserError` for a rate that no recipe takes."""
    found = with_rate(recipe, curve.rate)
    for one, path, share in zip(
        found, paths, (Text("", ""), Text("a third of ", "（Lion 取其三分之一）")), strict=True
    ):
        text = render_recipe(_seen_from(path, one), explained=True)
        parse_recipe(_values(text), f"'{path}'")
        write_atomically(path, f"{_origin(one, curve, run, share)}\n\n{text}")
    return found


def _values(text: str) -> dict[str, Any]:
    import tomllib

    return tomllib.loads(text)


def _seen_from(path: Path, recipe: Recipe) -> Recipe:
    """The recipe with the paths of its dataset as seen from the file that it will lie in."""
    dataset = with_paths(recipe.dataset, lambda _, value: path_from(path, Path(value)))
    return recipe.model_copy(update={"dataset": dataset})


def _origin(recipe: Recipe, curve: RateCurve, run: RunFolder, share: Text) -> str:
    """The comment on top of a found recipe: where its rate comes from."""
    batch = recipe.training.batch_size * recipe.training.accumulation
    lines = [
        pick(
            f"`danlu find-rate`: optimizer.lr = {recipe.optimizer.lr:g} is {share.en}what D-Adaptation came to.",
            f"`danlu find-rate`：optimizer.lr = {recipe.optimizer.lr:g} 由 D-Adaptation 得出{share.zh}。",
        ),
        pick(
            f"d·lr was {curve.rate:.3g} after {curve.steps[-1]} steps of up to {batch} pictures: '{run.root}'.",
            f"{curve.steps[-1]} 步（每步最多 {batch} 张图片）之后 d·lr 为 {curve.rate:.3g}：“{run.root}”。",
        ),
        str(told_settled(curve)),
    ]
    if recipe.adapter.text_encoder:
        own = recipe.optimizer.text_encoder_lr is not None
        lines.append(
            pick(
                "D-Adaptation estimates one rate for the U-Net and the text encoders together"
                + ("; the text encoders keep the share of it that your recipe gave them." if own else "."),
                "D-Adaptation 对 U-Net 与文本编码器只估计一个共同的学习率"
                + ("；文本编码器保持你的配方中的比例。" if own else "。"),
            )
        )
    return "\n".join(f"# {line}" for line in lines)


def told_settled(curve: RateCurve) -> str:
    """Whether and when the curve settled, as a sentence."""
    last = curve.steps[-1]
    if curve.is_settled:
        return pick(
            f"It settled after step {curve.settled_at} of {last} (at most {percent(SLACK)} more after that).",
            f"它在第 {curve.settled_at} 步（共 {last} 步）之后稳定（此后增长不超过 {percent(SLACK)}）。",
        )
    return pick(
        f"It was still growing: by {percent(curve.late_growth)} over the last quarter of {last} steps. More steps may "
        "find "
        "a higher rate.",
        f"它仍在增长：在 {last} 步的最后四分之一增长了 {percent(curve.late_growth)}。增加步数可能得到更高的学习率。",
    )


def write_chart(run: RunFolder, curve: RateCurve, name: str) -> Path:
    """Write `rate.html` into the run: d·lr over the steps, marked where it settled. Needs no network, no script."""
    from jinja2 import Environment, PackageLoader
    from markupsafe import Markup

    points = [(float(step), rate) for step, rate in zip(curve.steps, curve.rates, strict=True)]
    marks = [float(curve.settled_at)] if curve.is_settled else []
    svg = line_chart([Line("d·lr", points, "a")], x_label=pick("step", "步"), marks=marks)
    template = Environment(loader=PackageLoader("danlu.experiments", "."), autoescape=True).get_template(
        "rate.html.jinja"
    )
    page = template.render(
        lang="zh-CN" if language() == "zh" else "en",
        title=pick(f"{name}: the rate by D-Adaptation", f"{name}：由 D-Adaptation 寻找学习率"),
        said=pick(f"d·lr came to {curve.rate:.2g}. ", f"d·lr 达到 {curve.rate:.2g}。") + told_settled(curve),
        svg=Markup(svg),  # our own text
    )
    write_atomically(run.rate_chart, page)
    return run.rate_chart
