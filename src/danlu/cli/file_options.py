"""What `danlu merge`, `resize`, `extract` and `convert` have in common: options, and how a written file is told of."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from danlu.cli.datasets import FOLDER
from danlu.cli.output import say, say_json
from danlu.cli.speech import JSON_HELP, option
from danlu.kit.errors import UserError
from danlu.kit.language import Text
from danlu.kit.quantities import format_bytes, percent

if TYPE_CHECKING:
    from danlu.adapters.algebra import Cut
    from danlu.pipeline.derived import Derived

F = TypeVar("F", bound=Callable[..., Any])
ADAPTER = Text("Adapter file.", "LoRA 文件。")
OUT = Text("File to write (.safetensors).", "要写入的文件（.safetensors）。")
OWN_BASE = Text(
    "The base that they were made for: needed for DoRA and for kinds other than LoRA, else only checked against.",
    "训练时所用的底模：DoRA 及 LoRA 以外的类型需要，其他情况仅用于检查。",
)
PRECISIONS = click.Choice(["fp32", "fp16", "bf16"])
PRECISION = Text("Number format of the result; default: that of what goes in.", "保存精度；默认与输入相同。")


def _options(*made: Callable[[F], F]) -> Callable[[F], F]:
    """Several options as one decorator, in order."""

    def apply(function: F) -> F:
        for one in reversed(made):
            function = one(function)
        return function

    return apply


out_options = _options(
    option("--out", "-o", type=FOLDER, required=True, text=OUT),
    option("--overwrite", is_flag=True, text=Text("Replace the file if it is there.", "若文件已存在则覆盖。")),
    option("--json", "as_json", is_flag=True, text=JSON_HELP),
)
cut_options = _options(
    option("--rank", type=click.IntRange(1), text=Text("Cut each layer to at most this rank.", "每层的 rank 上限。")),
    option(
        "--keep",
        type=click.FloatRange(0, 1, min_open=True),
        text=Text(
            "Cut each layer to the lowest rank that keeps this share of its change, as 0.95.",
            "每层取能保留此比例改变量的最小 rank，如 0.95。",
        ),
    ),
    option(
        "--ratio",
        type=click.FloatRange(1),
        text=Text(
            "Keep singular values of at least the layer's largest divided by this, as 20.",
            "只保留不小于最大奇异值除以此数的奇异值，如 20。",
        ),
    ),
)


def make_cut(rank: int | None, keep: float | None, ratio: float | None) -> "Cut | None":
    """What the options ask for; None if none is given."""
    from danlu.adapters.algebra import Cut

    return None if rank is None and keep is None and ratio is None else Cut(rank, keep, ratio)


def require_cut(cut: "Cut | None") -> "Cut":
    """Raise `UserError` if none of the options is given."""
    if cut is None:
        raise UserError(
            "how far to cut isn't said: give --rank, --keep or --ratio.",
            "没有指定截取到多少：请给出 --rank、--keep 或 --ratio。",
        )
    return cut


def tell_notes(notes: Iterable[Text]) -> None:
    """What of the files that were read isn't in the one that was written."""
    for one in notes:
        say(Text(f"Note: {one.en}", f"注意：{one.zh}"))


def tell_derived(made: "Derived", *, as_json: bool) -> None:
    """What was written, and how much of the change it keeps."""
    if as_json:
        say_json(made.facts())
        return
    ranks = f"{made.ranks[0]}–{made.ranks[-1]}" if len(made.ranks) > 1 else str(made.ranks[0])
    size = format_bytes(made.path.stat().st_size)
    say(
        Text(
            f"Wrote {made.path}: {len(made.layers)} layers, rank {ranks}, {made.precision}, {size}.",
            f"已写入 {made.path}：{len(made.layers)} 层，rank {ranks}，{made.precision}，{size}。",
        )
    )
    tell_notes(made.notes)
    if made.norms:
        say(Text(f"{made.norms} norms are kept as they are.", f"{made.norms} 个归一化层的改变量原样保留。"))
    if made.left_out:
        say(
            Text(
                f"Changes of biases are left out, {percent(made.left_out_share, 2)} of the whole: a LoRA can't hold "
                "them.",
                f"偏置的改变量（占总量 {percent(made.left_out_share, 2)}）已略去：LoRA 无法保存偏置。",
            )
        )
    name, worst = min(made.layers.items(), key=lambda item: item[1].share)
    if worst.share > 1 - 1e-6:
        say(Text("All of the change is kept.", "完整保留了全部改变量。"))
        return
    say(
        Text(
            f"{percent(made.kept, 2)} of the change is kept; least in {name}: {percent(worst.share, 2)}.",
            f"保留了 {percent(made.kept, 2)} 的改变量；最少的层为 {name}：{percent(worst.share, 2)}。",
        )
    )
