"""A recipe from another program's settings: sd-scripts' `--config_file` and dataset config (TOML), kohya's GUI (JSON).

A settings file goes in; a recipe comes out, and for every key that was set what became of it: where it went, or why it
wasn't carried over. Nothing is dropped in silence.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from pydantic import BaseModel

from danlu.adapters.base import Adapter
from danlu.interop.kohya_files import read_prompts, read_settings, split_arguments
from danlu.interop.kohya_keys import (
    ADAPTERS,
    ALIASES,
    NEEDED,
    OPTIMIZERS,
    PLACES,
    REASONS,
    SCHEDULES,
    UNSAID,
    Place,
    number,
    side,
)
from danlu.interop.kohya_pictures import take_masks, take_validation
from danlu.interop.settings import OFF, UNSET, Fate, Settings, read
from danlu.kit.errors import UserError
from danlu.kit.files import write_atomically
from danlu.kit.language import Text
from danlu.kit.variants import kinds_of
from danlu.optimizers.base import Optimizer
from danlu.pipeline.start import path_from
from danlu.recipe import Recipe, parse_recipe, render_recipe

PRECISIONS = {"no": "fp32", "bf16": "bf16", "fp16": "fp16"}


@dataclass(frozen=True)
class Imported:
    """The recipe, and what became of each setting."""

    recipe: Recipe
    fates: tuple[Fate, ...]

    @property
    def carried(self) -> list[Fate]:
        """The settings that are in the recipe now."""
        return [fate for fate in self.fates if fate.place]

    @property
    def dropped(self) -> list[Fate]:
        """The settings that aren't, each with its reason."""
        return [fate for fate in self.fates if not fate.place]


def import_kohya(path: Path, *, dataset: Path | None = None) -> Imported:
    """Read a settings file of sd-scripts or of kohya's GUI; `dataset` replaces the folder that it names.

    Raises `UserError` if the file can't be read, names no dataset, or holds a value that makes no sense.
    """
    settings = Settings(_in_one_name(read_settings(path)))
    if dataset is not None:
        settings.values["train_data_dir"] = str(dataset)
    _base_and_dataset(settings, path)
    _adapter(settings)
    _optimizer(settings)
    _schedule(settings)
    _training(settings)
    _saving(settings)
    take_masks(settings)
    take_validation(settings)
    for key in [key for key in PLACES if key in settings.values]:
        _plain(settings, key, PLACES[key])
    _unsaid(settings)
    _leftovers(settings)
    return Imported(parse_recipe(settings.recipe, f"'{path}'"), tuple(settings.fates))


def write_imported(imported: Imported, out: Path) -> None:
    """Write the recipe with a comment for every setting; folders that the settings name from here stay found."""
    values = imported.recipe.model_dump(mode="json", exclude_unset=True)
    masks = values["dataset"].get("masks", {})
    for table, name in ((values["dataset"], "path"), (values["dataset"], "regularization"), (masks, "folder")):
        if name in table:
            table[name] = path_from(out, Path(table[name]))
    if (base := Path(imported.recipe.base.path)).exists():
        values["base"]["path"] = str(base.absolute())
    recipe = parse_recipe(values, f"'{out}'")
    write_atomically(out, render_recipe(recipe, explained=True))


def _in_one_name(given: Mapping[str, Any]) -> dict[str, Any]:
    """The settings under sd-scripts' names. The GUI saves some under two, of which one may be empty (`epoch` and
    `max_train_epochs`): sd-scripts' own counts where it says something.
    """
    renamed = {ALIASES[key]: value for key, value in given.items() if key in ALIASES}
    own = {key: value for key, value in given.items() if key not in ALIASES}
    return {**renamed, **{key: value for key, value in own.items() if key not in renamed or value not in (*UNSET, 0)}}


