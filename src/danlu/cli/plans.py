"""How a plan is shown: concepts, buckets, the arithmetic of steps, and what it costs."""

from danlu.cli.output import duration, note, say, say_table, say_title
from danlu.kit.language import Text
from danlu.pipeline.plan import Plan

PARTS = {
    "weights": Text("weights", "权重"),
    "adapter": Text("adapter", "LoRA"),
    "optimizer": Text("optimizer", "优化器"),
    "activations": Text("activations", "激活"),
}


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
    size = plan.file_bytes / 2**20
    say(
        Text(
            f"Trains {plan.trained_parameters:,} numbers; the file will have {size:.1f} MiB.",
            f"训练参数 {plan.trained_parameters:,} 个；文件大小约 {size:.1f} MiB。",
        )
    )
    en = ", ".join(f"{PARTS[part].en} {_mebibytes(size)}" for part, size in plan.memory_bytes.items())
    zh = "，".join(f"{PARTS[part].zh} {_mebibytes(size)}" for part, size in plan.memory_bytes.items())
    say(Text(f"Memory: {en}.", f"内存：{zh}。"))
    if plan.expected_seconds is None:
        say(Text("Expected time: known after the first run on this base.", "预计时间：在该底模上训练过一次后可知。"))
    else:
        time = duration(plan.expected_seconds)
        say(Text(f"Expected time: {time}, judged by earlier runs here.", f"预计用时：{time}（根据本机以往的训练）。"))
    for warning in plan.warnings:
        note(Text(f"Note: {warning.en}", f"注意：{warning.zh}"))


def _mebibytes(size: int) -> str:
    return f"{size / 2**20:.0f} MiB"


def _say_held_out(plan: Plan) -> None:
    shown, more = ", ".join(plan.held_out[:6]), len(plan.held_out) - 6
    en, zh = (f", and {more} more", f" 等 {len(plan.held_out)} 张") if more > 0 else ("", "")
    say(
        Text(
            f"Held out for validation, measured {plan.validations} times: {shown}{en}.",
            f"留出用于验证，测量 {plan.validations} 次：{shown}{zh}。",
        )
    )


def _say_concepts(plan: Plan) -> None:
    head = (
        Text("concept", "概念"),
        Text("pictures", "图片"),
        Text("repeats", "重复"),
        Text("trigger", "触发词"),
        Text("traits of the trigger", "触发词吸收的特征"),
    )
    rows = [
        (
            f"{one.name}{Text(' (regularization)', '（正则化）') if one.regularization else ''}",
            one.pictures,
            one.repeats,
            one.trigger or "–",
            ", ".join(one.traits) or "–",
        )
        for one in plan.concepts
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
