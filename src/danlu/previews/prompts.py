"""What previews draw: the user's prompts, or captions of the dataset that differ from each other."""

from collections.abc import Sequence

from danlu.datasets.captions import split_tags
from danlu.datasets.pictures import Size
from danlu.families.base import MaxTokens
from danlu.generation.prompt_options import with_options
from danlu.generation.prompts import Prompt, seed_after
from danlu.previews.config import PreviewConfig


def prompts_of(
    config: PreviewConfig, texts: Sequence[str], *, native_px: int, clip_skip: int = 1, max_tokens: MaxTokens = 75
) -> list[Prompt]:
    """What is drawn of each text, with seeds that count up; options stand in `config.prompts` alone."""
    width, _, height = (config.size or f"{native_px}x{native_px}").partition("x")
    size = Size(int(width), int(height))
    usual = (
        Prompt(
            text=text,
            negative=config.negative,
            seed=seed_after(config.seed, number),
            size=size,
            steps=config.steps,
            cfg=config.cfg,
            sampler=config.sampler,
            clip_skip=clip_skip,
            max_tokens=max_tokens,
        )
        for number, text in enumerate(texts)
    )
    return [with_options(prompt) for prompt in usual] if config.prompts else list(usual)


def preview_prompts(captions: Sequence[str], *, count: int) -> list[str]:
    """`count` captions, each next one as different as can be from those before (farthest first, by shared tags).

    Fewer distinct captions than asked for are repeated in turn; without any caption the prompt is empty.
    """
    distinct = list(dict.fromkeys(captions))
    chosen = distinct[:1]
    while len(chosen) < min(count, len(distinct)):
        chosen.append(max((c for c in distinct if c not in chosen), key=lambda c: min(_apart(c, d) for d in chosen)))
    return [chosen[number % len(chosen)] for number in range(count)] if chosen else [""] * count


def _apart(one: str, other: str) -> int:
    return len(set(split_tags(one)) ^ set(split_tags(other)))
