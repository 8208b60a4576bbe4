"""Regularization pictures drawn by the base itself, for the prompt of a class: what the base knows and should keep.

They lie in the dataset as `reg/1_NAME/0001-SEED.png` with their prompt as caption and all parameters in the PNG. Each
is drawn from its own seed and kept at once, so an interrupted command goes on where it stopped.
"""

import random
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from danlu.datasets.batches import count_trained
from danlu.datasets.captions import write_caption
from danlu.datasets.pictures import Dataset
from danlu.datasets.wildcards import draw_options
from danlu.encoders.emphasis import plain_text
from danlu.families.base import BaseFacts, Family
from danlu.families.find import require_clip_skip
from danlu.generation.draw import draw
from danlu.generation.pngtext import read_png, save_png, write_parameters
from danlu.generation.prompts import Prompt, check_prompt, seed_after
from danlu.kit.errors import UserError
from danlu.training.precision import Precision, choose_compute

MODEL = "Model"
BATCH = 4
MOST = 10_000


@dataclass(frozen=True)
class ClassPictures:
    """The pictures of a class that are to be there."""

    folder: Path
    prompts: tuple[Prompt, ...]
    """One each, in the order of their numbers."""
    drawn: frozenset[int]
    """Which of them are there already."""
    others: int
    """Regularization pictures of the dataset outside of this folder."""
    used: int
    """How many regularization pictures an epoch shows: as many as images of what is learnt."""

    def path(self, number: int) -> Path:
        """Where the picture of this place among the prompts lies."""
        return self.folder / f"{number + 1:04d}-{self.prompts[number].seed}.png"


def plan_class_pictures(
    dataset: Dataset,
    found: tuple[type[Family], BaseFacts],
    prompt: Prompt,
    *,
    count: int | None = None,
    name: str | None = None,
) -> ClassPictures:
    """What is to be drawn: `count` pictures, or as many as an epoch uses, of a prompt whose {a|b} are drawn anew each
    time; seeds count up from the prompt's.

    Raises `UserError` for a prompt that doesn't fit the base, a name that can't be a folder's, and a folder that holds
    pictures of other settings.
    """
    _, facts = found
    if not prompt.text.strip():
        raise UserError(
            '--prompt is empty: give the class of what is learnt, as in --prompt "a portrait of a girl".',
            "--prompt 为空：请给出所学对象的类别，例如 --prompt “a portrait of a girl”。",
        )
    check_prompt(prompt, step_px=facts.drawn_step_px)
    require_clip_skip(facts, prompt.clip_skip)
    folder = dataset.root / "reg" / f"1_{_folder_name(prompt.text, name)}"
    used = count_trained(dataset)
    prompts = tuple(_numbered(prompt, number) for number in range(min(MOST, count or used)))
    there = [one for one in dataset.pictures if dataset.concepts[one.concept].regularization]
    others = sum(one.path.parent.resolve() != folder.resolve() for one in there)
    plan = ClassPictures(folder, prompts, frozenset(), others, used)
    drawn = frozenset(number for number in range(len(prompts)) if _is_drawn(plan, number, facts))
    return replace(plan, drawn=drawn)


def draw_class_pictures(
    plan: ClassPictures,
    found: tuple[type[Family], BaseFacts],
    *,
    precision: Precision = "auto",
    on_picture: Callable[[int, int], None] | None = None,
) -> int:
    """Draw what is missing, and write captions; returns how many pictures were drawn. Stopped, it has kept all but the
    last few.
    """
    family, facts = found
    missing = [number for number in range(len(plan.prompts)) if number not in plan.drawn]
    for number in plan.drawn:
        if not plan.path(number).with_suffix(".txt").exists():
            _write_caption(plan, number)
    if not missing:
        return 0
    compute = choose_compute(precision)
    base = family.load(facts, dtype=compute.dtype, device=compute.device)
    for start in range(0, len(missing), BATCH):
        batch = missing[start : start + BATCH]
        if on_picture:
            on_picture(len(plan.drawn) + start, len(plan.prompts))
        pictures = draw(base, [plan.prompts[number] for number in batch], batch_size=BATCH)
        for number, picture in zip(batch, pictures, strict=True):
            _write_caption(plan, number)
            save_png(picture, plan.path(number), write_parameters(plan.prompts[number], extra={MODEL: facts.name}))
    if on_picture:
        on_picture(len(plan.prompts), len(plan.prompts))
    return len(missing)


def _write_caption(plan: ClassPictures, number: int) -> None:
    write_caption(plan.path(number), plain_text(plan.prompts[number].text))


def _numbered(prompt: Prompt, number: int) -> Prompt:
    seed = seed_after(prompt.seed, number)
    return replace(prompt, text=draw_options(prompt.text, random.Random(f"class {seed}")), seed=seed)


def _is_drawn(plan: ClassPictures, number: int, facts: BaseFacts) -> bool:
    """Whether the picture is there. Raises `UserError` if one of another prompt, base or setting lies in its place."""
    place = f"{number + 1:04d}-"
    for path in plan.folder.glob(f"{place}*.png"):
        told = read_png(path)
        if path == plan.path(number) and told.prompt == plan.prompts[number] and told.extra.get(MODEL) == facts.name:
            return True
        raise UserError(
            f"'{path}' was drawn with another prompt, base, seed or other settings: give the same to go on, another "
            "--name to add a class, or delete the folder.",
            f"“{path}”是用其他提示词、底模、种子或设置出的图：请使用相同设置以继续，"
            "或用 --name 另建一类，或删除该文件夹。",
        )
    return False


def _folder_name(prompt: str, name: str | None) -> str:
    if name is not None:
        if not name.strip() or re.search(r'[/\\:*?"<>|\x00-\x1f]', name):
            raise UserError(
                f"--name '{name}' can't name a folder: leave out slashes and the like.",
                f"--name “{name}”不能作为文件夹名：请去掉斜杠等符号。",
            )
        return name.strip()
    said = re.sub(r"[^\w -]+", " ", plain_text(draw_options(prompt, random.Random("class"))))
    return " ".join(said.split())[:40].strip() or "class"
