"""What one generated picture is asked to be. Values without libraries, so that recipes and commands can name them.

Flow: previews, the workbench and evaluation make `Prompt`s; `draw` turns them into pictures; `pngtext` writes them
beside the pixels.
"""

from dataclasses import dataclass
from typing import Literal, get_args

from danlu.datasets.pictures import Size
from danlu.families.base import MAX_TOKENS, MaxTokens, Reading
from danlu.kit.errors import UserError, nearest

SamplerName = Literal["Euler", "Euler a", "DPM++ 2M", "DPM++ 2M Karras", "DDIM"]
SAMPLER_NAMES: tuple[SamplerName, ...] = get_args(SamplerName)
DEFAULT_SAMPLER: SamplerName = "DPM++ 2M Karras"
DEFAULT_SIZE = Size(512, 512)
MOST_STEPS, MOST_GUIDANCE, MOST_CLIP_SKIP = 1000, 100, 12
LARGEST_SEED, LARGEST_WEIGHT, LONGEST_TEXT = 2**53 - 1, 10, 20_000
LARGEST_SIDE_PX = 4096
SEEDS = 2**64
"""How many seeds there are, as in torch, ComfyUI and sd-scripts."""


@dataclass(frozen=True)
class Prompt:
    """Everything that decides one picture, given the base and its adapters."""

    text: str
    """With emphasis as in A1111: (word:1.2); brackets that are meant are written \\( and \\)."""
    negative: str = ""
    seed: int = 0
    size: Size = DEFAULT_SIZE
    steps: int = 20
    cfg: float = 7.0
    """Guidance: 1 or less draws without the negative prompt, at half the cost."""
    sampler: str = DEFAULT_SAMPLER
    clip_skip: int = 1
    """1 takes the text encoder's last layer."""
    max_tokens: MaxTokens = 75
    """How much of the texts is read."""

    @property
    def reading(self) -> Reading:
        """How the texts are read."""
        return Reading(self.clip_skip, self.max_tokens, "balanced")


def seed_after(first: int, number: int) -> int:
    """The seed `number` places after the first; after the last seed comes 0."""
    return (first + number) % SEEDS


def check_prompt(prompt: Prompt, *, step_px: int) -> None:
    """Raise `UserError` if a prompt can't be drawn by a base whose sides must be multiples of `step_px`."""
    if prompt.sampler not in SAMPLER_NAMES:
        hint = nearest(prompt.sampler, SAMPLER_NAMES)
        raise UserError(
            f"sampler '{prompt.sampler}' doesn't exist: {hint.en}", f"采样器“{prompt.sampler}”不存在：{hint.zh}"
        )
    if prompt.steps < 1:
        raise UserError(
            f"sampling steps must be 1 or more, not {prompt.steps}.", f"采样步数至少为 1，而不是 {prompt.steps}。"
        )
    if prompt.clip_skip < 1:
        raise UserError(
            f"clip skip must be 1 or more, not {prompt.clip_skip}.", f"clip skip 至少为 1，而不是 {prompt.clip_skip}。"
        )
    if prompt.max_tokens not in MAX_TOKENS:
        choices = ", ".join(map(str, MAX_TOKENS))
        raise UserError(
            f"max tokens must be one of {choices}, not {prompt.max_tokens}.",
            f"token 上限只能是 {choices} 之一，而不是 {prompt.max_tokens}。",
        )
    if any(side < step_px or side % step_px for side in prompt.size):
        fitting = Size(*(max(step_px, round(side / step_px) * step_px) for side in prompt.size))
        raise UserError(
            f"size {prompt.size} doesn't fit the base: both sides must be multiples of {step_px}, for example "
            f"{fitting}.",
            f"尺寸 {prompt.size} 不适合该底模：宽和高都必须是 {step_px} 的倍数，例如 {fitting}。",
        )