def _base_and_dataset(settings: Settings, path: Path) -> None:
    if base := settings.take("pretrained_model_name_or_path"):
        settings.put("pretrained_model_name_or_path", base, "base.path", str(base))
    folder = settings.take("train_data_dir")
    if not folder:
        raise UserError(
            f"'{path}' names no train_data_dir: give the pictures' folder with --dataset.",
            f"“{path}”没有 train_data_dir：请用 --dataset 指定图片文件夹。",
        )
    settings.put("train_data_dir", folder, "dataset.path", str(folder))
    if size := settings.take("resolution"):
        settings.put("resolution", size, "dataset.buckets.resolution", read("resolution", size, side))
    to_disk, in_memory = settings.take("cache_latents_to_disk"), settings.take("cache_latents")
    if to_disk or in_memory:
        settings.put("cache_latents", True, "cache.latents", "disk" if to_disk else "memory")


def _adapter(settings: Settings) -> None:
    arguments = _arguments(settings, "network_args")
    module = settings.take("network_module")
    algorithm = arguments.pop("algo", None)
    shown = settings.take("LoRA_type") or (f"lycoris/{algorithm}" if algorithm else None)
    if module and "lycoris" not in str(module):
        shown = shown or ("locon" if "conv_dim" in arguments else "lora")
    kind = _known(ADAPTERS, str(shown or "lora"), Adapter)
    _kind(settings, "adapter", "network_module", value=shown or module, kind=kind)
    if kind == "full":  # there, norms are trained only if asked for
        arguments.setdefault("train_norm", "False")
    settings.values = {**arguments, **settings.values}
    if settings.take("network_train_unet_only"):
        settings.put("network_train_unet_only", True, "adapter.text_encoder", False)


def _optimizer(settings: Settings) -> None:
    chosen = settings.take("optimizer_type")
    arguments = _arguments(settings, "optimizer_args")
    kind = _known(OPTIMIZERS, str(chosen or "adamw"), Optimizer)
    _kind(settings, "optimizer", "optimizer_type", value=chosen, kind=kind)
    if str(settings.values.get("text_encoder_lr", "")) in ("0", "0.0"):
        settings.put("text_encoder_lr", settings.values.pop("text_encoder_lr"), "adapter.text_encoder", False)
    overall, own = settings.number("learning_rate"), settings.number("unet_lr")
    if own or overall:
        settings.put("unet_lr" if own else "learning_rate", own or overall, "optimizer.lr", own or overall)
    if betas := arguments.pop("betas", None):
        for name, beta in zip(("beta1", "beta2"), re.findall(r"[^\s,()]+", str(betas)), strict=False):
            settings.put("betas", betas, f"optimizer.{name}", read("betas", beta, number))
    settings.values = {**arguments, **settings.values}


def _schedule(settings: Settings) -> None:
    name = settings.take("lr_scheduler")
    if str(name) in SCHEDULES:
        settings.put("lr_scheduler", name, "schedule.kind", SCHEDULES[str(name)])
    elif name:
        settings.drop("lr_scheduler", name, Text("this version has no such schedule", "当前版本没有该调度器"))
    steps, percent = settings.number("lr_warmup_steps"), settings.number("lr_warmup")
    if steps and steps >= 1:
        settings.put("lr_warmup_steps", steps, "schedule.warmup", f"{int(steps)} steps")
    elif steps:
        settings.put("lr_warmup_steps", steps, "schedule.warmup", f"{steps * 100:g}%")
    elif percent:
        settings.put("lr_warmup", percent, "schedule.warmup", f"{percent:g}%")


def _training(settings: Settings) -> None:
    epochs, steps = (int(settings.number(key) or 0) for key in ("max_train_epochs", "max_train_steps"))
    if epochs:
        settings.put("max_train_epochs", epochs, "training.length", f"{epochs} epochs")
    if steps:
        place = "training.max_steps" if epochs else "training.length"
        settings.put("max_train_steps", steps, place, steps if epochs else f"{steps} steps")
    if precision := settings.take("mixed_precision"):
        settings.put(
            "mixed_precision",
            precision,
            "training.precision",
            read("mixed_precision", precision, PRECISIONS.__getitem__),
        )


