"""Which adapter, optimizer and schedule kohya's settings choose, and what follows from the choice."""

import re
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel

from danlu.adapters.base import Adapter
from danlu.adapters.ranked import Convolving
from danlu.interop.kohya_files import split_arguments
from danlu.interop.kohya_names import LORA_TYPES, OPTIMIZERS, SCHEDULES, ours
from danlu.interop.kohya_values import TARGETS, number, whole
from danlu.interop.settings import Settings, read
from danlu.kit.language import Text
from danlu.kit.variants import kinds_of
from danlu.optimizers.base import Optimizer
from danlu.recipe import Recipe

_PRESETS = {**{name: TARGETS.read(name) for name in ("full", "attn-mlp", "attn-only")}, "full-lin": "attention+mlp"}


def model_at(settings: Settings, place: str) -> tuple[type[BaseModel] | None, str]:
    """The settings class that a place belongs to (of the chosen kind), and the field's name."""
    *tables, last = place.split(".")
    model: Any = Recipe
    for table in tables:
        model = model.model_fields[table].annotation
        for kinds in (Adapter, Optimizer):
            if table == kinds.__name__.lower():
                model = kinds_of(kinds)[settings.recipe[table]["kind"]]
    return model, last


def take_adapter(settings: Settings) -> None:
    """`network_module` with its arguments, or the GUI's "LoRA type"."""
    arguments = split_arguments(settings.take("network_args"))
    settings.values = {**arguments, **settings.values}
    module, algorithm = settings.take("network_module"), settings.take("algo")
    is_lycoris = "lycoris" in str(module or settings.values.get("LoRA_type") or "").lower()
    preset = settings.take("preset") if is_lycoris else settings.values.pop("preset", None)
    shown = settings.take("LoRA_type") or (f"lycoris/{algorithm or 'lora'}" if is_lycoris else module)
    kind = ours(LORA_TYPES, str(shown or "lora"))
    if kind in ("lora", "locon"):  # whatever it is called, convolutions make the difference
        if is_lycoris:
            kind = "lora" if _PRESETS.get(str(preset)) in ("attention", "attention+mlp") else "locon"
        elif "conv_dim" in arguments:
            kind = "locon"
    _kind(settings, "adapter", "network_module", value=shown, kind=_there(kind, Adapter))
    chosen = kinds_of(Adapter)[settings.recipe["adapter"]["kind"]]
    if kind == "full":  # there, norms are trained only if asked for
        settings.values.setdefault("train_norm", False)
    if is_lycoris:
        _targets(settings, chosen, preset)
    elif chosen.takes_convolutions and "conv_dim" in settings.values:
        settings.recipe["adapter"]["targets"] = "full"
    _take_sizes(settings, chosen, is_lycoris=is_lycoris)
    if settings.take("network_train_unet_only"):
        settings.put("network_train_unet_only", True, "adapter.text_encoder", False)


def _take_sizes(settings: Settings, chosen: type[Adapter], *, is_lycoris: bool) -> None:
    """What stands for a rank in single kinds."""
    if issubclass(chosen, Convolving) and "conv_dim" in settings.values and "conv_alpha" not in settings.values:
        settings.values["conv_alpha"] = settings.values.get("network_alpha", 1.0) if is_lycoris else 1.0
    if "block_size" in chosen.model_fields and (size := settings.take("network_dim")):
        settings.put("network_dim", size, "adapter.block_size", read("network_dim", size, whole))
    if "unit" in chosen.model_fields and is_lycoris and (size := settings.take("block_size")):
        settings.values["unit"] = size


def _targets(settings: Settings, chosen: type[Adapter], preset: Any) -> None:
    """LyCORIS' preset, of which "full" is its own default."""
    found = _PRESETS.get(str(preset or "full"))
    if "on_input" in chosen.model_fields and preset == "ia3":
        found = "attention+mlp"  # with the kind's own patterns
    if found is None or (found == "full" and not chosen.takes_convolutions):
        settings.drop("preset", preset, Text("this version has no such preset", "当前版本没有该预设"))
    else:
        settings.put("preset", preset, "adapter.targets", found)


def take_optimizer(settings: Settings) -> None:
    """`optimizer_type` with its arguments, and the rates."""
    chosen = settings.take("optimizer_type")
    arguments = split_arguments(settings.take("optimizer_args"))
    kind = _there(ours(OPTIMIZERS, str(chosen or "AdamW")), Optimizer)
    _kind(settings, "optimizer", "optimizer_type", value=chosen, kind=kind)
    fields = kinds_of(Optimizer)[settings.recipe["optimizer"]["kind"]].model_fields
    if "nesterov" in fields and "nesterov" in str(chosen).lower():
        settings.put("optimizer_type", chosen, "optimizer.nesterov", True)
    if str(settings.values.get("text_encoder_lr", "")) in ("0", "0.0"):
        settings.put("text_encoder_lr", settings.values.pop("text_encoder_lr"), "adapter.text_encoder", False)
    overall, own = settings.number("learning_rate"), settings.number("unet_lr")
    if own or overall:
        settings.put("unet_lr" if own else "learning_rate", own or overall, "optimizer.lr", own or overall)
    if betas := arguments.pop("betas", None):
        names = [name for name in ("beta1", "beta2", "beta3") if name in fields]
        for name, beta in zip(names, re.findall(r"[^\s,()]+", str(betas)), strict=False):
            settings.put("betas", betas, f"optimizer.{name}", read("betas", beta, number))
        if not names:
            settings.drop("betas", betas, Text("this version has no such setting", "当前版本没有该设置"))
    settings.values = {**arguments, **settings.values}


def take_schedule(settings: Settings) -> None:
    """`lr_scheduler` and the warm-up, which kohya hasn't unless it is said."""
    name = settings.take("lr_scheduler")
    if str(name) in SCHEDULES:
        settings.put("lr_scheduler", name, "schedule.kind", SCHEDULES[str(name)])
    elif name:
        settings.drop("lr_scheduler", name, Text("this version has no such schedule", "当前版本没有该调度器"))
    steps, percent = settings.number("lr_warmup_steps"), settings.number("lr_warmup")
    if steps and steps >= 1:
        settings.put("lr_warmup_steps", steps, "schedule.warmup", f"{int(steps)} steps")
    elif steps:
        settings.put("lr_warmup_steps", steps, "schedule.warmup", f"{steps * 100:.10g}%")
    elif percent:
        settings.put("lr_warmup", percent, "schedule.warmup", f"{percent:.10g}%")
    elif name:
        settings.put("lr_warmup_steps", None, "schedule.warmup", "0 steps")


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


def _there(kind: str | None, kinds: type[Adapter] | type[Optimizer]) -> str | None:
    """A kind, if this version has it."""
    known: Mapping[str, Any] = kinds_of(kinds)
    return kind if kind in known else None
