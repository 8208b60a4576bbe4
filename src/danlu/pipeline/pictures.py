"""Draws pictures into a folder: a base, adapters stacked on it, prompts; each PNG carries its parameters."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from danlu.adapters.files import read_adapter
from danlu.adapters.injection import applied
from danlu.families.base import BaseFacts, Family
from danlu.families.find import require_clip_skip
from danlu.generation.draw import draw
from danlu.generation.pngtext import save_png, write_parameters
from danlu.generation.prompts import Prompt, check_prompt, seed_after
from danlu.kit.language import Text
from danlu.pipeline.base_weights import part_made_for
from danlu.pipeline.wording import tell_cut
from danlu.training.precision import Precision, choose_compute


@dataclass(frozen=True)
class Strength:
    """An adapter file and how much of it is added."""

    path: Path
    strength: float = 1.0

    @classmethod
    def parse(cls, text: str) -> "Strength":
        """Read FILE or FILE:WEIGHT; a colon that no number follows belongs to the path."""
        path, _, weight = text.rpartition(":")
        try:
            return cls(Path(path), float(weight)) if path else cls(Path(text))
        except ValueError:
            return cls(Path(text))


def draw_pictures(
    found: tuple[type[Family], BaseFacts],
    adapters: Sequence[Strength],
    prompts: Sequence[Prompt],
    folder: Path,
    *,
    precision: Precision = "auto",
    on_step: Callable[[int, int], None] | None = None,
) -> list[Path]:
    """Draw each prompt with a base, as `find_base` gives it, and write it as `NNNN-SEED.png`; returns the paths in
    order.

    Everything that can be checked without weights is checked first. Raises `UserError` for an adapter or a prompt that
    doesn't fit.
    """
    family, facts = found
    for prompt in prompts:
        check_prompt(prompt, step_px=facts.drawn_step_px)
        require_clip_skip(facts, prompt.clip_skip)
    files = [(read_adapter(one.path), one.strength) for one in adapters]
    compute = choose_compute(precision)
    base = family.load(facts, dtype=compute.dtype, device=compute.device)
    with applied(base, files):
        pictures = draw(base, prompts, on_step=on_step)
    names = [(file.path.stem, strength) for file, strength in files]
    first = _next_number(folder)
    paths: list[Path] = []
    for number, (prompt, picture) in enumerate(zip(prompts, pictures, strict=True), start=first):
        path = folder / f"{number:04d}-{prompt.seed}.png"
        save_png(picture, path, write_parameters(prompt, adapters=names, extra={"Model": facts.name}))
        paths.append(path)
    return paths


def tell_adapters(found: tuple[type[Family], BaseFacts], adapters: Sequence[Strength]) -> list[Text]:
    """What of adapter files isn't drawn with. Raises `UserError` for one that doesn't fit."""
    return [note for one in adapters for note in part_made_for(read_adapter(one.path), found[1]).notes]


def tell_cut_prompts(found: tuple[type[Family], BaseFacts], prompts: Sequence[Prompt]) -> list[Text]:
    """What the user should know of prompts that are longer than what is read of them."""
    family, facts = found
    texts = list(dict.fromkeys(text for prompt in prompts for text in (prompt.text, prompt.negative)))
    cut = tell_cut(family, facts, texts, prompts[0].reading)
    if cut is None:
        return []
    return [Text(f"Of the prompts, {cut.en}.", f"提示词中，{cut.zh}。")]


def series(prompt: Prompt, count: int) -> list[Prompt]:
    """The same prompt `count` times, its seed counting up."""
    return [replace(prompt, seed=seed_after(prompt.seed, offset)) for offset in range(count)]


def _next_number(folder: Path) -> int:
    """One more than the highest number in the folder: earlier pictures are never overwritten."""
    numbers = [int(path.name[:4]) for path in folder.glob("[0-9][0-9][0-9][0-9]-*.png")]
    return max(numbers, default=0) + 1