def _saving(settings: Settings) -> None:
    for prefix, place in (("save", "checkpoints.every"), ("sample", "previews.every")):
        for unit in ("epochs", "steps"):
            key = f"{prefix}_every_n_{unit}"
            if count := int(settings.number(key) or 0):
                settings.put(key, count, place, f"{count} {unit}")
    if prompts := settings.take("sample_prompts"):
        lines = read_prompts(str(prompts))
        if lines:
            settings.put("sample_prompts", prompts, "previews.prompts", lines[:16])
        else:
            missing = Text("there are no prompts, or no such text file", "其中没有提示词，或该文本文件不存在")
            settings.drop("sample_prompts", prompts, missing)


def _plain(settings: Settings, key: str, place: Place) -> None:
    value = settings.take(key)
    if value is None:
        return
    model, name = _model_at(settings, place.path)
    if model is None or name not in model.model_fields:
        if value not in OFF:
            settings.drop(key, value, Text("this version has no such setting", "当前版本没有该设置"))
        return
    if key in NEEDED and not _has(settings, *NEEDED[key]):
        needed = " = ".join(filter(None, (NEEDED[key][0], " / ".join(NEEDED[key][1]))))
        settings.drop(key, value, Text(f"it has no effect without {needed}", f"没有 {needed} 时不起作用"))
        return
    found = read(key, value, place.read)
    if not isinstance(found, bool) and found == 0 and key != "seed" and model.model_fields[name].metadata:
        if model.model_fields[name].default is not None and _may_be_empty(model, name):
            settings.put(key, value, place.path, None)
        return  # kohya's 0 means off, which an empty setting says here
    settings.put(key, value, place.path, found)


def _may_be_empty(model: type[BaseModel], name: str) -> bool:
    return type(None) in get_args(model.model_fields[name].annotation)


def _unsaid(settings: Settings) -> None:
    """What sd-scripts does where its settings say nothing, if Danlu does otherwise."""
    for key, value in UNSAID.items():
        path = PLACES[key].path
        model, name = _model_at(settings, path)
        table, _, field = path.partition(".")
        if model is not None and name in model.model_fields and field not in settings.recipe.get(table, {}):
            settings.put(key, None, path, value)


def _has(settings: Settings, place: str, values: tuple[Any, ...]) -> bool:
    """Whether the recipe has, so far, one of these values at a place, or any."""
    found: Any = settings.recipe
    for name in place.split("."):
        found = found.get(name, {})
    return found in values if values else bool(found)


def _model_at(settings: Settings, place: str) -> tuple[type[BaseModel] | None, str]:
    """The settings class that a place belongs to (of the chosen kind), and the field's name."""
    *tables, last = place.split(".")
    model: Any = Recipe
    for table in tables:
        model = model.model_fields[table].annotation
        for kinds in (Adapter, Optimizer):
            if table == kinds.__name__.lower():
                model = kinds_of(kinds)[settings.recipe[table]["kind"]]
    return model, last


def _kind(
    settings: Settings, table: Literal["adapter", "optimizer"], key: str, *, value: Any, kind: str | None
) -> None:
    if kind is not None:
        settings.put(key, value or kind, f"{table}.kind", kind)
        return
    fallback = {"adapter": "lora", "optimizer": "adamw"}[table]
    settings.recipe.setdefault(table, {})["kind"] = fallback
    settings.drop(
        key,
        value,
        Text(f"this version has no such kind; {fallback} takes its place", f"当前版本没有该类型，改用 {fallback}"),
    )


def _known(names: Mapping[str, str], name: str, kinds: type) -> str | None:
    """Our name of a kind, if this version has it."""
    kind = names.get(name.lower().replace(" ", "") if name.lower() not in names else name.lower())
    return kind if kind in kinds_of(kinds) else None


def _arguments(settings: Settings, key: str) -> dict[str, str]:
    return split_arguments(settings.take(key))


def _leftovers(settings: Settings) -> None:
    for key, value in settings.values.items():
        if key in REASONS:
            if value not in UNSET and value not in OFF:
                settings.drop(key, value, REASONS[key])
        elif value not in UNSET and value not in OFF:
            settings.drop(key, value, Text("this version has no such setting", "当前版本没有该设置"))
    settings.values = {}
