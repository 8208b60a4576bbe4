"""Whether and how a run can go on: finished or not, with its dataset unchanged, or for longer than it was planned.

A longer run keeps everything that it has: adapter files and previews stay (`checkpoints.writer`, `previews.writer`),
the recipe and the plan as they were go to `history/`.
"""

import json
from itertools import count
from typing import Any, cast

from danlu.checkpoints.state import has_state
from danlu.kit.errors import UserError
from danlu.kit.files import require_space, write_atomically
from danlu.kit.language import Text
from danlu.kit.lengths import Length
from danlu.kit.quantities import percent
from danlu.pipeline.plan import Plan, plan_survey
from danlu.pipeline.survey import Survey, survey_recipe
from danlu.recipe import Recipe, render_recipe
from danlu.rundir.events import Checkpoint, Ended, Started
from danlu.rundir.journal import last_of
from danlu.rundir.layout import RunFolder
from danlu.training.config import TrainingConfig
from danlu.training.order import Order
from danlu.training.schedules import rate_factor

SPARE_BYTES = 64 << 20


def is_finished(folder: RunFolder) -> bool:
    """Whether a run has done all its planned steps, and isn't about to get longer: an extension that was cut off."""
    ended = last_of(folder.journal, Ended)
    done = ended is not None and ended.outcome == "finished" and ended.step == _planned_steps(folder)
    return done and not _is_half_extended(folder)


def needed_bytes(plan: Plan) -> int:
    """What a run will write."""
    state = plan.trained_parameters * 4 * 3
    return (plan.checkpoints + 2) * plan.file_bytes + plan.base_bytes + 2 * state + SPARE_BYTES


def settle_plan(folder: RunFolder, plan: Plan, *, accept: bool = False) -> None:
    """Hold what a run would do now against its plan. Raises `UserError` if its dataset has changed since it began: its
    order of pictures follows from it; if that is accepted, or the plan is damaged, it is written anew. An extension
    that was cut off before its plan was written is completed.
    """
    before, now = _read_plan(folder), json.loads(plan.model_dump_json())
    kept = ("concepts", "buckets", "total_steps", "held_out")
    if before and not accept and plan.start is not None and before.get("start") != plan.start:
        raise UserError(
            f"'{folder.root}' can't be continued: the file that it began from (adapter.start_from) changed since. Put "
            "the earlier one back, or start a new run.",
            f"无法继续“{folder.root}”：它的起点文件（adapter.start_from）在训练开始后有改动。请恢复原文件，或新建训练。",
        )
    changed = [key for key in kept if before.get(key, []) != now[key]]
    if not changed:
        return
    if accept or not before:
        _write_plan(folder, plan)
        return
    if changed == ["total_steps"] and _is_half_extended(folder):
        _write_plan(folder, plan)
        return
    en, zh = ("recipe", "配方") if changed == ["total_steps"] else ("dataset", "数据集")
    raise UserError(
        f"'{folder.root}' can't be continued: its {en} changed since it began ({', '.join(changed)} differ from "
        "plan.json). Undo the change, or start a new run.",
        f"无法继续“{folder.root}”：{zh}在训练开始后有改动（{'、'.join(changed)} 与 plan.json 不同）。"
        "请撤销改动，或新建训练。",
    )


def extend_run(folder: RunFolder, survey: Survey, by: Length) -> tuple[Survey, Plan]:
    """Plan a run for longer; returns its new survey and plan, which warns of what becomes of the rate.

    Warm-up stays as many steps as it was; the schedule is computed over the new length.
    """
    recipe, order = survey.recipe, survey.order
    longer = survey_recipe(longer_recipe(recipe, order, by), has_begun=has_state(folder.state))
    plan = plan_survey(longer)
    require_space(folder.root, needed_bytes(plan))
    earlier = folder.earlier(_extensions(folder) + 1)
    write_atomically(earlier.plan, folder.plan.read_bytes())
    write_atomically(earlier.recipe, folder.recipe.read_bytes())
    write_atomically(folder.recipe, render_recipe(longer.recipe))
    _write_plan(folder, plan)
    saved = last_of(folder.journal, Checkpoint)
    note = _rates_note(survey, longer, saved.step if saved else 0)
    return longer, plan.model_copy(update={"warnings": (*plan.warnings, note)})


