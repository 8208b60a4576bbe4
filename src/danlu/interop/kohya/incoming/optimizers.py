"""Which optimizer, rates and schedule kohya's settings choose, and what follows from the choice."""

import re

from danlu.interop.kohya.facts.defaults import LEARNING_RATE
from danlu.interop.kohya.facts.names import NEAREST_OPTIMIZERS, NEAREST_SCHEDULES, OPTIMIZERS, SCHEDULES, ours
from danlu.interop.kohya.facts.values import truth
from danlu.interop.kohya.incoming.files import split_arguments
from danlu.interop.kohya.incoming.kinds import choose_kind
from danlu.interop.kohya.incoming.settings import NO_SUCH, UNSET, Settings
from danlu.kit.language import Text
from danlu.kit.variants import kinds_of
from danlu.optimizers.base import Optimizer, SelfTuningOptimizer

NO_SCHEDULE = Text(
    "sd-scripts leaves schedule-free optimizers without one", "sd-scripts 对 schedule-free 优化器不做调度"
)
NO_WARMUP = Text("kohya's constant rate has no warm-up", "kohya 的恒定学习率没有预热")
OWN_RATE = Text(
    "this optimizer finds the rate by itself, at 1; d_coef makes it larger or smaller",
    "该优化器自行寻找学习率，此项固定为 1；可用 d_coef 放大或缩小",
)
RELATIVE_STEP = 1e-2
"""Adafactor's own rate for its first 10,000 steps."""
_RELATIVE = Text(
    "with relative_step, Adafactor takes its own rate of 0.01 × the size of each tensor, whatever is given",
    "relative_step 开启时 Adafactor 忽略所给学习率，使用 0.01 × 各张量的均方根",
)
MOST_WARMUP = 90
_LEGACY = {"use_8bit_adam": "AdamW8bit", "use_lion_optimizer": "Lion"}


def take_optimizer(settings: Settings) -> None:
    """`optimizer_type` with its arguments, and the rates."""
    chosen = settings.take("optimizer_type")
    for key, name in _LEGACY.items():
        given = settings.take(key)
        if given is not None and settings.meaning(key, given, truth, False) and chosen is None:
            chosen = name
    arguments = split_arguments(settings.take("optimizer_args"))
    name = str(chosen or "AdamW")
    exact = ours(OPTIMIZERS, name)
    kind = exact or ours(NEAREST_OPTIMIZERS, name) or "adamw"
    choose_kind(settings, "optimizer", "optimizer_type", chosen, kind=kind, is_exact=exact is not None)
    fields = kinds_of(Optimizer)[kind].model_fields
    if "nesterov" in fields and "nesterov" in name.lower():
        settings.put("optimizer_type", chosen, "optimizer.nesterov", True)
    settings.values = {**arguments, **settings.values}
    _rates(settings)
    if issubclass(kinds_of(Optimizer)[kind], SelfTuningOptimizer):
        _own_rates(settings)
    if kind == "adafactor" and exact:
        _relative_step(settings)
    _betas(settings, [one for one in ("beta1", "beta2", "beta3") if one in fields])


def _betas(settings: Settings, names: list[str]) -> None:
    betas = settings.take("betas")
    if betas is None:
        return
    found = re.findall(r"\d*\.?\d+(?:[eE][-+]?\d+)?", str(betas))
    for name, beta in zip(names, found, strict=False):
        settings.put("betas", betas, f"optimizer.{name}", float(beta))
    if not names or not found:
        settings.drop("betas", betas, NO_SUCH)


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
    _one_text_rate(settings)
    is_trained = settings.recipe["adapter"].get("text_encoder", True)
    if own and own != overall and is_trained and settings.values.get("text_encoder_lr") in UNSET and not off:
        settings.put("learning_rate", overall, "optimizer.text_encoder_lr", overall or LEARNING_RATE)
    elif own and overall and own != overall:
        settings.drop(
            "learning_rate", overall, Text("unet_lr and text_encoder_lr replace it", "已被各部分的学习率取代")
        )


def _one_text_rate(settings: Settings) -> None:
    """sd-scripts takes a rate for each text encoder, as a list or as text."""
    texts = settings.values.get("text_encoder_lr")
    if isinstance(texts, str) and len(texts.replace(",", " ").split()) > 1:
        texts = texts.strip("[]() ").replace(",", " ").split()
    if isinstance(texts, list):
        settings.values["text_encoder_lr"] = texts[0] if texts else None
        for other in texts[1:]:
            if other != texts[0]:
                one = Text("here all text encoders have one rate", "此处所有文本编码器共用一个学习率")
                settings.drop("text_encoder_lr", other, one)


