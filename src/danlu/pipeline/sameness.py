"""Whether a run goes on as it was: what its saved state was trained with, held against what is there now.

`danlu resume` promises the result of the uninterrupted run. So the state keeps hashes of the pictures, captions, masks
and weights, and the recipe; what differs is told, and the run goes on with it only if the user says so.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any, cast

from danlu.checkpoints.state import read_newest_state
from danlu.datasets.pictures import Picture
from danlu.kit.errors import UserError
from danlu.kit.hashes import known_sha256
from danlu.kit.language import Text
from danlu.pipeline.survey import Survey
from danlu.recipe import parse_recipe
from danlu.rundir.events import Checkpoint
from danlu.rundir.journal import last_of
from danlu.rundir.layout import RunFolder

HARMLESS = (
    "version",
    "name",
    "base.path",
    "base.vae",
    "dataset.path",
    "dataset.regularization",
    "dataset.masks.folder",
    "dataset.skip_broken",
    "cache.",
    "checkpoints.",
    "previews.",
    "validation.every",
    "schedule.warmup",
    "training.length",
    "training.max_steps",
    "training.max_skipped",
    "training.device",
    "training.precision",
    "training.gradient_checkpointing",
    "adapter.checkpoint",
    "adapter.start_from",
)
"""Settings that say where things lie (their contents are compared), or how often something is done that teaches
nothing; of the length and the precision, what follows from them is compared instead.
"""
ADJUSTABLE = ("alpha", "conv_alpha", "dropout", "rank_dropout", "module_dropout")
"""Settings of an adapter that the trained weights don't depend on; with any other they have another shape."""
NAMED = 4
CONTENT, CAPTION, FRAME = range(3)


def made_with(survey: Survey, precision: str) -> dict[str, Any]:
    """What a run is trained with, as plain values for its state; `precision` is that which it is computed in."""
    order = survey.order
    return {
        "recipe": json.loads(survey.recipe.model_dump_json()),
        "computed": {
            "training.precision": precision,
            "schedule.warmup": survey.recipe.schedule.warmup_steps(order.total_steps),
        },
        "pictures": {one.name: _marks(one) for one in (*survey.dataset.pictures, *survey.held_out)},
        "weights": _weights(survey),
    }


def check_sameness(folder: RunFolder, survey: Survey, precision: str, *, accept: bool) -> tuple[Text, ...]:
    """Hold a run's saved state against what is there now; returns what the user should know.

    Raises `UserError` for a state that is lost and for changes, unless they are accepted; for some in any case.
    """
    found = read_newest_state(folder.state)
    if found is None:
        return _without_state(folder, accept=accept)
    state, notice = found
    told = [] if notice is None else [notice]
    changed = changes(state.made_with, made_with(survey, precision))
    if changed is None:
        return (*told, _UNKNOWN)
    if not changed:
        return tuple(told)
    en, zh = "; ".join(text.en for text in changed.values()), "；".join(text.zh for text in changed.values())
    if key := next((key for key in changed if _is_structural(key)), None):
        raise UserError(
            f"'{folder.root}' can't go on: {en}. What was trained has another form: take the change back, or start a "
            f"new run with `danlu train '{folder.recipe}'`.",
            f"无法继续“{folder.root}”：{zh}。已训练的权重与之形状不符：请撤销改动，"
            f"或用 `danlu train '{folder.recipe}'` 重新训练。",
            field=key,
        )
    if not accept:
        raise UserError(
            f"'{folder.root}' can't go on to the same result, since this changed after it was saved: {en}. Take it "
            f"back, or go on with what is there now: `danlu resume '{folder.root}' --accept-changes`, in the studio "
            '"Resume with the changes".',
            f"“{folder.root}”继续训练将得不到相同的结果，保存之后有改动：{zh}。请撤销改动，"
            f"或接受改动并继续：`danlu resume '{folder.root}' --accept-changes`，网页中为“接受改动并继续”。",
        )
    return (*told, Text(f"It goes on with what changed: {en}.", f"接受改动并继续：{zh}。"))


