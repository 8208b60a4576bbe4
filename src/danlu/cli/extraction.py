"""`danlu extract`: a LoRA from the difference between two bases."""

from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from danlu.cli.file_options import PRECISIONS, cut_options, make_cut, out_options, require_cut, tell_derived
from danlu.cli.output import keep_existing, progress, say, say_json
from danlu.cli.speech import Example, argument, command, option
from danlu.kit.errors import UserError
from danlu.kit.language import Text
from danlu.kit.quantities import percent

if TYPE_CHECKING:
    from danlu.adapters.base import Preset
    from danlu.adapters.files import SavePrecision


@command(
    "extract",
    Example(
        "danlu extract tuned.safetensors --base ./sd15.safetensors --rank 32 -o style.safetensors",
        Text("what a fine-tuned base learnt, as a LoRA", "把微调过的底模提取成 LoRA"),
    ),
    Example(
        "danlu extract tuned.safetensors --base ./sd15 --keep 0.9 --targets full -o style.safetensors",
        Text("with convolutions, ranks as needed", "包含卷积层，自动选择 rank"),
    ),
)
@argument("tuned", text=Text("The base that was fine-tuned: file or folder.", "微调后的底模：文件或文件夹。"))
@option("--base", required=True, text=Text("The base that it was made from.", "微调前的底模。"))
@cut_options
@option(
    "--conv-rank",
    type=click.IntRange(1),
    text=Text("Rank limit for convolutions larger than 1×1.", "大于 1×1 的卷积层的 rank 上限。"),
)
@option(
    "--targets",
    type=click.Choice(["attention", "attention+mlp", "full", "all"]),
    default="attention+mlp",
    show_default=True,
    text=Text("Which layers, as adapter.targets in a recipe.", "提取哪些层，同配方中的 adapter.targets。"),
)
@option(
    "--text-encoder/--no-text-encoder",
    default=True,
    text=Text("Also the text encoder's layers.", "是否包含文本编码器。"),
)
@option("--precision", type=PRECISIONS, default="fp16", show_default=True, text=Text("Number format.", "保存精度。"))
@out_options
def extract(
    tuned: str,
    *,
    base: str,
    rank: int | None,
    keep: float | None,
    ratio: float | None,
    conv_rank: int | None,
    targets: str,
    text_encoder: bool,
    precision: str,
    out: Path,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Make a LoRA of the difference between two bases, and say how much of it that holds.

    中文: 由两个底模之差提取 LoRA，并说明它包含了多少差异。
    """
    from danlu.pipeline.extract import Wanted, extract_adapter

    keep_existing(out, overwrite)
    if conv_rank and targets not in ("full", "all"):
        raise UserError(
            f"--conv-rank has no effect with --targets {targets}: leave it out, or choose --targets full.",
            f"--targets 为 {targets} 时 --conv-rank 不起作用：请删去，或使用 --targets full。",
        )
    cut = require_cut(make_cut(rank, keep, ratio))
    made = extract_adapter(
        base,
        tuned,
        out,
        Wanted(cut, cast("Preset", targets), text_encoder, conv_rank),
        precision=cast("SavePrecision", precision),
        on_layer=progress(Text("Comparing layers", "比较各层")),
    )
    if as_json:
        say_json({**made.derived.facts(), "unchanged": made.unchanged, "elsewhere": made.elsewhere})
        return
    tell_derived(made.derived, as_json=False)
    if made.elsewhere > 0.01:
        say(
            Text(
                f"{percent(made.elsewhere, 1)} of the whole difference lies elsewhere (other layers, norms, biases), "
                "which "
                "this file doesn't hold.",
                f"全部差异中有 {percent(made.elsewhere, 1)} 位于其他位置（其他层、归一化、偏置），此文件不包含。",
            )
        )
