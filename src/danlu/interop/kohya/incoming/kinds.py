"""Which adapter, optimizer and schedule kohya's settings choose, and what follows from the choice."""

import re
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel

from danlu.adapters.base import Adapter
from danlu.adapters.ranked import Convolving
from danlu.interop.kohya.facts.defaults import LEARNING_RATE
from danlu.interop.kohya.facts.names import LORA_TYPES, OPTIMIZERS, SCHEDULES, ours
from danlu.interop.kohya.facts.values import TARGETS, number, whole
from danlu.interop.kohya.incoming.files import split_arguments
from danlu.interop.kohya.incoming.settings import UNSET, Settings, read
from danlu.kit.language import Text
from danlu.kit.variants import kinds_of
from danlu.optimizers.base import Optimizer
from danlu.recipe import Recipe

NO_SUCH_SCHEDULE = Text(
    "this version has no such schedule; a constant rate takes its place", "当前版本没有该调度器，改用恒定学习率"
)
NO_SCHEDULE = Text(
    "sd-scripts leaves schedule-free optimizers without one", "sd-scripts 对 schedule-free 优化器不做调度"
)
NO_WARMUP = Text("kohya's constant rate has no warm-up", "kohya 的恒定学习率没有预热")
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


def take_adapter(settings: Settings) -> bool:
    """`network_module` with its arguments, or the GUI's "LoRA type"; tells whether it is one of LyCORIS'."""
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
    return is_lycoris


def _take_sizes(settings: Settings, chosen: type[Adapter], *, is_lycoris: bool) -> None:
    """What stands for a rank in single kinds."""
    if issubclass(chosen, Convolving) and "conv_dim" in settings.values and "conv_alpha" not in settings.values:
        settings.values["conv_alpha"] = settings.values.get("network_alpha", 1.0) if is_lycoris else 1.0
    if "block_size" in chosen.model_fields:
        size = settings.take("network_dim")
        settings.put("network_dim", size, "adapter.block_size", read("network_dim", size or 4, whole))
    if "unit" in chosen.model_fields and is_lycoris:
        settings.values["unit"] = settings.take("block_size") or settings.values.get("unit") or 4


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
    _rates(settings)
    if betas := arguments.pop("betas", None):
        names = [name for name in ("beta1", "beta2", "beta3") if name in fields]
        for name, beta in zip(names, re.findall(r"[^\s,()]+", str(betas)), strict=False):
            settings.put("betas", betas, f"optimizer.{name}", read("betas", beta, number))
        if not names:
            settings.drop("betas", betas, Text("this version has no such setting", "当前版本没有该设置"))
    settings.values = {**arguments, **settings.values}


def _rates(settings: Settings) -> None:
    """kohya's 0 for one of them leaves its part as it is; the GUI's 0 for both means that there is only one rate."""
    off = [key for key in ("unet_lr", "text_encoder_lr") if str(settings.values.get(key, "")) in ("0", "0.0")]
    given = {key: settings.values.pop(key) for key in off}
    if off == ["text_encoder_lr"]:
        settings.put("text_encoder_lr", given["text_encoder_lr"], "adapter.text_encoder", False)
    elif off == ["unet_lr"]:
        settings.drop("unet_lr", given["unet_lr"], Text("Danlu always trains the U-Net", "丹炉总会训练 U-Net"))
    overall, own = settings.number("learning_rate"), settings.number("unet_lr")
    if own or overall:
        settings.put("unet_lr" if own else "learning_rate", own or overall, "optimizer.lr", own or overall)
    texts = settings.values.get("text_encoder_lr")
    if isinstance(texts, list):  # sd-scripts takes one for each text encoder
        settings.values["text_encoder_lr"] = texts[0] if texts else None
        for other in texts[1:]:
            if other != texts[0]:
                one = Text("here all text encoders have one rate", "此处所有文本编码器共用一个学习率")
                settings.drop("text_encoder_lr", other, one)
    is_trained = settings.recipe["adapter"].get("text_encoder", True)
    if own and own != overall and is_trained and settings.values.get("text_encoder_lr") in UNSET and not off:
        settings.put("learning_rate", overall, "optimizer.text_encoder_lr", overall or LEARNING_RATE)


def take_schedule(settings: Settings, *, is_training: bool) -> None:
    """`lr_scheduler` and the warm-up; kohya's rate is constant and has none unless they are said."""
    name = None if (given := settings.take("lr_scheduler")) is None else str(given)
    steps, percent = settings.number("lr_warmup_steps"), settings.number("lr_warmup")
    if kinds_of(Optimizer)[settings.recipe["optimizer"]["kind"]].averages:
        _constant(settings, name, steps or percent, NO_SCHEDULE)
    elif name is None and not is_training:
        return
    elif name not in SCHEDULES:
        if name is not None:
            settings.drop("lr_scheduler", name, NO_SUCH_SCHEDULE)
        _constant(settings, None, steps or percent, NO_WARMUP)
    elif name == "constant":
        _constant(settings, name, steps or percent, NO_WARMUP)
    else:
        settings.put("lr_scheduler", name, "schedule.kind", SCHEDULES[name])
        key, value = ("lr_warmup_steps", steps) if steps else ("lr_warmup", percent)
        share = (value or 0) * (100 if key == "lr_warmup_steps" else 1)
        is_share = key == "lr_warmup" or (steps or 1) < 1
        settings.put(
            key, value, "schedule.warmup", f"{share:.10g}%" if is_share and value else f"{int(steps or 0)} steps"
        )


def _constant(settings: Settings, name: str | None, warmup: float | None, reason: Text) -> None:
    """A constant rate; a warm-up, or another shape, that has no effect there is told."""
    settings.put("lr_scheduler", name, "schedule.kind", "constant")
    settings.put("lr_warmup_steps", None, "schedule.warmup", "0 steps")
    if warmup:
        settings.drop("lr_warmup_steps", warmup, reason)
    if name not in (None, "constant"):
        settings.drop("lr_scheduler", name, reason)


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
