"""`danlu merge`, `resize` and `convert`: new adapter files from finished ones."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from danlu.cli.datasets import FOLDER
from danlu.cli.file_options import (
    ADAPTER,
    OWN_BASE,
    PRECISION,
    PRECISIONS,
    cut_options,
    make_cut,
    out_options,
    require_cut,
    tell_derived,
    tell_notes,
)
from danlu.cli.output import keep_existing, progress, say, say_json
from danlu.cli.speech import Example, argument, command, option
from danlu.kit.errors import UserError
from danlu.kit.language import Text

if TYPE_CHECKING:
    from danlu.adapters.files import SavePrecision
    from danlu.pipeline.convert import Written


@command(
    "merge",
    Example(
        "danlu merge a.safetensors:0.8 b.safetensors:0.5 -o both.safetensors",
        Text("add two adapters up, exactly", "按权重合并两个 LoRA，结果精确"),
    ),
    Example(
        "danlu merge a.safetensors b.safetensors --rank 32 -o both.safetensors",
        Text("cut the sum to a rank", "合并后截取到指定 rank"),
    ),
    Example(
        "danlu merge style.safetensors:0.7 --into ./anything.safetensors -o anything-style.safetensors",
        Text("put an adapter into a base", "把 LoRA 融入底模"),
    ),
)
@argument(
    "adapters",
    nargs=-1,
    required=True,
    metavar="FILE[:WEIGHT]...",
    text=Text("Adapter files, each with its weight.", "LoRA 文件及各自的权重。"),
)
@cut_options
@option("--base", text=OWN_BASE)
@option(
    "--into",
    metavar="BASE",
    text=Text(
        "Write this base with the adapters in its weights, as one file in the original layout.",
        "将 LoRA 融入该底模，写成一个原始格式的完整底模文件。",
    ),
)
@option("--precision", type=PRECISIONS, text=PRECISION)
@out_options
def merge(
    adapters: tuple[str, ...],
    *,
    rank: int | None,
    keep: float | None,
    ratio: float | None,
    base: str | None,
    into: str | None,
    precision: str | None,
    out: Path,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Merge adapters: into one, or into a base.

    LoRAs are added up exactly, each weight counting once; the rank of the result is the sum of theirs unless it is cut.
    Other kinds (LoHa, LoKr, IA³, OFT, DoRA) are worked out on their base and cut to a rank.
    中文: 合并 LoRA：合成一个文件，或融入底模。

    普通 LoRA 的合并是精确的，权重只乘一次；不截取时，结果的 rank 为各 rank 之和。其他类型（LoHa、LoKr、IA³、OFT、
    DoRA）在其底模上算出后截取到指定 rank。
    """
    from danlu.pipeline.combine import merge_adapters
    from danlu.pipeline.pictures import Strength

    keep_existing(out, overwrite)
    stacked, shown = [Strength.parse(text) for text in adapters], progress(Text("Merging layers", "合并各层"))
    if into is not None:
        given = {"--rank": rank, "--keep": keep, "--ratio": ratio, "--base": base}
        _refuse_with_into([name for name, value in given.items() if value is not None])
        _merge_into(stacked, into, out, precision=cast("SavePrecision | None", precision), as_json=as_json)
        return
    made = merge_adapters(
        stacked,
        out,
        cut=make_cut(rank, keep, ratio),
        base=base,
        precision=cast("SavePrecision | None", precision),
        on_layer=shown,
    )
    tell_derived(made, as_json=as_json)


