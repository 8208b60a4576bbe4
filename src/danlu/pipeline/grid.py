"""Draws a grid: one loaded base, each cell a picture of its own in a folder, there as soon as it is drawn.

Each picture is drawn alone, so that it doesn't depend on its neighbours: drawn again, in another grid or by itself, it
is the same bit for bit, and a grid that was broken off goes on with what is missing. Cells with the same adapter files
are drawn one after the other: each stack is put into the base once.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from danlu.adapters.files import read_adapter
from danlu.adapters.injection import inject_file
from danlu.families.base import Base, BaseFacts, Family
from danlu.families.find import find_base, require_clip_skip
from danlu.generation.axis import Cell, Stacked
from danlu.generation.draw import draw
from danlu.generation.drawing import Drawing, cells_of, picture_name
from danlu.generation.pngtext import KEY, save_png, write_parameters
from danlu.generation.prompts import check_prompt
from danlu.kit.errors import UserError
from danlu.kit.language import Text
from danlu.pipeline.base_weights import part_made_for
from danlu.training.precision import Precision, choose_compute
from danlu.weights.safetensor_files import model_hash

_HASH_LENGTH = 12
"""As A1111 and Civitai write an adapter's hash."""


class Planned(NamedTuple):
    """One picture of a grid."""

    cell: Cell
    path: Path
    parameters: str

    def is_there(self) -> bool:
        """Whether it is drawn. Raises `UserError` if another picture is in its place."""
        if not self.path.exists():
            return False
        with Image.open(self.path) as picture:
            found = picture.info.get(KEY)
        if found != self.parameters:
            folder = self.path.parent
            raise UserError(
                f"'{folder}' holds pictures of another drawing: choose another folder with -o.",
                f"“{folder}”中已有另一次出图的结果：请用 -o 换一个文件夹。",
            )
        return True


class Grid(NamedTuple):
    """What will be drawn, all of it checked without loading the base."""

    family: type[Family]
    facts: BaseFacts
    pictures: Sequence[Planned]
    notes: Sequence[Text] = ()
    """What should be known of the adapters."""

    @property
    def total_steps(self) -> int:
        """Sampling steps of all pictures."""
        return sum(one.cell.prompt.steps for one in self.pictures)


def plan_grid(drawing: Drawing, folder: Path) -> Grid:
    """Check all that can be checked without weights. Raises `UserError` for what can't be drawn."""
    family, facts = find_base(drawing.base, vae=drawing.vae, prediction=drawing.prediction)
    cells = cells_of(drawing, facts.native_px)
    for prompt in dict.fromkeys(cell.prompt for cell in cells):
        check_prompt(prompt, step_px=facts.drawn_step_px)
        require_clip_skip(facts, prompt.clip_skip)
    files = {
        file: part_made_for(read_adapter(Path(file)), facts)
        for file in dict.fromkeys(one.file for cell in cells for one in cell.adapters)
    }
    hashes = {file: model_hash(one.path)[:_HASH_LENGTH] for file, one in files.items()}
    pictures = [
        Planned(cell, folder / picture_name(number), _parameters(cell, facts, hashes))
        for number, cell in enumerate(cells)
    ]
    return Grid(family, facts, pictures, [note for one in files.values() for note in one.notes])


def draw_grid(
    grid: Grid, *, precision: Precision = "auto", on_step: Callable[[int, int], None] | None = None
) -> Generator[Path]:
    """Draw what isn't there yet; gives each picture's path when it is written, and first those that were there.

    `on_step` is told after every sampling step how many of how many are done, over all pictures.
    """
    missing = [one for one in grid.pictures if not one.is_there()]
    yield from (one.path for one in grid.pictures if one not in missing)
    if not missing:
        return
    compute = choose_compute(precision)
    base = grid.family.load(grid.facts, dtype=compute.dtype, device=compute.device)
    done, total = grid.total_steps - sum(one.cell.prompt.steps for one in missing), grid.total_steps
    groups: dict[tuple[str, ...], list[Planned]] = {}
    for one in missing:
        groups.setdefault(tuple(stacked.file for stacked in one.cell.adapters), []).append(one)
    for files, pictures in groups.items():
        with ExitStack() as stack:
            injections = [inject_file(base, read_adapter(Path(file))) for file in files]
            for injection in injections:
                stack.callback(injection.eject)
            for one in pictures:
                for injection, stacked in zip(injections, one.cell.adapters, strict=True):
                    injection.set_strength(stacked.weight)
                _draw_one(base, one, _shifted(on_step, done, total))
                done += one.cell.prompt.steps
                yield one.path


def _draw_one(base: Base, one: Planned, on_step: Callable[[int, int], None] | None) -> None:
    picture = draw(base, [one.cell.prompt], on_step=on_step)[0]
    save_png(picture, one.path, one.parameters)


def _shifted(on_step: Callable[[int, int], None] | None, before: int, total: int) -> Callable[[int, int], None] | None:
    return (lambda done, _: on_step(before + done, total)) if on_step else None


def _parameters(cell: Cell, facts: BaseFacts, hashes: Mapping[str, str]) -> str:
    extra = {"Model": facts.name}
    if cell.adapters:
        extra["Lora hashes"] = ", ".join(f"{_name(one)}: {hashes[one.file]}" for one in cell.adapters)
    return write_parameters(cell.prompt, adapters=[(_name(one), one.weight) for one in cell.adapters], extra=extra)


def _name(stacked: Stacked) -> str:
    return Path(stacked.file).stem
