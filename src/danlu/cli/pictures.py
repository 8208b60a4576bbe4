"""`danlu generate`: draw pictures with a base and any number of adapters."""

from pathlib import Path
from typing import cast

import click

from danlu.cli.base_options import drawn_with_options
from danlu.cli.datasets import FOLDER, read_size
from danlu.cli.drawing_options import drawing_options
from danlu.cli.output import note, progress, say
from danlu.cli.speech import Example, command, option
from danlu.datasets.pictures import Size
from danlu.families.base import MAX_TOKENS, MaxTokens, Prediction
from danlu.generation.prompts import MOST_CLIP_SKIP, Prompt
from danlu.kit.language import Text


@command(
    "generate",
    Example(
        'danlu generate --adapter run/checkpoints/mychar.safetensors --prompt "mychar, smile" -o pictures',
        Text("four pictures on the embedded base", "用内置底模画四张"),
    ),
    Example(
        'danlu generate --base ./sd15 --adapter a.safetensors:0.7 --adapter b.safetensors:0.5 --prompt "…" -o pictures',
        Text("two adapters stacked", "叠加两个 LoRA"),
    ),
)
@drawn_with_options
@option(
    "--prompt",
    required=True,
    text=Text("What to draw; emphasis as in A1111: (word:1.2).", "提示词；强调写法同 A1111：(word:1.2)。"),
)
@drawing_options
@option("--count", type=click.IntRange(1, 10000), default=4, show_default=True, text=Text("How many.", "张数。"))
@option(
    "--clip-skip",
    type=click.IntRange(1, MOST_CLIP_SKIP),
    default=1,
    show_default=True,
    text=Text("Clip skip.", "Clip skip。"),
)
@option(
    "--max-tokens",
    type=click.Choice([str(tokens) for tokens in MAX_TOKENS]),
    default=str(MAX_TOKENS[0]),
    show_default=True,
    text=Text("How many tokens of a prompt are read.", "提示词最多读取的 token 数。"),
)
@option("--out", "-o", type=FOLDER, required=True, text=Text("Folder for the pictures.", "图片保存文件夹。"))
def generate(
    *,
    base: str,
    vae: str | None,
    prediction: Prediction | None,
    adapters: tuple[str, ...],
    prompt: str,
    negative: str,
    steps: int,
    cfg: float,
    sampler: str,
    seed: int,
    size: str | None,
    count: int,
    clip_skip: int,
    max_tokens: str,
    out: Path,
) -> None:
    """Draw pictures. Each PNG carries its parameters, which A1111 and others read.

    中文: 出图。每张 PNG 都带有出图参数，A1111 等工具可读取。
    """
    from danlu.families.find import find_base

    found = find_base(base, vae=vae, prediction=prediction)
    side = found[1].native_px
    chosen = read_size(size, option="--size") if size else Size(side, side)
    from danlu.generation.prompt_options import with_options
    from danlu.pipeline.pictures import Strength, draw_pictures, series, tell_adapters, tell_cut_prompts

    longest = cast(MaxTokens, int(max_tokens))
    first = with_options(Prompt(prompt, negative, seed, chosen, steps, cfg, sampler, clip_skip, longest))
    stacked = [Strength.parse(text) for text in adapters]
    for notice in [*tell_adapters(found, stacked), *tell_cut_prompts(found, [first])]:
        note(Text(f"Note: {notice.en}", f"注意：{notice.zh}"))
    shown = progress(Text("Drawing", "出图"))
    for path in draw_pictures(found, stacked, series(first, count), out, on_step=shown):
        say(str(path))
