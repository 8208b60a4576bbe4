"""The best rate, by D-Adaptation (Defazio & Mishchenko, 2023): trained on the user's own pictures with the user's own
adapter, it estimates its step size d while it goes on. d only grows, and stops growing when it is right for the task:
where it has settled, d·lr (lr is 1) is a rate for Adam.

In: a recipe. Out: an ordinary run folder, and the curve of d·lr that its journal holds. Asked again, a search that was
stopped goes on, and one that was too short gets longer.
"""

import tomllib
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from danlu.kit.errors import UserError
from danlu.kit.lengths import Length
from danlu.optimizers.kinds.dadapt_adam import DAdaptAdam
from danlu.recipe import Recipe, load_recipe, parse_recipe, render_recipe
from danlu.rundir.events import Step
from danlu.rundir.journal import Listener, read_journal
from danlu.rundir.layout import RunFolder

SLACK = 0.05
"""d counts as settled where it grows by no more than this share any more."""
SEARCH = DAdaptAdam(weight_decay=0)
"""Without weight decay: d estimates how far the weights are from where they belong, which decay would pull at."""


@dataclass(frozen=True)
class RateCurve:
    """d·lr after each step of a search; at least one step."""

    steps: Sequence[int]
    rates: Sequence[float]

    @property
    def rate(self) -> float:
        """What the search came to."""
        return self.rates[-1]

    @property
    def settled_at(self) -> int:
        """The step from which on it grew by no more than `SLACK`."""
        return self.steps[bisect_left(self.rates, self._settled_rate)]

    @property
    def late_growth(self) -> float:
        """By which share it grew over the last quarter of the steps: 0.1 is 10%."""
        return self.rate / self._before_last_quarter - 1

    @property
    def is_settled(self) -> bool:
        """Whether it grew by no more than `SLACK` over the last quarter."""
        return self._before_last_quarter >= self._settled_rate

    @property
    def _settled_rate(self) -> float:
        return self.rate / (1 + SLACK)

    @property
    def _before_last_quarter(self) -> float:
        return self.rates[max(0, len(self.rates) * 3 // 4 - 1)]


def search_recipe(recipe: Recipe, steps: int) -> Recipe:
    """The recipe with D-Adaptation in place of its optimizer, for so many steps: a constant rate, nothing drawn,
    nothing held out, no average. Raises `UserError` if D-Adaptation can't train it.
    """
    values: dict[str, Any] = tomllib.loads(render_recipe(recipe))
    values |= {
        "name": f"{recipe.name}-rate",
        "optimizer": SEARCH.model_dump(mode="json", exclude_none=True),
        "schedule": {"kind": "constant", "warmup": "0 steps"},
        "validation": {},
        "checkpoints": {"every": "100 steps"},
        "previews": {"every": "never"},
    }
    training: dict[str, Any] = values.get("training", {})
    dropped = ("max_steps", "ema")
    kept = {key: value for key, value in training.items() if key not in dropped}
    values["training"] = {**kept, "length": str(Length(steps, "steps"))}
    return parse_recipe(values, "D-Adaptation")


def search_folder(search: Recipe, run: Path | None) -> RunFolder:
    """Where a search goes on that was begun with these settings, or where it begins: `runs/NAME-rate`, numbered if that
    holds another. Raises `UserError` if `run` is given and holds another.
    """
    if run is not None:
        folder = RunFolder(run)
        if folder.root.exists() and any(folder.root.iterdir()) and not _holds(folder, search):
            raise UserError(
                f"'{run}' holds something else than a search for the rate of this recipe as it is now: give another "
                "folder with --run, or leave --run out.",
                f"“{run}”中不是按当前配方进行的学习率搜索：请用 --run 指定其他文件夹，或不使用 --run。",
            )
        return folder
    parent = Path("runs")
    numbered = (RunFolder(parent / (search.name if number == 1 else f"{search.name}-{number}")) for number in count(1))
    return next(folder for folder in numbered if not folder.root.exists() or _holds(folder, search))


def _holds(folder: RunFolder, search: Recipe) -> bool:
    """Whether a folder holds a search with these settings, of whatever length."""
    if not folder.recipe.exists() or not folder.plan.exists():
        return False
    held = load_recipe(folder.recipe)
    training = held.training.model_copy(update={"length": search.training.length})
    return held.model_copy(update={"training": training}) == search


def find_rate(
    recipe: Recipe, *, steps: int, run: Path | None = None, listeners: Sequence[Listener] = ()
) -> tuple[RunFolder, RateCurve | None]:
    """Search for the rate of a recipe, for `steps` steps in all; returns the run and the curve, None if it was stopped.

    Raises `UserError` for the user's mistakes, and if no rate was found.
    """
    from danlu.pipeline.continuation import is_finished
    from danlu.pipeline.train import resume, train

    search = search_recipe(recipe, steps)
    folder = search_folder(search, run)
    if not folder.plan.exists():
        _, outcome = train(search, folder.root, listeners=listeners)
    else:
        missing = steps - load_recipe(folder.recipe).training.length.count
        longer = Length(missing, "steps") if missing > 0 else None
        if is_finished(folder) and longer is None:
            return folder, read_curve(folder)
        _, outcome = resume(folder.root, extend=longer, listeners=listeners)
    return folder, read_curve(folder) if outcome == "finished" else None


def read_curve(folder: RunFolder) -> RateCurve:
    """The curve of a finished search; all parts have one d. Raises `UserError` if d never left its first guess, or no
    step could be done.
    """
    by_step = {
        event.step: max(event.rates.values()) for event in read_journal(folder.journal) if isinstance(event, Step)
    }
    steps = sorted(by_step)
    if not steps or by_step[steps[-1]] <= SEARCH.d0 * (1 + SLACK):
        raise UserError(
            f"D-Adaptation found no rate in {len(steps)} steps: it didn't leave its first guess. Give it more with "
            "--steps; if that doesn't help, the recipe trains nothing (see its adapter's include and exclude).",
            f"D-Adaptation 在 {len(steps)} 步内没有找到学习率，仍停在初始值。请用 --steps 增加步数；若仍无效，"
            "说明该配方没有训练任何内容（请检查 adapter 的 include 与 exclude）。",
        )
    return RateCurve(steps, [by_step[step] for step in steps])