def _own_rates(settings: Settings) -> None:
    """Rates of an optimizer that finds its own: there are none but 1."""
    if (text := settings.number("text_encoder_lr")) is not None:
        settings.put("text_encoder_lr", text, "optimizer.text_encoder_lr", text)
    for key in ("lr", "text_encoder_lr"):
        fate = next((fate for fate in settings.fates if fate.place == f"optimizer.{key}"), None)
        if fate and fate.found != 1:
            settings.fates.remove(fate)
            settings.put(fate.key, fate.value, fate.place, 1.0, reason=OWN_RATE)


def _relative_step(settings: Settings) -> None:
    """What sd-scripts does with Adafactor unless `relative_step` is off: a rate and a schedule of Adafactor's own."""
    given = settings.values.get("relative_step")
    warms = settings.meaning("warmup_init", settings.values.get("warmup_init") or False, truth, False)
    is_relative = settings.meaning("relative_step", given, truth, True) if given is not None else True
    if not (is_relative or warms):
        return
    settings.take("relative_step")
    told = [fate for fate in settings.fates if fate.place in ("optimizer.lr", "optimizer.text_encoder_lr")]
    for fate in told:
        settings.fates.remove(fate)
        settings.drop(fate.key, fate.value, _RELATIVE)
    settings.recipe["optimizer"].pop("text_encoder_lr", None)
    if (text := settings.take("text_encoder_lr")) is not None:
        settings.drop("text_encoder_lr", text, _RELATIVE)
    settings.put("relative_step", given, "optimizer.lr", RELATIVE_STEP)
    if (schedule := settings.take("lr_scheduler")) is not None and schedule != "adafactor":
        settings.drop("lr_scheduler", schedule, _RELATIVE)
    for key in ("lr_warmup_steps", "lr_warmup"):
        if warmup := settings.number(key):
            settings.drop(key, warmup, _RELATIVE)


def take_schedule(settings: Settings, *, is_training: bool) -> None:
    """`lr_scheduler` and the warm-up; kohya's rate is constant and has none unless they are said."""
    name = None if (given := settings.take("lr_scheduler")) is None else str(given)
    if path := settings.take("lr_scheduler_type"):  # an import path, which comes before the name
        name = str(path)
    steps, percent = settings.number("lr_warmup_steps"), settings.number("lr_warmup")
    if steps and percent:
        settings.drop("lr_warmup", percent, Text("lr_warmup_steps comes before it", "以 lr_warmup_steps 为准"))
    warmup = steps or percent
    if kinds_of(Optimizer)[settings.recipe["optimizer"]["kind"]].averages:
        _constant(settings, name, warmup, NO_SCHEDULE)
        return
    if name is None and not is_training:
        return
    exact = ours(SCHEDULES, name) if name else "constant"
    kind = exact or ours(NEAREST_SCHEDULES, str(name)) or "constant"
    if name in (None, "constant", "adafactor") or (kind == "constant" and not exact):
        _constant(settings, "constant" if name == "adafactor" else name, warmup, NO_WARMUP)
        return
    near = Text(f"Danlu hasn't this one: '{kind}' is nearest", f"丹炉没有该调度器，改用最接近的“{kind}”")
    settings.put("lr_scheduler", name, "schedule.kind", kind, reason=None if exact else near)
    _warmup(settings, steps, percent)


def _warmup(settings: Settings, steps: float | None, percent: float | None) -> None:
    key, value = ("lr_warmup_steps", steps) if steps else ("lr_warmup", percent)
    share = (value or 0) * (100 if key == "lr_warmup_steps" else 1)
    is_share = bool(value) and (key == "lr_warmup" or (steps or 1) < 1)
    if is_share and share > MOST_WARMUP:
        most = Text(f"at most {MOST_WARMUP}% of a run", f"最多占 {MOST_WARMUP}%")
        settings.put(key, value, "schedule.warmup", f"{MOST_WARMUP}%", reason=most)
        return
    settings.put(key, value, "schedule.warmup", f"{share:.10g}%" if is_share else f"{int(steps or 0)} steps")


def _constant(settings: Settings, name: str | None, warmup: float | None, reason: Text) -> None:
    """A constant rate; a warm-up, or another shape, that has no effect there is told."""
    is_other = name not in (None, "constant")
    other = (
        reason
        if reason is NO_SCHEDULE
        else Text("Danlu has no such schedule; a constant rate takes its place", "丹炉没有该调度器，改用恒定学习率")
    )
    settings.put("lr_scheduler", name, "schedule.kind", "constant", reason=other if is_other else None)
    settings.put("lr_warmup_steps", None, "schedule.warmup", "0 steps")
    if warmup:
        settings.drop("lr_warmup_steps", warmup, reason)