@command(
    "resize",
    Example("danlu resize big.safetensors --rank 16 -o small.safetensors", Text("to a rank", "缩到指定 rank")),
    Example(
        "danlu resize big.safetensors --keep 0.95 --rank 64 -o small.safetensors",
        Text("a rank for each layer, at most 64", "各层自动选择 rank，最多 64"),
    ),
    Example(
        "danlu resize loha.safetensors --base ./sd15.safetensors --rank 32 -o lora.safetensors",
        Text("another kind as a LoRA", "把其他类型转为 LoRA"),
    ),
)
@argument("adapter", type=FOLDER, text=ADAPTER)
@cut_options
@option("--base", text=OWN_BASE)
@option("--precision", type=PRECISIONS, text=PRECISION)
@out_options
def resize(
    adapter: Path,
    *,
    rank: int | None,
    keep: float | None,
    ratio: float | None,
    base: str | None,
    precision: str | None,
    out: Path,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Make an adapter smaller: the nearest LoRA of a lower rank. Says how much of it is kept.

    中文: 缩小 LoRA：以更低的 rank 做最佳近似，并说明保留了多少。
    """
    from danlu.pipeline.combine import resize_adapter

    keep_existing(out, overwrite)
    made = resize_adapter(
        adapter,
        out,
        require_cut(make_cut(rank, keep, ratio)),
        base=base,
        precision=cast("SavePrecision | None", precision),
        on_layer=progress(Text("Resizing layers", "处理各层")),
    )
    tell_derived(made, as_json=as_json)


@command(
    "convert",
    Example(
        "danlu convert kohya.safetensors -o pytorch_lora_weights.safetensors",
        Text("for diffusers", "供 diffusers 使用"),
    ),
    Example(
        "danlu convert pytorch_lora_weights.safetensors -o kohya.safetensors",
        Text("for A1111, Forge and ComfyUI", "供 A1111、Forge、ComfyUI 使用"),
    ),
    Example("danlu convert old.ckpt -o old.safetensors", Text("a pickle's tensors", "提取 pickle 文件中的张量")),
)
@argument(
    "file",
    type=FOLDER,
    text=Text("Adapter file, or any pickle (.ckpt, .pt, .bin).", "LoRA 文件，或任何 pickle 文件（.ckpt、.pt、.bin）。"),
)
@option(
    "--to",
    type=click.Choice(["kohya", "diffusers"]),
    text=Text("The layout; default: the one that the file isn't in.", "目标格式；默认为另一种格式。"),
)
@out_options
def convert(file: Path, *, to: str | None, out: Path, overwrite: bool, as_json: bool) -> None:
    """Bring a LoRA from kohya's layout into that of diffusers and PEFT, or back. No number is changed.

    Files of other programs (ComfyUI, OneTrainer, ai-toolkit, SimpleTuner, LyCORIS) become kohya's, whatever their
    layers are called there. A checkpoint, VAE or LoRA that is a pickle becomes a .safetensors file; nothing that it
    brings along is run.
    中文: 在 kohya 与 diffusers/PEFT 格式之间转换 LoRA，数值不变。

    其他软件（ComfyUI、OneTrainer、ai-toolkit、SimpleTuner、LyCORIS）的文件，无论层名如何，均转换为 kohya 格式。
    pickle 格式的底模、VAE 或 LoRA 会转换为 .safetensors 文件，其中自带的代码不会被执行。
    """
    from danlu.pipeline.convert import convert_adapter
    from danlu.weights.headers import is_pickle

    keep_existing(out, overwrite)
    if file.is_file() and is_pickle(file):
        _convert_pickle(file, to, out, as_json=as_json)
        return
    made = convert_adapter(file, out, cast("Written | None", to))
    if as_json:
        say_json(
            {
                "path": str(made.path),
                "layout": made.layout,
                "layers": made.num_layers,
                "model_hash": made.model_hash,
                "notes": [str(one) for one in made.notes],
            }
        )
        return
    say(
        Text(
            f"Wrote {made.path}: {made.num_layers} layers in the layout '{made.layout}'.",
            f"已写入 {made.path}：{made.num_layers} 层，{made.layout} 格式。",
        )
    )
    tell_notes(made.notes)


def _convert_pickle(file: Path, to: str | None, out: Path, *, as_json: bool) -> None:
    from danlu.pipeline.convert import convert_pickle

    if to is not None:
        raise UserError(
            f"--to has no effect on a pickle ('{file}'): leave it out, and convert what is written once more.",
            f"--to 对 pickle 文件（“{file}”）不起作用：请删去，需要时再转换一次写出的文件。",
        )
    made = convert_pickle(file, out)
    if as_json:
        say_json({"path": str(out), "tensors": made.count, "notes": [str(one) for one in made.notes]})
        return
    say(Text(f"Wrote {out}: {made.count} tensors.", f"已写入 {out}：{made.count} 个张量。"))
    tell_notes(made.notes)


def _refuse_with_into(given: list[str]) -> None:
    if given:
        raise UserError(
            f"{given[0]} has no effect with --into, which writes a whole base: leave it out.",
            f"{given[0]} 与 --into（写出完整底模）同用时不起作用：请删去。",
        )


def _merge_into(stacked: list[Any], into: str, out: Path, *, precision: "SavePrecision | None", as_json: bool) -> None:
    from danlu.pipeline.merged_base import merge_into_base

    shown = progress(Text("Changing weights", "修改权重"))
    made = merge_into_base(stacked, into, out, precision=precision, on_layer=shown)
    if as_json:
        say_json(
            {
                "path": str(made.path),
                "bytes": made.path.stat().st_size,
                "changed": made.changed,
                "notes": [str(one) for one in made.notes],
            }
        )
        return
    say(
        Text(
            f"Wrote {made.path}: the base with {made.changed} changed weights.",
            f"已写入 {made.path}：底模中有 {made.changed} 个权重被修改。",
        )
    )
    tell_notes(made.notes)
