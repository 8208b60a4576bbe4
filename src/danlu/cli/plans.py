"""How a plan is shown: concepts, buckets, the arithmetic of steps, and what it costs."""

from typing import TYPE_CHECKING

from danlu.cli.output import note, say, say_table, say_title, warn
from danlu.kit.language import Text
from danlu.kit.quantities import format_bytes, format_seconds, percent
from danlu.pipeline.plan import Plan

if TYPE_CHECKING:
    from danlu.pipeline.memory import MemoryPlan

CARDS_GB = (6, 8, 12, 16, 24, 32, 48, 80)
SPARE_SHARE = 0.1
"""Of a card's memory: for its driver, its libraries, and what falls between allocations."""


def say_plan(plan: Plan) -> None:
    """Print a plan for people."""
    say_title(Text(f"{plan.name} on {plan.base} ({plan.family})", f"{plan.name}，底模 {plan.base}（{plan.family}）"))
    say()
    _say_concepts(plan)
    say()
    _say_buckets(plan)
    say()
    say(plan.arithmetic)
    say(
        Text(
            f"Warm-up {plan.warmup_steps} steps; saves {plan.checkpoints} times; previews {plan.previews} times "
            f"({plan.preview_pictures} pictures).",
            f"预热 {plan.warmup_steps} 步；保存 {plan.checkpoints} 次；预览 {plan.previews} 次"
            f"（共 {plan.preview_pictures} 张）。",
        )
    )
    if plan.held_out:
        _say_held_out(plan)
    size = format_bytes(plan.file_bytes)
    say(
        Text(
            f"{plan.trained_parameters:,} trainable parameters; the file will have {size}.",
            f"训练参数 {plan.trained_parameters:,} 个；文件大小约 {size}。",
        )
    )
    if plan.base_bytes:
        size = format_bytes(plan.base_bytes)
        say(
            Text(
                f"At its end the run also writes the whole checkpoint: {size}.",
                f"训练结束时还会写入完整底模：{size}。",
            )
        )
    _say_groups(plan)
    if plan.expected_seconds is None:
        unknown = Text("known after the first training on this base here", "在本机用该底模训练过一次后可知")
        say(Text(f"Expected time: {unknown.en}.", f"预计用时：{unknown.zh}。"))
    elif plan.is_rough_time:
        time = format_seconds(plan.expected_seconds)
        en = f"Expected time: about {time}, judged by a run with other settings here."
        say(Text(en, f"预计用时：约 {time}（参照本机其他设置的训练）。"))
    else:
        time = format_seconds(plan.expected_seconds)
        say(Text(f"Expected time: {time}, judged by earlier runs here.", f"预计用时：{time}（根据本机以往的训练）。"))
    for warning in plan.warnings:
        note(Text(f"Note: {warning.en}", f"注意：{warning.zh}"))
    for caution in plan.cautions:
        warn(caution)


def say_memory(memory: "MemoryPlan", alternative: "MemoryPlan | None") -> None:
    """Print what a run needs, and with gradient checkpointing if it is off."""
    say()
    parts = (
        (Text("base's weights", "底模权重"), memory.weights),
        (Text("adapter and gradients", "LoRA 与梯度"), memory.adapter),
        (Text("optimizer", "优化器"), memory.optimizer),
        (Text("activations", "激活"), memory.activations),
        *([(Text("the program and its libraries", "程序与运行库"), memory.program)] if memory.program else []),
        (Text("together", "合计"), memory.total),
    )
    head = (Text("memory of a step", "每步所需显存（内存）"), Text("size", "大小"))
    say_table(head, [(part, format_bytes(size)) for part, size in parts])
    say(_fitting(memory))
    if alternative is not None:
        total = format_bytes(alternative.total)
        say(
            Text(
                f"With training.gradient_checkpointing = true: {total}.",
                f"设置 training.gradient_checkpointing = true 时：{total}。",
            )
        )


def _fitting(memory: "MemoryPlan") -> Text:
    fitting = [card for card in CARDS_GB if memory.on_card <= card * 1e9 * (1 - SPARE_SHARE)]
    if not fitting:
        return Text("More than any single card has.", "超过任何单张显卡的容量。")
    return Text(
        f"Fits on cards of {fitting[0]} GB or more, a tenth kept free.",
        f"适合 {fitting[0]} GB 及以上的显卡（留出十分之一）。",
    )


def _say_held_out(plan: Plan) -> None:
    shown, more = ", ".join(plan.held_out[:6]), len(plan.held_out) - 6
    en, zh = (f", and {more} more", f" 等 {len(plan.held_out)} 张") if more > 0 else ("", "")
    say(
        Text(
            f"Held out for validation, measured {plan.validations} times: {shown}{en}.",
            f"留出用于验证，测量 {plan.validations} 次：{shown}{zh}。",
        )
    )


def _say_groups(plan: Plan) -> None:
    """One line: which layers learn at which rate."""
    en = "; ".join(f"{one.name} {one.rate:g} ({one.layers} layers)" for one in plan.groups)
    zh = "；".join(f"{one.name} {one.rate:g}（{one.layers} 层）" for one in plan.groups)
    say(Text(f"Rates: {en}.", f"学习率：{zh}。"))


def _say_concepts(plan: Plan) -> None:
    head = (
        Text("concept", "概念"),
        Text("pictures", "图片"),
        Text("repeats", "重复"),
        Text("share", "份额"),
        Text("trigger", "触发词"),
        Text("traits of the trigger", "触发词吸收的特征"),
    )
    rows = [
        (
            f"{one.name}{Text(' (regularization)', '（正则化）') if one.regularization else ''}",
            one.pictures,
            one.repeats,
            percent(images / plan.images_per_epoch, 1),
            one.trigger or "–",
            ", ".join(one.traits) or "–",
        )
        for one, images in zip(plan.concepts, plan.images_by_concept, strict=True)
    ]
    say_table(head, rows)


def _say_buckets(plan: Plan) -> None:
    head = (
        Text("bucket", "桶"),
        Text("pictures", "图片"),
        Text("images an epoch", "每轮张数"),
        Text("steps an epoch", "每轮步数"),
    )
    say_table(head, [(one.size, one.pictures, one.images_per_epoch, one.steps_per_epoch) for one in plan.buckets])