def longer_recipe(recipe: Recipe, order: Order, by: Length) -> Recipe:
    """The recipe of a run that gets so much longer. Raises `UserError` for a length that is none."""
    if by.unit == "never":
        raise UserError(
            '--extend needs a length: write "5 epochs" or "300 steps".',
            '--extend 需要长度：请写 "5 epochs" 或 "300 steps"。',
        )
    training = recipe.training
    asked = training.length
    if asked.unit == by.unit == "epochs" and order.total_steps == asked.count * order.steps_per_epoch:
        length = Length(asked.count + by.count, "epochs")
    else:  # steps, or epochs that `max_steps` cut off
        more = by.count * (order.steps_per_epoch if by.unit == "epochs" else 1)
        length = Length(order.total_steps + more, "steps")
    changed: TrainingConfig = training.model_copy(update={"length": length, "max_steps": None})
    warmup = f"{recipe.schedule.warmup_steps(order.total_steps)} steps"
    schedule = recipe.schedule.model_copy(update={"warmup": warmup})
    return recipe.model_copy(update={"training": changed, "schedule": schedule})


def _rates_note(before: Survey, after: Survey, done: int) -> Text:
    kind, total, longer = before.recipe.schedule.kind, before.order.total_steps, after.order.total_steps
    en = f"The run is {longer} steps long now instead of {total}."
    zh = f"训练总步数由 {total} 变为 {longer}。"
    left = rate_factor(before.recipe.schedule, step=max(0, done - 1), total_steps=total)
    goes_on = rate_factor(after.recipe.schedule, step=done, total_steps=longer)
    if kind in ("constant", "inverse_sqrt"):
        return Text(
            f"{en} The rate goes on as it was (schedule.kind '{kind}').",
            f"{zh}学习率照原样继续（schedule.kind 为“{kind}”）。",
        )
    return Text(
        f"{en} The rate is computed over the whole new length (schedule.kind '{kind}'): step {done + 1} runs at "
        f"{percent(goes_on)} of it, after {percent(left)} before.",
        f"{zh}学习率按新的总长度重新计算（schedule.kind 为“{kind}”）：第 {done + 1} 步为 {percent(goes_on)}，"
        f"此前为 {percent(left)}。",
    )


def _planned_steps(folder: RunFolder) -> int:
    """By the plan; if that is damaged, by what the run said at its last start."""
    if (plan := _read_plan(folder)) and "total_steps" in plan:
        return int(plan["total_steps"])
    started = last_of(folder.journal, Started)
    return started.total_steps if started else 0


def _read_plan(folder: RunFolder) -> dict[str, Any]:
    """A run's plan as JSON; nothing if it is damaged."""
    try:
        plan = json.loads(folder.plan.read_text("utf-8"))
    except ValueError:
        return {}
    return cast("dict[str, Any]", plan) if isinstance(plan, dict) else {}


def _extensions(folder: RunFolder) -> int:
    """How often a run was extended: its recipe is written last."""
    return next(number for number in count() if not folder.earlier(number + 1).recipe.exists())


def _is_half_extended(folder: RunFolder) -> bool:
    """Whether an extension was cut off: its recipe is there, its plan isn't."""
    earlier = folder.earlier(_extensions(folder))
    if not earlier.plan.exists() or earlier.plan.read_bytes() != folder.plan.read_bytes():
        return False
    return earlier.recipe.read_bytes() != folder.recipe.read_bytes()


def _write_plan(folder: RunFolder, plan: Plan) -> None:
    write_atomically(folder.plan, plan.model_dump_json(indent=2))