def changes(before: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, Text] | None:
    """What differs between two results of `made_with`, by setting or kind of thing; None if this version can't read the
    one before.
    """
    try:
        old, new = _settings(before), _settings(now)
        files, pictures = before["weights"], before["pictures"]
    except (KeyError, UserError):
        return None
    found: dict[str, Text] = {}
    other_kinds = {table for table in ("adapter", "optimizer") if old[f"{table}.kind"] != new[f"{table}.kind"]}
    for key in sorted({*old, *new}):
        table, _, name = key.partition(".")
        if table in other_kinds and name != "kind":
            continue
        was, became = (_shown(one.get(key)) for one in (old, new))
        if was != became:
            found[key] = Text(f"{key} ({was} → {became})", f"{key}（{was} → {became}）")
    for name in sorted({*files, *now["weights"]}):
        if files.get(name) != now["weights"].get(name):
            found[f"weights {name}"] = Text(f"the weights of the base's {name}", f"底模的 {name} 权重")
    return found | _picture_changes(pictures, now["pictures"])


def _picture_changes(before: Mapping[str, list[str]], now: Mapping[str, list[str]]) -> dict[str, Text]:
    both = [name for name in before if name in now]
    listed: tuple[tuple[str, str, Iterable[str]], ...] = (
        ("pictures that are gone", "缺少的图片", [name for name in before if name not in now]),
        ("new pictures", "新增的图片", [name for name in now if name not in before]),
        ("pictures with other content", "内容不同的图片", [n for n in both if before[n][CONTENT] != now[n][CONTENT]]),
        ("pictures with other captions", "标注不同的图片", [n for n in both if before[n][CAPTION] != now[n][CAPTION]]),
        (
            "pictures with another crop, mask or concept",
            "裁剪、蒙版或概念不同的图片",
            [n for n in both if before[n][FRAME] != now[n][FRAME]],
        ),
    )
    return {en: Text(f"{en}: {_names(names)}", f"{zh}：{_names(names)}") for en, zh, names in listed if names}


def _names(names: Iterable[str]) -> str:
    listed = sorted(names)
    return ", ".join(listed[:NAMED]) + (f" … ({len(listed)})" if len(listed) > NAMED else "")


def _settings(made: Mapping[str, Any]) -> dict[str, Any]:
    """Also those that came with a later version, at their defaults."""
    recipe = parse_recipe(made["recipe"], "").model_dump(mode="json")
    return {**{key: value for key, value in _flat("", recipe) if not key.startswith(HARMLESS)}, **made["computed"]}


def _flat(prefix: str, table: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _flat(f"{prefix}{key}.", cast("Mapping[str, Any]", value))
        else:
            yield f"{prefix}{key}", value


def _shown(value: Any) -> str:
    return "–" if value in (None, "", [], ()) else json.dumps(value, ensure_ascii=False).strip('"')


def _is_structural(key: str) -> bool:
    table, _, name = key.partition(".")
    return key == "optimizer.kind" or (table == "adapter" and name not in ADJUSTABLE)


def _marks(picture: Picture) -> list[str]:
    mask = None if picture.mask is None else (known_sha256(picture.mask.path), picture.mask.is_alpha)
    frame = (picture.frame_key, picture.size, picture.concept, picture.repeats, picture.mirror, picture.held_out, mask)
    return [known_sha256(picture.path)[:16], _mark(picture.caption or ""), _mark(repr(frame))]


def _weights(survey: Survey) -> dict[str, str]:
    """Hashes of the base's components: their configs, and the files that they lie in."""
    components = survey.facts.components
    lies_in = {name: sorted({part.header.path for part in one.parts.values()}) for name, one in components.items()}
    hashes = {path: known_sha256(path) for path in sorted({path for paths in lies_in.values() for path in paths})}
    return {
        name: _mark(" ".join([json.dumps(dict(one.config), sort_keys=True), *(hashes[path] for path in lies_in[name])]))
        for name, one in components.items()
    }


def _mark(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _without_state(folder: RunFolder, *, accept: bool) -> tuple[Text, ...]:
    saved = last_of(folder.journal, Checkpoint)
    if saved is None:
        return ()
    if not accept:
        raise UserError(
            f"the state to resume from, '{folder.state}', is gone, though step {saved.step} was saved "
            f"({saved.path}): put it back, or begin again from the first step with `danlu resume '{folder.root}' "
            "--accept-changes` (files that are there stay).",
            f"用于继续训练的状态“{folder.state}”不见了，而第 {saved.step} 步曾经保存（{saved.path}）："
            f"请放回该文件，或用 `danlu resume '{folder.root}' --accept-changes` 从第一步重新开始（已有文件会保留）。",
        )
    return (Text("The saved state is gone: training begins again.", "保存的状态不见了：训练从头开始。"),)


_UNKNOWN = Text(
    "This run was saved by another version, which doesn't say what it was trained with so that this one could read it: "
    "what changed since then can't be told.",
    "该训练由其他版本保存，没有当前版本能读取的训练记录，无法判断之后是否有改动。",
)
